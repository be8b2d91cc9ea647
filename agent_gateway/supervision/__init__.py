"""What supervisors see and do."""
