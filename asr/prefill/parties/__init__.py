"""Who or what a call is about: a trained tagger finds names, a trained ranker chooses."""
