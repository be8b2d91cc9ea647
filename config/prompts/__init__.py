"""How prompts are called."""

from __future__ import annotations

from datetime import date


def greeting_key(number: str, begins: date | None = None) -> str:
    """The prompt with which callers of an answered line are greeted.

    Args:
        number: of the line.
        begins: first day of the stage that the greeting belongs to; None: of the line itself.
    """
    return f"greeting-{number}{_stage(begins)}"


def announcement_key(number: str, begins: date | None = None) -> str:
    """The prompt that tells what became of a number out of service; arguments as above."""
    return f"announcement-{number}{_stage(begins)}"


def notice_key(number: str, begins: date) -> str:
    """The prompt that is announced for a time from a day on."""
    return f"announcement-{number}-notice{begins:%Y%m%d}"


def closed_key(number: str, begins: date | None = None) -> str:
    """The prompt with which callers are greeted outside the line's hours; arguments as above."""
    return f"closed-{number}{_stage(begins)}"


def _stage(begins: date | None) -> str:
    return f"-{begins:%Y%m%d}" if begins else ""
