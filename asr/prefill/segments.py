"""Words of a running text, by a dictionary: what is no word in it is likely a name."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import rjieba

FUNCTION = frozenset("cdpruy")
"""First letters of the kinds of words that names seldom hold: conjunctions, adverbs, pronouns."""

LEADS = frozenset((
    "叫", "教", "叫做", "名叫", "就叫", "是", "写", "写着", "喷着", "印着", "挂", "挂着",
    "招牌", "牌子", "店名", "名字", "一个", "一家", "有个", "有家",
))  # fmt: skip
"""Words that a name follows."""


class Segment(NamedTuple):
    """A word of a text.

    Attributes:
        start: its first character.
        end: past its last one.
        word: its characters.
        kind: part of speech as the dictionary of jieba abbreviates it: ``n``, ``v``, ``ns``, …;
            ``x`` where it has none.
    """

    start: int
    end: int
    word: str
    kind: str


@lru_cache(maxsize=2048)
def segments(text: str) -> tuple[Segment, ...]:
    """The words of ``text`` from left to right, without a gap.

    Only words of the dictionary are longer than a character: no statistics join unknown
    characters, for it is the names made of them that are sought.
    """
    found: list[Segment] = []
    at = 0
    for word, kind in rjieba.tag(text, False):
        found.append(Segment(at, at + len(word), word, kind))
        at += len(word)
    return tuple(found)
