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
        # names after what introduces them, and before what people are called by
        r"(?<=姓)\s?[^\s，。是的什么名]",
        r"(?<=我叫)\s?\S{1,4}",
        r"(?<=我是)\s?\S{1,4}(?=[，。\s]|$)",
        r"(?<=名字是)\s?\S{1,4}",
        r"(?<=名字叫)\s?\S{1,4}",
        r"\S(?=(?:先生|女士|小姐|师傅|大爷|大妈|阿姨|同志|老师))",
    )
)


def redacted(said: Sequence[Said], known: Iterable[str] = ()) -> list[Said]:
    """The turns without personal data, each as long as it was.

    Args:
        said: the turns as they were heard.
        known: names and numbers of this call that are known to be personal, as they were said.
    """
    words = sorted({one.strip() for one in known} - {""}, key=len, reverse=True)
    known_here = re.compile("|".join(map(re.escape, words))) if words else None
    return [Said(one.speaker, one.turn, _hidden(one.text, known_here)) for one in said]


def _hidden(text: str, known: re.Pattern[str] | None) -> str:
    hide = [False] * len(text)
    for expression in (*_PERSONAL, *([known] if known is not None else [])):
        for found in expression.finditer(text):
            for at in range(*found.span()):
                hide[at] = not text[at].isspace()
    return "".join(HIDDEN if hidden else char for char, hidden in zip(text, hide, strict=True))
