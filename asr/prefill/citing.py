"""Guesses as others get them: the evidence points into turns as transcripts number them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from asr.prefill.model import FieldGuess


@dataclass(frozen=True, slots=True)
class Said:
    """A turn as the transcript has it: ``turn`` counts the turns of that speaker."""

    speaker: str
    turn: int
    text: str


def cited(guess: FieldGuess, said: Sequence[Said]) -> dict[str, Any]:
    """``{"value", "evidence", "confidence"}`` for JSON.

    Each piece of evidence is ``{speaker, turn, start, end, words}``: characters ``start`` to
    ``end`` (exclusive, Unicode code points) of that turn's ``text`` as it was heard.

    Args:
        guess: whose evidence counts turns from the first one that was said, whoever said it.
        said: all turns, in the order in which the guesser took them in.
    """
    evidence = [
        {
            "speaker": said[one.turn].speaker,
            "turn": said[one.turn].turn,
            "start": one.start,
            "end": one.end,
            "words": said[one.turn].text[one.start : one.end],
        }
        for one in guess.evidence
    ]
    return {**guess.as_dict(), "evidence": evidence}
