"""A linear classifier over grams, applied with numpy alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from asr.prefill.model import Evidence
from asr.prefill.text import Utterance

Floats = npt.NDArray[np.float32]

_TELLING = 5.0
"""Weight from which on a piece of words is evidence to show: a greeting weighs 2, 路灯 50."""


@dataclass(frozen=True)
class Classifier:
    """Labels' logits from a call's grams and marks.

    Attributes:
        labels: K labels.
        terms: F grams, then marks; a mark is a fact of its own (``=help``) and has no idf.
        idf: (F,) what each gram's count is multiplied with; 1 for marks.
        weights: (F, K).
        bias: (K,).
    """

    labels: tuple[str, ...]
    terms: tuple[str, ...]
    idf: Floats
    weights: Floats
    bias: Floats
    index: Mapping[str, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Raise :class:`ValueError` when the shapes do not fit or a number is not finite."""
        shape = (len(self.terms), len(self.labels))
        if (
            self.weights.shape != shape
            or self.idf.shape != shape[:1]
            or self.bias.shape != shape[1:]
        ):
            raise ValueError(f"weights of shape {self.weights.shape} do not fit {shape}")
        if not all(np.isfinite(part).all() for part in (self.idf, self.weights, self.bias)):
            raise ValueError("a weight is not finite")
        if len(set(self.terms)) != len(self.terms):
            raise ValueError("a term stands twice")
        object.__setattr__(self, "index", {term: at for at, term in enumerate(self.terms)})

    def logits(self, grams: Mapping[str, float], marks: Iterable[str] = ()) -> Floats:
        """(K,) unnormalised logarithms of the labels' probabilities."""
        known = [(self.index[gram], value) for gram, value in grams.items() if gram in self.index]
        out = self.bias.copy()
        if known:
            rows = np.array([row for row, _ in known])
            values = np.array([value for _, value in known], dtype=np.float32) * self.idf[rows]
            norm = float(np.sqrt(values @ values)) or 1.0
            out += (values / norm) @ self.weights[rows]
        marked = [self.index[mark] for mark in marks if mark in self.index]
        if marked:
            out += self.weights[np.array(marked)].sum(axis=0)
        return out

    def evidence(self, label: str, turns: Iterable[Utterance]) -> list[Evidence]:
        """Where the caller said what speaks most for a label; empty when nothing does."""
        column = self.labels.index(label)
        best: tuple[float, Evidence] | None = None
        for turn in turns:
            if not turn.is_caller:
                continue
            for size in (2, 3):
                for at in range(len(turn.text) - size + 1):
                    row = self.index.get(turn.text[at : at + size])
                    if row is None:
                        continue
                    points = float(self.weights[row, column] * self.idf[row])
                    if points >= _TELLING and (best is None or points > best[0]):
                        best = points, turn.evidence(at, at + size)
        return [best[1]] if best else []


def probabilities(logits: Floats) -> Floats:
    """Softmax."""
    shifted = np.exp(logits - logits.max())
    return np.asarray(shifted / shifted.sum(), dtype=np.float32)
