"""Where an emergency is: for the agent to read aloud, and for a SIP header of the INVITE."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import quote

# As a header it has up to nine bytes a character, and a line of AMI holds 1024.
LONGEST = 80
UUI = "user-to-user"


def plain_place(*parts: str) -> str:
    """The parts as one line of plain text, without what a later part says again.

    Control and formatting characters go, runs of blanks become one; at most :data:`LONGEST`
    characters are kept.
    """
    said = ""
    for part in parts:
        cleaned = "".join(" " if _is_odd(one) else one for one in part)
        cleaned = re.sub(r"\s+", " ", cleaned).strip()
        if not cleaned or cleaned in said:
            continue
        said = cleaned if cleaned.startswith(said) else f"{said} {cleaned}"
    return said[:LONGEST].strip()


def header_value(header: str, place: str) -> str:
    """The place as the value of a SIP header, in ASCII letters, digits and ``%-._~`` only.

    ``User-to-User`` takes it as hexadecimal UTF-8 (RFC 7433 section 4), any other header as
    percent-encoded UTF-8 (RFC 3986 section 2.1).
    """
    if header.lower() == UUI:
        return place.encode().hex()
    return quote(place, safe="")


def _is_odd(character: str) -> bool:
    return unicodedata.category(character).startswith(("C", "Zl", "Zp"))
