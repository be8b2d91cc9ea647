"""Streams of Asterisk 1.4 to 13 with several channel drivers, written from their documentation.

In ``old/``, one message a line: the event's name, then its headers, parted by bars.
"""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).parent / "old"


def text_of(name: str) -> str:
    """A stream as it is written in its file."""
    return (FOLDER / f"{name}.txt").read_text(encoding="utf-8")


def wire(text: str) -> bytes:
    """A stream as it goes over the wire."""
    frames: list[str] = []
    for line in text.strip().splitlines():
        name, *headers = [part.strip() for part in line.split("|")]
        frames.append("\r\n".join([f"Event: {name}", *headers]) + "\r\n\r\n")
    return "".join(frames).encode()
