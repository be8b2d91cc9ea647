"""Finding the names of those whom a caller complains of, with a trained sequence tagger."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from asr.prefill.lexicon import OrganisationWords
from asr.prefill.organisations import NAME_STOPS, asks_for_party
from asr.prefill.places import PlaceFinder
from asr.prefill.segments import Segment, segments
from asr.prefill.text import Utterance

BEGIN, INSIDE, OUTSIDE = "B", "I", "O"
"""Labels of characters: a name begins, goes on, is not there."""

LABELS = (BEGIN, INSIDE, OUTSIDE)

_ASKS_WHERE = re.compile(
    r"哪里|哪儿|那里|位置|地址|什么地方|哪个小区|哪条路|哪一块|在哪|几号楼|哪个区|什么路|路段"
)
_ASKS_SELF = re.compile(
    r"贵姓|怎么称呼|您姓|您的姓|您的名|您叫|姓名|您是哪|您单位|孩子叫|老人叫|患者"
)
_ASKS_EARLIER = re.compile(
    r"反映过|找过|报过|报警|投诉过|联系过|问过|沟通过|有没有跟|去过|说过|打过|医院看|治疗"
)
_LEAST = 0.08
"""Marginal probability from which a character may begin a mention."""


@dataclass(frozen=True, slots=True)
class Mention:
    """Characters ``start`` to ``end`` of a turn that may name the party; ``probability`` 0 to 1."""

    start: int
    end: int
    probability: float


def heard(turn: Utterance, previous: Utterance | None) -> str:
    """What a turn answers, see :func:`question`; ``agent`` for the agent's own words."""
    return question(previous) if turn.is_caller else "agent"


def question(previous: Utterance | None) -> str:
    """What the agent has just asked for: party, place, self, earlier, other or nothing."""
    if previous is None or previous.is_caller:
        return "nothing"
    if asks_for_party(previous.text):
        return "party"
    for kind, pattern in (
        ("self", _ASKS_SELF),
        ("earlier", _ASKS_EARLIER),
        ("place", _ASKS_WHERE),
    ):
        if pattern.search(previous.text):
            return kind
    return "other"


class PartyFeatures:
    """What the tagger sees of each character."""

    def __init__(self, words: OrganisationWords, finder: PlaceFinder) -> None:
        self._words = words
        self._finder = finder

    def of(self, turn: Utterance, asked: str) -> list[list[str]]:
        """One list of features per character of ``turn.text``."""
        text = turn.text
        ends = self._endings(text)
        places = self._places(turn)
        words = self._words_around(segments(text))
        return [
            self._character(text, at, asked, ends, places)
            + self._sounds(turn.sounds, at)
            + words[at]
            for at in range(len(text))
        ]

    @staticmethod
    def _words_around(words: Sequence[Segment]) -> list[list[str]]:
        """Which word a character is in, where, and what words stand around it."""
        edge = Segment(0, 0, "", "-")
        out: list[list[str]] = []
        for number, one in enumerate(words):
            before = words[number - 1] if number else edge
            after = words[number + 1] if number + 1 < len(words) else edge
            size = len(one.word)
            alone = f"{int(len(before.word) == 1)}{int(size == 1)}{int(len(after.word) == 1)}"
            shared = [
                f"k={one.kind}",
                f"k-1={before.kind}",
                f"k+1={after.kind}",
                f"k-1k={before.kind}|{one.kind}",
                f"kk+1={one.kind}|{after.kind}",
                f"alone={alone}",
                f"w-1={before.word}",
                f"w+1={after.word}",
            ]
            if size > 1:
                shared.append(f"w={one.word}")
            for place in range(size):
                part = "S" if size == 1 else "B" if not place else "E" if place == size - 1 else "M"
                out.append([*shared, f"in={part}", f"in={part}{one.kind}"])
        return out

    @staticmethod
    def _sounds(sounds: Sequence[str], at: int) -> list[str]:
        """What is heard in front, however it was written: 叫, 教, 较."""
        before = sounds[at - 1] if at else "<"
        earlier = sounds[at - 2] if at > 1 else "<"
        return [f"y-1={before}", f"y-2={earlier} {before}"]

    def _endings(self, text: str) -> list[str]:
        marks = ["-"] * len(text)
        for match in self._words.bodies_any.finditer(text):
            marks[match.start() : match.end()] = ["b"] * (match.end() - match.start())
            marks[match.end() - 1] = "B"
        for match in self._words.endings.finditer(text):
            marks[match.start() : match.end()] = ["e"] * (match.end() - match.start())
            marks[match.end() - 1] = "E"
        return marks

    def _places(self, turn: Utterance) -> list[str]:
        marks = ["-"] * len(turn.text)
        for cluster in self._finder.clusters(turn):
            for piece in cluster.pieces:
                marks[piece.start : piece.end] = [piece.part] * (piece.end - piece.start)
        return marks

    @staticmethod
    def _character(
        text: str, at: int, asked: str, ends: Sequence[str], places: Sequence[str]
    ) -> list[str]:
        size = len(text)

        def char(offset: int) -> str:
            position = at + offset
            return text[position] if 0 <= position < size else "<" if position < 0 else ">"

        features = [f"c{offset}={char(offset)}" for offset in range(-3, 4)]
        features += [f"b{offset}={char(offset)}{char(offset + 1)}" for offset in range(-3, 3)]
        features += [
            f"t{offset}={char(offset)}{char(offset + 1)}{char(offset + 2)}"
            for offset in range(-3, 2)
        ]
        features.append(
            "s=" + "".join("1" if char(offset) in NAME_STOPS else "0" for offset in range(-2, 3))
        )
        features.append(f"asked={asked}")
        features.append(f"e={ends[at]}")
        features.append(f"e+={ends[at + 1] if at + 1 < size else '>'}")
        features.append(f"e-={ends[at - 1] if at else '<'}")
        for distance in range(1, 10):
            if at + distance < size and ends[at + distance] in "EB":
                features.append(f"{ends[at + distance]}in={min(distance, 7)}")
                break
        features.append(f"p={places[at]}")
        features.append(f"p-={places[at - 1] if at else '<'}")
        features.append(f"at={min(at // 2, 4)}")
        features.append(f"left={min((size - at) // 3, 3)}")
        if at < 3:
            features.append(f"asked{at}={asked}")
        return features


