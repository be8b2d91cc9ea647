"""What callers hear, for administrators: listen, bring a recording, take it back."""
