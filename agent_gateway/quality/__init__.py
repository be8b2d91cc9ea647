"""Hints to supervisors, after the call."""
