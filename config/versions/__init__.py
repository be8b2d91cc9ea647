"""Versions of files that people change: who, when, and the way back."""

from config.versions.versions import Action, Change, Versions, now_text, replace_file, sha256

__all__ = ["Action", "Change", "Versions", "now_text", "replace_file", "sha256"]
