"""What of a transcript may leave the house: the matter, not the person.

GB/T 35273 counts names, telephone, identity and account numbers, plates and addresses as personal.
What is hidden is replaced character by character, so that positions stay what they were.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

from asr.prefill.citing import Said

HIDDEN: Final = "*"
_DIGIT: Final = "0-9０-９零〇洞幺腰一二两三四五六七八九十百"
_GAP: Final = r"[\s,，、。.\-—]{0,2}"
_PERSONAL: Final = tuple(
    re.compile(expression)
    for expression in (
        # telephone, identity, account and ticket numbers, also in pieces as people dictate
        rf"(?:[{_DIGIT}]{_GAP}(?:个{_GAP})?){{2,}}[{_DIGIT}XxＸ]",
        # plates: 甘A12345, the figures of which may be in another turn
        rf"[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼]\s?[A-Za-z]{_GAP}[A-Za-z{_DIGIT}]*",
        r"[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+",
        # the door of a home; the road and the estate stay
        rf"[{_DIGIT}A-Za-z]+\s?(?=(?:号楼|单元|栋|幢|室|层|户|门牌))",
        rf"(?<=[路街巷道园区院村])\s?[{_DIGIT}]+\s?(?=号)",
        # names: whatever follows 姓 or 我叫, and what stands before a title
        r"(?<=姓).{1,20}",
        r"(?:(?<=我叫)|(?<=名字是)|(?<=名字叫)|(?<=^叫)).{1,6}",
        r"(?<=我是).{1,4}$",
        r".{1,3}(?=(?:先生|女士|小姐|师傅|大爷|大妈|阿姨|同志|老师))",
    )
)
_ASKS_NAME: Final = re.compile(r"贵姓|怎么称呼|姓名|名字|您姓|哪位")
_ANSWER: Final = 20
"""Characters of an answer to the question for a name that are hidden."""


def redacted(said: Sequence[Said], known: Iterable[str] = ()) -> list[Said]:
    """The turns without personal data, each as long as it was.

    Args:
        said: the turns as they were heard.
        known: names and numbers of this call that are known to be personal, as they were said.
    """
    words = sorted({_compact(one) for one in known} - {""}, key=len, reverse=True)
    known_here = re.compile("|".join(map(re.escape, words))) if words else None
    sent = []
    asked = False
    for one in said:
        answer = _ANSWER if asked and one.speaker == "caller" else 0
        sent.append(Said(one.speaker, one.turn, _hidden(one.text, known_here, answer)))
        asked = one.speaker != "caller" and _ASKS_NAME.search(_compact(one.text)) is not None
    return sent


def _hidden(text: str, known: re.Pattern[str] | None, answer: int) -> str:
    # recognisers put blanks between characters
    places = [at for at, char in enumerate(text) if not char.isspace()]
    compact = "".join(text[at] for at in places)
    hide = set(places[:answer])
    for expression in (*_PERSONAL, *([known] if known is not None else [])):
        for found in expression.finditer(compact):
            hide.update(places[found.start() : found.end()])
    return "".join(HIDDEN if at in hide else char for at, char in enumerate(text))


def _compact(text: str) -> str:
    return "".join(char for char in text if not char.isspace())
