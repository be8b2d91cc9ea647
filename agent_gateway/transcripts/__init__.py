"""What was said, on the web."""
