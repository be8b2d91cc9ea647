"""One form for the many ways in which networks write a caller's number."""

from __future__ import annotations

import re

from config.numberplan import dialled_digits

_MOBILE = re.compile(r"1[3-9]\d{9}")
# Numbers that have no area code of their own: 400 and 800 services, 95xxx/96xxx, 1xxxx.
_NATIONWIDE = re.compile(r"[48]00\d{7}|9[56]\d{3,6}|1\d{2,5}")
_LOCAL = re.compile(r"[2-9]\d{6,7}")
_SIGNIFICANT = re.compile(r"[1-9]\d{8,10}")
_COUNTRY_PREFIX = re.compile(r"\+86|0086|86(?=\d{9,12}$)")


def caller_number(raw: str, area_code: str) -> str:
    """A Chinese caller's number in its national form; "" when it is none.

    Mobile ``13900000000``, landline with area code ``09318000000``, nationwide service
    ``4001234567``, anything from abroad ``+<country><number>``. All spellings of one number (with
    and without +86 or area code, a mobile number with a 0 before it) give the same; a local number
    is taken to be of the city ``area_code`` (with its leading 0).
    """
    digits = dialled_digits(raw)
    prefix = _COUNTRY_PREFIX.match(digits)
    if prefix is None and digits.startswith(("+", "00")):
        return "+" + digits.removeprefix("+").removeprefix("00")
    number = digits[prefix.end() :] if prefix else digits
    bare = number.removeprefix("0")
    if _MOBILE.fullmatch(bare):
        return bare
    short = number.removeprefix(area_code)
    if number.startswith("0"):
        return short if _NATIONWIDE.fullmatch(short) else number
    if _NATIONWIDE.fullmatch(number) or not number:
        return number
    if _LOCAL.fullmatch(number):
        return area_code + number
    if _SIGNIFICANT.fullmatch(number):
        return "0" + number
    return number
