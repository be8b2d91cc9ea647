"""Versions of files that people change: who, when, and the way back."""

from config.versions.versions import Change, Versions, now_text, replace_file, sha256

__all__ = ["Change", "Versions", "now_text", "replace_file", "sha256"]
