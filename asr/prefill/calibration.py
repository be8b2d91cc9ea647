"""From a raw confidence to the probability of being right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Curve:
    """A rising line through points.

    Attributes:
        raw: raw confidences, rising strictly.
        right: the probability of being right at each, never falling, 0 to 1.
    """

    raw: tuple[float, ...]
    right: tuple[float, ...]

    def __post_init__(self) -> None:
        """Raise :class:`ValueError` when it is no such line."""
        rising = all(one < two for one, two in zip(self.raw, self.raw[1:], strict=False))
        holding = all(one <= two for one, two in zip(self.right, self.right[1:], strict=False))
        bounded = all(0.0 <= one <= 1.0 for one in (*self.raw, *self.right))
        if not self.raw or len(self.raw) != len(self.right) or not (rising and holding and bounded):
            raise ValueError(f"not a rising line: {self.raw} to {self.right}")

    @classmethod
    def of(cls, points: Sequence[Sequence[float]]) -> Curve:
        """From [raw, right] pairs."""
        return cls(
            tuple(float(raw) for raw, _ in points), tuple(float(right) for _, right in points)
        )

    def as_list(self) -> list[list[float]]:
        """[raw, right] pairs for JSON."""
        return [[raw, right] for raw, right in zip(self.raw, self.right, strict=True)]

    def __call__(self, raw: float) -> float:
        """The probability at a raw confidence; straight lines between the points."""
        return float(np.interp(raw, self.raw, self.right))
