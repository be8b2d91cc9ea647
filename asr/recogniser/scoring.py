"""How well an engine hears: character errors against known texts."""

from __future__ import annotations

import re
from typing import Final

_NOT_SAID: Final = re.compile(r"[\W_]+")
_NUMERALS: Final = str.maketrans("0123456789", "零一二三四五六七八九")


def characters(text: str) -> str:
    """What counts: no punctuation, no spaces, figures as Chinese numerals, letters lower."""
    return _NOT_SAID.sub("", text).translate(_NUMERALS).lower()


def character_errors(wanted: str, heard: str) -> tuple[int, int]:
    """Insertions, deletions and substitutions needed, and the length of what was wanted."""
    reference, got = characters(wanted), characters(heard)
    row = list(range(len(got) + 1))
    for i, a in enumerate(reference, 1):
        diagonal, row[0] = row[0], i
        for j, b in enumerate(got, 1):
            diagonal, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, diagonal + (a != b))
    return row[-1], len(reference)
