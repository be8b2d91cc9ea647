"""What stands beside the ticket while the caller speaks: duplicates, knowledge, department."""
