"""Measuring who is heard where in a recording."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile

RATE_HZ = 8000
RECOGNISED = 0.6
Samples = npt.NDArray[np.float64]


def samples(file: Path) -> Samples:
    """Samples of a sound file as (n, channels), -1..1, at 8 kHz.

    Raises:
        AssertionError: the file has another rate.
    """
    data, rate = soundfile.read(file, dtype="float64", always_2d=True)
    assert rate == RATE_HZ, rate
    return np.asarray(data, dtype=np.float64)


def likeness(heard: Samples, spoken: Samples) -> float:
    """How surely ``spoken`` is contained in ``heard``, wherever: 0 (not) to 1 (to the sample).

    The median, over the second-long pieces of ``spoken`` that are not silent, of the greatest
    normalised cross-correlation at any position: a packet lost or late on a busy machine shifts
    what follows, but only spoils the piece that it falls into. Both are mono at 8 kHz.
    """
    pieces = [spoken[at : at + RATE_HZ] for at in range(0, len(spoken) - RATE_HZ + 1, RATE_HZ // 2)]
    loud = [piece for piece in pieces if np.sqrt(np.mean(piece**2)) > 0.01]
    assert loud, "nothing is said in what should be heard"
    return float(np.median([_best_match(heard, piece)[0] for piece in loud]))


def _best_match(heard: Samples, piece: Samples) -> tuple[float, int]:
    if len(heard) < len(piece):
        heard = np.pad(heard, (0, len(piece) - len(heard)))
    size = 1 << (len(heard) + len(piece)).bit_length()
    spectrum = np.fft.rfft(heard, size) * np.conj(np.fft.rfft(piece, size))
    correlation = np.fft.irfft(spectrum, size)[: len(heard) - len(piece) + 1]
    energy = np.concatenate([[0.0], np.cumsum(heard**2)])
    windows = energy[len(piece) :] - energy[: len(energy) - len(piece)]
    scale = np.sqrt(np.maximum(windows[: len(correlation)], 1e-3) * np.sum(piece**2))
    match = np.abs(correlation) / scale
    at = int(np.argmax(match))
    return float(match[at]), at


def placed(heard: Samples, spoken: Samples) -> float | None:
    """Second of ``heard`` at which ``spoken`` begins; None when it is not contained there."""
    if likeness(heard, spoken) <= RECOGNISED:
        return None
    loud = np.flatnonzero(np.abs(spoken) > 0.05)
    begin = int(loud[0])
    piece = spoken[begin : begin + RATE_HZ]
    _, at = _best_match(heard, piece)
    return (at - begin) / RATE_HZ


def silences(heard: Samples, threshold_dbfs: float = -50.0) -> list[tuple[float, float]]:
    """Stretches of silence of more than half a second, as (begin, end) in seconds."""
    window = RATE_HZ // 50
    whole = heard[: len(heard) - len(heard) % window].reshape(-1, window)
    loud = np.flatnonzero((whole**2).mean(axis=1) > 10 ** (threshold_dbfs / 10))
    edges = np.concatenate([[-1], loud, [len(whole)]])
    gaps = [(a + 1, b) for a, b in pairwise(edges) if b - a > 26]
    return [(float(a) / 50, float(b) / 50) for a, b in gaps]
