"""Everything that speaks to Asterisk, and the vocabulary of events that the rest listens to."""
