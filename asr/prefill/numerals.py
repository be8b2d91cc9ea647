"""Spoken Chinese numerals: digit by digit (幺三八, 两个零) and by value (三十八)."""

from __future__ import annotations

import re
from typing import NamedTuple

DIGITS: dict[str, str] = {
    **{str(n): str(n) for n in range(10)},
    **dict(zip("零〇洞幺一二两三四五六七拐八九", "00011223456778" + "9", strict=True)),
}
NUMERAL = "0-9零〇洞幺一二两三四五六七八九十百"
"""Characters of a numeral, for use inside a regular expression's brackets."""

_FILLERS = "嗯啊呃哦额"
_VALUE = re.compile(
    r"^(?:([一二两三四五六七八九\d])百)?(?:零?([一二两三四五六七八九\d])?(十))?零?([一二三四五六七八九\d])?$"
)


class Run(NamedTuple):
    """Digits dictated one by one at characters ``start`` to ``end``."""

    start: int
    end: int
    digits: str


def digit_runs(text: str, least: int = 2) -> list[Run]:
    """Every stretch of at least ``least`` digits, "三个八" and "两个零" unrolled."""
    runs: list[Run] = []
    position = 0
    while position < len(text):
        if text[position] not in DIGITS:
            position += 1
            continue
        start = end = position
        digits = ""
        while position < len(text):
            char = text[position]
            if char in DIGITS and text[position + 1 : position + 2] == "个":
                repeated = DIGITS.get(text[position + 2 : position + 3])
                count = int(DIGITS[char])
                if repeated is None or not 2 <= count <= 5:
                    if repeated is None and digits:
                        break
                    digits += DIGITS[char]
                    position += 1
                    end = position
                    break
                digits += repeated * count
                position += 3
            elif char in DIGITS:
                digits += DIGITS[char]
                position += 1
            elif char in _FILLERS and text[position + 1 : position + 2] in DIGITS:
                position += 1
                continue
            else:
                break
            end = position
        if len(digits) >= least:
            runs.append(Run(start, end, digits))
        position = max(position, end, start + 1)
    return runs


def value_of(numeral: str) -> int | None:
    """The number that "三十八", "一百三十一", "幺三七" or "38" stands for, None if none."""
    if not numeral:
        return None
    if "十" in numeral or "百" in numeral:
        found = _VALUE.match(numeral)
        if found is None:
            return None
        hundreds, tens, ten, ones = found.groups()
        total = 100 * int(DIGITS[hundreds]) if hundreds else 0
        if ten:
            total += 10 * (int(DIGITS[tens]) if tens else 1)
        if ones:
            # 一百三 is 130, not 103
            bare = hundreds and not ten and "零" not in numeral
            total += int(DIGITS[ones]) * (10 if bare else 1)
        return total
    if all(char in DIGITS for char in numeral):
        return int("".join(DIGITS[char] for char in numeral))
    return None


def spelled(numeral: str) -> str:
    """Arabic digits for a numeral, leading zeros kept when it was said digit by digit."""
    if numeral and all(char in DIGITS for char in numeral):
        return "".join(DIGITS[char] for char in numeral)
    value = value_of(numeral)
    return numeral if value is None else str(value)
