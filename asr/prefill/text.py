"""One turn of recognised speech, readable by rules and traceable to the text as it was given."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from asr.prefill.model import Evidence, Speaker
from asr.prefill.numerals import NUMERAL
from asr.prefill.segments import segments
from asr.prefill.sounds import SoundIndex, syllables

_WRITTEN_OUT = re.compile(
    rf"[{NUMERAL}]+(?:月份?[{NUMERAL}]+)?[号日点月楼层块路栋天个]|[五六十]一(?=那|当|节|放|期|假)"
)
"""Numbers with their unit and feasts named by numbers: never a mishearing of another word."""


def _kept(char: str) -> str:
    """The character as rules see it, or "" for blanks, punctuation and control characters."""
    folded = unicodedata.normalize("NFKC", char)
    if len(folded) != 1:
        folded = char
    if unicodedata.category(folded)[0] in "ZCPM":
        return ""
    upper = folded.upper()
    return upper if len(upper) == 1 else folded


@dataclass(frozen=True, slots=True)
class Utterance:
    """A turn without blanks and punctuation.

    Attributes:
        index: position of the turn in the call.
        who: ``agent`` or ``caller``.
        heard: the text without blanks, upper-cased, as recognised.
        text: ``heard`` with stretches that sound like a known phrase read as that phrase;
            always of the same length as ``heard``.
        sounds: one toneless syllable per character of ``heard``.
        offsets: ``offsets[i]`` is where character i stands in the text as given.
    """

    index: int
    who: Speaker
    heard: str
    text: str
    sounds: tuple[str, ...]
    offsets: tuple[int, ...]

    @property
    def is_caller(self) -> bool:
        """Whether the caller spoke."""
        return self.who == "caller"

    def evidence(self, start: int, end: int) -> Evidence:
        """Where characters ``start`` to ``end`` (exclusive) of ``text`` stand in the given text."""
        return Evidence(self.index, self.offsets[start], self.offsets[end - 1] + 1)


def read_turn(index: int, who: Speaker, raw: str, anchors: SoundIndex) -> Utterance:
    """Strip, fold and repair one turn's text."""
    kept = [(position, _kept(char)) for position, char in enumerate(raw)]
    kept = [pair for pair in kept if pair[1]]
    heard = "".join(char for _, char in kept)
    sounds = syllables(heard)
    return Utterance(
        index=index,
        who=who,
        heard=heard,
        text=repair(heard, sounds, anchors),
        sounds=sounds,
        offsets=tuple(position for position, _ in kept),
    )


def repair(heard: str, sounds: tuple[str, ...], anchors: SoundIndex) -> str:
    """Read stretches that sound like an anchor phrase as that phrase, longest first."""
    out = list(heard)
    position = 0
    numbers = [match.span() for match in _WRITTEN_OUT.finditer(heard)]
    while position < len(heard):
        found = anchors.longest_at(heard, sounds, position)
        if (
            found is None
            or _cuts_a_phrase(heard, sounds, anchors, position, found)
            or _cuts_a_number(heard, numbers, position, found)
            or _cuts_a_word(heard, position, found)
        ):
            position += 1
            continue
        out[position : position + len(found)] = found
        position += len(found)
    return "".join(out)


def _cuts_a_phrase(
    heard: str, sounds: tuple[str, ...], anchors: SoundIndex, position: int, found: str
) -> bool:
    """Whether reading ``found`` here would break up a phrase that is written out: 薄[先生]."""
    if heard.startswith(found, position):
        return False
    for inside in range(position + 1, position + len(found)):
        other = anchors.longest_at(heard, sounds, inside)
        if other is not None and len(other) >= 2 and heard.startswith(other, inside):
            return True
    return False


def _cuts_a_number(heard: str, numbers: list[tuple[int, int]], position: int, found: str) -> bool:
    """Whether reading ``found`` here would break up a number: 是十|四号 is not 事实|四号."""
    end = position + len(found)
    if heard.startswith(found, position):
        return False
    return any(
        position < stop and end > start and (position < start or end < stop)
        for start, stop in numbers
    )


def _cuts_a_word(heard: str, position: int, found: str) -> bool:
    """Whether reading ``found`` here would break up a word: 市[自然] is not 十字|然.

    Only where no character of it is written as in ``found``: in a text with homophones some words
    come about by chance (我行[礼] for 我姓李).
    """
    end = position + len(found)
    if any(heard[position + i] == char for i, char in enumerate(found)):
        return False
    return any(word.start < edge < word.end for word in segments(heard) for edge in (position, end))
