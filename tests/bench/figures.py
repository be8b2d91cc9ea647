"""Medians, percentiles and spreads, and how they are printed."""

from __future__ import annotations

import statistics
from collections.abc import Sequence


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest value that is not below ``percent`` of all (nearest rank)."""
    ranked = sorted(values)
    rank = max(1, -(-len(ranked) * percent // 100))
    return ranked[int(rank) - 1]


def spread(values: Sequence[float], form: str = ".2f") -> str:
    """``median (min–max)``; ``-`` without values."""
    if not values:
        return "-"
    low, middle, high = min(values), statistics.median(values), max(values)
    return f"{middle:{form}} ({low:{form}}–{high:{form}})"


def ratios(upper: Sequence[float], lower: Sequence[float], form: str = ".2f") -> str:
    """``upper/lower`` round by round, as :func:`spread`."""
    return spread([one / other for one, other in zip(upper, lower, strict=True) if other], form)