@dataclass(frozen=True)
class TaggerWeights:
    """A linear-chain conditional random field over ``LABELS``.

    Attributes:
        rows: feature → its row in ``states``.
        states: weight of each feature for each label, float32.
        transitions: ``transitions[i, j]``: weight of label j following label i.
    """

    rows: Mapping[str, int]
    states: NDArray[np.float32]
    transitions: NDArray[np.float32]


class PartyTagger:
    """A trained model at work; safe to share between threads.

    The forward-backward algorithm is written out here: three labels need no native library, and a
    damaged model cannot crash the process.
    """

    def __init__(self, weights: TaggerWeights, features: PartyFeatures) -> None:
        self._weights = weights
        self._features = features
        self._moves = np.exp(weights.transitions.astype(np.float64))
        self._remembered = lru_cache(maxsize=1024)(self._mentions)

    def mentions(self, turn: Utterance, previous: Utterance | None) -> tuple[Mention, ...]:
        """Possible names in a turn, left to right; ``previous``: the turn before it."""
        return self._remembered(turn, heard(turn, previous))

    def _mentions(self, turn: Utterance, asked: str) -> tuple[Mention, ...]:
        if not turn.text:
            return ()
        size = len(turn.text)
        begin, inside, _ = self._marginals(self._features.of(turn, asked)).T.tolist()
        found: list[Mention] = []
        for at in range(size):
            if begin[at] < _LEAST:
                continue
            end = at + 1
            weight = begin[at]
            while end < size and inside[end] >= 0.5 * weight / (end - at):
                weight += inside[end]
                end += 1
            if end - at >= 2:
                found.append(Mention(at, end, weight / (end - at)))
        return tuple(found)

    def _marginals(self, sequence: Sequence[Sequence[str]]) -> NDArray[np.float64]:
        """Probability of each label (columns) at each character (rows)."""
        rows, states = self._weights.rows, self._weights.states
        scores = np.zeros((len(sequence), len(LABELS)))
        for at, features in enumerate(sequence):
            known = [rows[one] for one in features if one in rows]
            scores[at] = states[known].sum(axis=0)
        emitted = np.exp(scores - scores.max(axis=1, keepdims=True))
        forward, backward = np.empty_like(emitted), np.ones_like(emitted)
        forward[0] = emitted[0] / emitted[0].sum()
        for at in range(1, len(emitted)):
            step = (forward[at - 1] @ self._moves) * emitted[at]
            forward[at] = step / step.sum()
        for at in range(len(emitted) - 2, -1, -1):
            step = self._moves @ (emitted[at + 1] * backward[at + 1])
            backward[at] = step / step.sum()
        both = forward * backward
        marginals: NDArray[np.float64] = both / both.sum(axis=1, keepdims=True)
        return marginals
