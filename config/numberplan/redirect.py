"""Reading the headers in which a carrier tells that it redirected a call."""

from __future__ import annotations

import re
from collections.abc import Iterable

# A message with more redirections than this is not from a sane network.
ENTRY_LIMIT = 20
_INDEX = re.compile(r";\s*index=([0-9]+(?:\.[0-9]+)*)", re.IGNORECASE)


def header_entries(values: Iterable[str]) -> list[str]:
    """The entries of a header that may be repeated, comma-joined, or both, in order.

    Commas inside quotes or angle brackets do not separate (RFC 3261 clause 7.3.1).
    """
    entries: list[str] = []
    for value in values:
        entries += _split(value)
    return [entry for entry in (entry.strip() for entry in entries) if entry][:ENTRY_LIMIT]


def history_entries(values: Iterable[str]) -> list[str]:
    """The entries of History-Info, oldest first: by index if all have one, else as they stand."""
    entries = header_entries(values)
    indices = [_INDEX.search(entry) for entry in entries]
    if not all(indices):
        return entries
    keys = [
        tuple(int(part[:9]) for part in match.group(1).split(".")) for match in indices if match
    ]
    return [entry for _, entry in sorted(zip(keys, entries, strict=True), key=lambda pair: pair[0])]


def _split(value: str) -> list[str]:
    parts: list[str] = [""]
    quoted = bracketed = escaped = False
    for character in value:
        if escaped:
            escaped = False
        elif quoted and character == "\\":
            escaped = True
        elif character == '"' and not bracketed:
            quoted = not quoted
        elif not quoted and character in "<>":
            bracketed = character == "<"
        elif character == "," and not quoted and not bracketed:
            parts.append("")
            continue
        parts[-1] += character
    return parts
