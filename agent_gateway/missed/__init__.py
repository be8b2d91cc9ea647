"""Missed calls: numbers that asked for a person in vain, and calling them back."""
