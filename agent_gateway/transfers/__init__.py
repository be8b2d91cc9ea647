"""Handing calls on, from the web."""
