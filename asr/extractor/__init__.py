"""A language model's second opinion on what the rules leave open; off by default."""
