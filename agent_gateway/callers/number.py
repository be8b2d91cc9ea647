"""One form for the many ways in which networks write a caller's number."""

from __future__ import annotations

import re

from config.numberplan import dialled_digits

_MOBILE = re.compile(r"1[3-9]\d{9}")
# Numbers that have no area code of their own: 400 and 800 services, 95xxx/96xxx, 1xxxx.
_NATIONWIDE = re.compile(r"[48]00\d{7}|9[56]\d{3,6}|1\d{2,5}")
_LOCAL = re.compile(r"[2-9]\d{6,7}")
_SIGNIFICANT = re.compile(r"[1-9]\d{8,10}")
# China's country code without a mark before it, by the length of what follows.
_COUNTRY = re.compile(r"^86(?=\d{9,12}$)")
# Nonsense may have prefixes behind prefixes.
_ROUNDS = 4


def caller_number(raw: str, area_code: str) -> str:
    """A Chinese caller's number in its national form; "" when it is none.

    Mobile ``13900000000``, landline with area code ``09318000000``, nationwide service
    ``4001234567``, anything from abroad ``+<country><number>``. All spellings of one number (with
    and without +86 or area code, a mobile number with a 0 before it) give the same; a local number
    is taken to be of the city ``area_code`` (with its leading 0).
    """
    number = dialled_digits(raw)
    for _ in range(_ROUNDS):
        shorter = _national(number, area_code)
        if shorter == number:
            break
        number = shorter
    return number


def _national(number: str, area_code: str) -> str:
    if number.startswith(("+", "00")):
        abroad = number.lstrip("+0")
        if not abroad.startswith("86"):
            return "+" + abroad if abroad else ""
        number = abroad.removeprefix("86")
    else:
        number = _COUNTRY.sub("", number)
    bare = number.lstrip("0")
    if not bare or _MOBILE.fullmatch(bare):
        return bare
    if number.startswith("0"):
        number = "0" + bare
        short = number.removeprefix(area_code)
        return short if _NATIONWIDE.fullmatch(short) else number
    if _NATIONWIDE.fullmatch(number):
        return number
    if _LOCAL.fullmatch(number):
        return area_code + number
    return "0" + number if _SIGNIFICANT.fullmatch(number) else number
