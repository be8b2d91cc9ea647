"""What agents may tell callers, found while the caller speaks."""
