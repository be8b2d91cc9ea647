"""Personal data behind asterisks, for those who need the matter and not the person.

GB/T 35273 (personal information security specification) counts telephone numbers, identity card and
bank card numbers as personal, and asks for de-identified display (clauses 7.2 and 3.14).
"""

from __future__ import annotations

import re
from typing import Final

_ZERO_TO_NINE: Final = "0-9零〇幺一二两三四五六七八九"
_NUMBER: Final = re.compile(
    rf"(?<![0-9A-Za-z])\+?[{_ZERO_TO_NINE}](?:[ \-]?[{_ZERO_TO_NINE}]){{6,18}}[Xx]?(?![0-9A-Za-z])"
)
_KEPT_HEAD: Final = 3
_KEPT_TAIL: Final = 4
_SHORTEST: Final = 7


def mask(text: str) -> str:
    """The text with telephone, identity and card numbers masked, written or spoken.

    Of each number of seven to nineteen digits the first three and the last four stay (the last two
    of numbers under ten digits).
    """
    return _NUMBER.sub(lambda found: mask_number(found[0]), text)


def mask_number(number: str) -> str:
    """One number; shorter ones (110, 12345, an extension) and what is no number stay."""
    places = [at for at, char in enumerate(number) if char not in " -+"]
    if len(places) < _SHORTEST or not re.fullmatch(rf"[+ \-Xx{_ZERO_TO_NINE}]+", number):
        return number
    tail = _KEPT_TAIL if len(places) >= _SHORTEST + _KEPT_HEAD else 2
    hidden = set(places[_KEPT_HEAD:-tail])
    return "".join("*" if at in hidden else char for at, char in enumerate(number))


def mask_name(name: str) -> str:
    """张三丰 → 张**; the family name is enough to speak with somebody."""
    return name[:1] + "*" * (len(name) - 1)
