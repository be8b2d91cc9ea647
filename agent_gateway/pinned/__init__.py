"""Targets on all desks for a time: a leader on duty, a topic of the day."""
