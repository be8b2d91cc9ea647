"""The numbers of citizens: mainland mobile and fixed lines, and nothing else.

No international, premium, service (95…, 96…, 400 …) or emergency number fits any of these patterns;
the dialplan is rendered from the same ones, so it refuses what is refused here.
"""

from __future__ import annotations

import re

# Asterisk's own way to write them. A subscriber's number of a fixed line begins with 2 to 8
# (YD/T 1.: 1 and 9 are service numbers, 0 the trunk prefix).
PATTERNS = (
    "1[3-9]XXXXXXXXX",
    "01[3-9]XXXXXXXXX",
    "010[2-8]XXXXXXX",
    "02X[2-8]XXXXXXX",
    "0[3-9]XX[2-8]XXXXXX",
    "0[3-9]XX[2-8]XXXXXXX",
    "[2-8]XXXXXX",
    "[2-8]XXXXXXX",
)
_COMPILED = [re.compile(pattern.replace("X", "[0-9]")) for pattern in PATTERNS]
_COUNTRY = re.compile(r"^(?:\+|00)?86(?=(?:1[3-9]|0?[1-9])[0-9]{8,10}$)")


def national_number(number: str) -> str | None:
    """The number as it is dialled here; None when it is not a citizen's.

    ``+86``, ``0086`` and ``86`` go; a fixed line's area code gets its 0.
    """
    digits = number.strip()
    if any(pattern.fullmatch(digits) for pattern in _COMPILED):
        return digits
    short = _COUNTRY.sub("", digits)
    if short == digits:
        return None
    for candidate in (short, "0" + short):
        if any(pattern.fullmatch(candidate) for pattern in _COMPILED):
            return candidate
    return None
