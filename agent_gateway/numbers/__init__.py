"""What the records tell about the public numbers."""
