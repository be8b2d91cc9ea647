"""The ways in which the telephone network may write one number.

A short code takes the city's area code when it comes from elsewhere; the leading 0 of an area code
is the trunk prefix and is left out behind the country code; gateways that keep it there exist.
Every number therefore has a finite list of spellings, and recognising a dialled number is looking
it up in the lists. The same lists make the dialplan that works without this service.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

# The national short numbers for emergencies, and the one every mobile network connects (3GPP TS
# 22.101 clause 10.1). They are never hotline lines.
EMERGENCY_NUMBERS = frozenset({"110", "119", "120", "122", "112"})


def variants(number: str, area_code: str, carrier_prefixes: Iterable[str] = ()) -> tuple[str, ...]:
    """Every spelling of ``number``, the plainest first, without repetition.

    Args:
        number: digits; a short code, or a landline with its area code (leading 0).
        area_code: of the city, with the leading 0.
        carrier_prefixes: digits that may stand before any spelling that has no plus sign.
    """
    plain = list(_spellings(number, area_code))
    prefixed = [
        prefix + spelling
        for prefix in carrier_prefixes
        for spelling in plain
        if not spelling.startswith("+")
    ]
    return tuple(dict.fromkeys(plain + prefixed))


def _spellings(number: str, area_code: str) -> Iterator[str]:
    if number.startswith("0"):
        full = number
        yield full
        if full.startswith(area_code):
            yield full.removeprefix(area_code)
    else:
        full = area_code + number
        yield number
        yield full
        for country in ("+86", "86", "0086"):
            yield country + number
    significant = full.removeprefix("0")
    yield significant
    for country in ("+86", "86", "0086"):
        yield country + significant
        yield country + full
