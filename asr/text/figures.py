"""Spoken figures as they are written: 幺三八 → 138, 三月十五号 → 3月15号, 百分之二十 → 20%.

Where a numeral begins and ends, and whether it is one at all, is decided here; cn2an gives its
value. A manner of speaking (两三天, 一点, 十来个, 万一) stays as it was said.
"""

from __future__ import annotations

import re
from typing import Final

import cn2an

_ONES: Final = "一二两三四五六七八九"
_DIGIT: Final = dict(zip("零〇洞幺一二两三四五六七拐八九", "000112234567789", strict=True))
_SPAN: Final = re.compile(
    rf"(?:[两三四五]个[零幺{_ONES}](?![一-龥]?[楼单月年])|[零〇洞幺拐{_ONES}十百千万亿])+"
)
_REPEATED: Final = re.compile(rf"([两三四五])个([零幺{_ONES}])")
_PERCENT: Final = re.compile(rf"百分之([零〇{_ONES}十百点]+)")
_PLATE: Final = re.compile(
    rf"(?<![A-Z])([京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][A-Z])"
    rf"((?:[A-Z0-9零幺{_ONES}]){{4,6}})(?![A-Z0-9零幺{_ONES}])"
)
_IDIOMS: Final = (
    "三三两两|七七八八|一五一十|乱七八糟|三番五次|五六七八|一清二楚|一干二净|隔三差五|接二连三|千万|万一|万万|百十|千百|"
    "一二三四|一心一意|一模一样|四面八方|三天两头|七上八下|三更半夜|不管三七二十一|十有八九|八九不离十|一个|一百个"
)
_IDIOM: Final = re.compile(f"^(?:{_IDIOMS})$")
_GUESS: Final = re.compile(
    rf"[{_ONES}]{{2}}[十百千万]|十[{_ONES}]{{2}}|[百千][{_ONES}]{{2}}十|^[百千万亿]|[十百千万]{{2}}(?<!十万)(?<!百万)(?<!千万)"
)
_DATED: Final = re.compile(r"月(?!饼|亮|嫂)|号")
_HOUR: Final = re.compile(r"点(?:钟|半|[一三]刻|[零二三四五十]|整)")
_PART_OF_DAY: Final = re.compile(r"(?:上午|下午|早上|早晨|晚上|中午|凌晨|夜里|半夜|傍晚)$")
_TEN_OF: Final = re.compile(
    r"块|元|号|点|月|天|年|个|分钟|楼|层|路|户|岁|斤|度|亩|米|公里|名|次|人|平|吨|秒|小时|日|张|份|台|家|遍|级"
)
_COLLOQUIAL: Final = re.compile(rf"([百千万])([{_ONES}])$")
_NEXT_UNIT: Final = {"百": "十", "千": "百", "万": "千"}


def written_figures(text: str) -> str:
    """The text with its spoken numbers, dates, times and plates written in figures.

    Args:
        text: one turn without blanks between Chinese characters.
    """
    text = _PLATE.sub(lambda found: found[1] + _digits(found[2]), text)
    text = _PERCENT.sub(_percent, text)
    return _SPAN.sub(_span, text)


def _span(found: re.Match[str]) -> str:
    said, text = found[0], found.string
    before, after = text[: found.start()], text[found.end() :]
    if _IDIOM.match(said):
        return said
    if not re.search("[十百千万亿]", said):
        return _dictated(said, before, after)
    if "个" in said or re.search("[幺洞拐]", said) or _GUESS.search(said):
        return said
    if said == "十" and not _TEN_OF.match(after):
        return said
    if after.startswith(("来", "几")) and said.endswith(("十", "百", "千")):
        return said
    return _valued(said)


def _dictated(said: str, before: str, after: str) -> str:
    """Digits one by one: written if there are enough of them or a date or an hour follows."""
    digits = _digits(_REPEATED.sub(lambda one: one[2] * int(_DIGIT[one[1]]), said))
    if "个" in said:
        return digits if len(digits) >= 5 else said
    if len(said) >= 3 or (len(said) == 2 and re.search("[幺零〇洞]", said)):
        return digits
    if len(said) == 1 and said != "零":
        hour = _HOUR.match(after) or (after.startswith("点") and _PART_OF_DAY.search(before))
        if (_DATED.match(after) and not before.endswith("第")) or hour:
            return digits
    return said


def _digits(said: str) -> str:
    return "".join(_DIGIT.get(char, char) for char in said)


def _valued(said: str) -> str:
    """By value; 万 and 亿 stay as words (十四万 → 14万), as people write sums."""
    exact = _COLLOQUIAL.sub(lambda one: one[0] + _NEXT_UNIT[one[1]], said).replace("两", "二")
    if exact.startswith("十"):
        exact = "一" + exact
    try:
        value = int(cn2an.cn2an(exact, "normal"))
    except (ValueError, KeyError):  # KeyError: its way of refusing 一亿一
        return said
    for word, unit in (("亿", 10**8), ("万", 10**4)):
        if value >= unit and value % (unit // 10) == 0:
            whole, tenth = divmod(value // (unit // 10), 10)
            return f"{whole}.{tenth}{word}" if tenth else f"{whole}{word}"
    return str(value)


def _percent(found: re.Match[str]) -> str:
    whole, _, fraction = found[1].partition("点")
    value = _digits(whole) if not re.search("[十百]", whole) else _valued(whole)
    if not value.isdigit():
        return found[0]
    return f"{value}.{_digits(fraction)}%" if fraction else f"{value}%"
