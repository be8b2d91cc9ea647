"""Number plates and bus routes as they are dictated."""

from __future__ import annotations

import re
from collections.abc import Sequence

from asr.prefill.model import Evidence, FieldGuess
from asr.prefill.numerals import DIGITS, NUMERAL, spelled
from asr.prefill.text import Utterance

_PLATE = re.compile(
    r"[甘青陕宁蒙新京川豫晋冀鲁苏浙皖湘鄂渝云贵粤][A-Z](?:[A-Z0-9零〇洞幺一二两三四五六七拐八九]|(?<=[二两三四五])个){4,8}"
)
_ROUTE = re.compile(
    rf"(?<![第{NUMERAL}])([{NUMERAL}]{{1,5}})(?:路(?!口|边|上|灯|段|人|费|面|程)|(?<=[十百零一二三四五六七八九幺][一二三四五六七八九十])路(?=上))"
)
_METRO = re.compile(rf"((?:地铁|轨道交通|轨道|新区|BRT|快速公交)?)([{NUMERAL}]{{1,2}})号线")
_BUS_NUMBER = re.compile(rf"(?:车号|编号|车牌尾号|自编号)(?:是|为)?([{NUMERAL}]{{3,6}})")
_MASTER = re.compile(r"姓([一-鿿])(?:的)?(?:师傅|司机)?|([一-鿿])师傅")


def plate(turns: Sequence[Utterance]) -> FieldGuess | None:
    """The last whole plate that was said; the agent's reading back counts only as an echo."""
    best: tuple[str, Evidence] | None = None
    for turn in turns:
        for match in _PLATE.finditer(turn.text):
            plate = match.group()[:2] + _plate_digits(match.group()[2:])
            if 7 <= len(plate) <= 8 and (turn.is_caller or best is not None):
                best = (plate, turn.evidence(match.start(), match.end()))
    return FieldGuess(best[0], [best[1]], 0.9) if best else None


def _plate_digits(said: str) -> str:
    out = ""
    position = 0
    while position < len(said):
        char = said[position]
        repeated = said[position + 2 : position + 3]
        if said[position + 1 : position + 2] == "个" and repeated in DIGITS and char in DIGITS:
            out += DIGITS[repeated] * int(DIGITS[char])
            position += 3
            continue
        out += DIGITS.get(char, char if char.isascii() else "")
        position += 1
    return out


def route(turns: Sequence[Utterance], *, praise: bool) -> FieldGuess | None:
    best: tuple[str, Evidence] | None = None
    for turn in turns:
        if not turn.is_caller:
            continue
        for match in _METRO.finditer(turn.text):
            spot = turn.evidence(match.start(), match.end())
            best = (f"{match[1] or ''}{spelled(match[2])}号线", spot)
        for match in _ROUTE.finditer(turn.text):
            before = turn.text[max(0, match.start() - 4) : match.start()]
            if re.search(r"还是$|不是$|换乘?$|倒$|转$", before):
                continue
            if best is not None and not re.search(r"不对|是|错", before) and "路" in best[0]:
                continue
            best = (f"{spelled(match[1])}路", turn.evidence(match.start(), match.end()))
    if best is None:
        return None
    name, evidence = best[0], [best[1]]
    if praise:
        more, spots = _crew(turns)
        return FieldGuess(name + more, [*evidence, *spots], 0.8)
    return FieldGuess(name, evidence, 0.9)


def _crew(turns: Sequence[Utterance]) -> tuple[str, list[Evidence]]:
    """Car number and driver of a praised bus: ``01886号车田师傅``."""
    number = master = ""
    spots: list[Evidence] = []
    for position, turn in enumerate(turns):
        if not turn.is_caller:
            continue
        previous = turns[position - 1].text if position else ""
        match = _BUS_NUMBER.search(turn.text)
        if match and not number:
            number = f"{spelled(match[1])}号车"
            spots.append(turn.evidence(match.start(), match.end()))
        about_driver = re.search(r"师傅|司机|胸牌|车长", turn.text + previous)
        for match in _MASTER.finditer(turn.text):
            surname = match[1] or match[2]
            asked_self = re.search(r"您贵姓|怎么称呼|您姓", previous)
            if not master and about_driver and not asked_self and surname not in "机位个的老名么":
                master = f"{surname}师傅"
                spots.append(turn.evidence(match.start(), match.end()))
    return number + master, spots
