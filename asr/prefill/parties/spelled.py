"""Names that callers explain character by character: 叫[若初]倘若的若当初的初."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from asr.prefill.segments import FUNCTION, LEADS, segments
from asr.prefill.sounds import syllables
from asr.prefill.text import Utterance

_EXPLAINED = re.compile(r"(?P<word>[一-鿿]{2})(?:那个|哪个|这个)?[的得地](?P<char>[一-鿿])")
_LONGEST = 10
"""Most characters of a name before its explanation."""


class Spelling(NamedTuple):
    """A name, and the words that explain it.

    ``start`` to ``end`` (exclusive) is the name in the turn's ``text``, ``until`` is past the last
    word of the explanation; ``whole`` says whether each of its characters was explained.
    """

    start: int
    end: int
    until: int
    whole: bool


@lru_cache(maxsize=1024)
def spellings(turn: Utterance) -> tuple[Spelling, ...]:
    """Names right in front of an explanation; several where it is open where the name starts."""
    return tuple(_spellings(turn))


def _spellings(turn: Utterance) -> Iterator[Spelling]:
    at = 0
    while match := _EXPLAINED.search(turn.text, at):
        at = match.start() + 1
        if _explains(match):
            run = [match]
            while (after := _EXPLAINED.match(turn.text, run[-1].end())) and _explains(after):
                run.append(after)
            at = run[-1].end()
            yield from _named(turn, run)


def _explains(match: re.Match[str]) -> bool:
    """Whether the character is one of the word by its sound, or stands right before it."""
    char = match["char"]
    before = match.string[match.start() - 1 : match.start()]
    return char == before or syllables(char)[0] in syllables(match["word"])


def _named(turn: Utterance, run: list[re.Match[str]]) -> Iterator[Spelling]:
    text, end, until = turn.text, run[0].start(), run[-1].end()
    spots: list[int] = []
    after = max(0, end - _LONGEST)
    for match in run:
        wanted = syllables(match["char"])[0]
        found = [
            spot
            for spot in range(after, end)
            if text[spot] == match["char"] or turn.sounds[spot] == wanted
        ]
        if not found:
            return
        # the first explained character is sought from the right, the others after it
        spots.append(found[0] if spots else found[-1])
        after = spots[-1] + 1
    whole = len(spots) > 1 and spots == list(range(spots[0], end))
    starts = [spots[0]]
    for one in reversed(segments(text)):
        if one.start >= spots[0]:
            continue
        if one.end < end - _LONGEST or one.word in LEADS or one.kind[0] in FUNCTION:
            break
        starts.append(max(one.start, end - _LONGEST))
    for start in starts:
        if end - start >= 2:
            yield Spelling(start, end, until, whole and start == spots[0])
