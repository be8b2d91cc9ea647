"""Who runs a command, for the audit trail."""

from __future__ import annotations

import getpass


def operator() -> str:
    """``cli:`` and the name of the system's user; ``cli`` when it has none."""
    try:
        return f"cli:{getpass.getuser()}"
    except (KeyError, OSError):
        return "cli"
