"""Recordings on the web."""
