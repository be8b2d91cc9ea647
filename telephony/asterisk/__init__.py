"""The Asterisk that carries the calls: finding it, configuring it, running it."""
