"""Call records on the web."""
