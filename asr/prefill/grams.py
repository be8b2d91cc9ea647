"""What a trained classifier sees of a call: pieces of words and of sounds, weighed by who spoke."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import lru_cache

from asr.prefill.categories import aside, turn_weights
from asr.prefill.text import Utterance

_NUMERALS = re.compile(r"[〇零幺一二三四五六七八九十百千万两0-9]{2,}")
_AGENT = "@"
_SOUND = "~"


def call_grams(turns: Sequence[Utterance]) -> dict[str, float]:
    """Gram → logarithm of its weighed count over the call so far.

    Characters in ones, twos and threes and toneless syllables (after ``~``) in twos and threes;
    the agent's (after ``@``) apart from the caller's. Long numerals count as one sign.
    """
    counted: dict[str, float] = defaultdict(float)
    for turn, weight in zip(turns, turn_weights(turns), strict=True):
        for gram, share in _turn_grams(turn).items():
            counted[gram] += weight * share
    return {gram: math.log1p(count) for gram, count in counted.items()}


@lru_cache(maxsize=2048)
def _turn_grams(turn: Utterance) -> Mapping[str, float]:
    """Grams of one turn; a turn never changes, and a growing call is read anew at each one."""
    counted: dict[str, float] = defaultdict(float)
    if not turn.is_caller:
        text = _NUMERALS.sub("#", turn.text)
        for size in (2, 3):
            for at in range(len(text) - size + 1):
                counted[_AGENT + text[at : at + size]] += 1.0
        return counted
    start = 0
    for match in [*_NUMERALS.finditer(turn.text), None]:
        end = match.start() if match else len(turn.text)
        for size in (1, 2, 3):
            for at in range(start, end - size + 1):
                share = aside(turn, at)
                counted[turn.text[at : at + size]] += share
                if size > 1:
                    counted[_SOUND + " ".join(turn.sounds[at : at + size])] += share
        start = match.end() if match else end
    return counted
