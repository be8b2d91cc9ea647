"""Measuring who is heard where in a recording."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile

RATE_HZ = 8000
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
    return float(np.median([_best_match(heard, piece) for piece in loud]))


def _best_match(heard: Samples, piece: Samples) -> float:
    if len(heard) < len(piece):
        heard = np.pad(heard, (0, len(piece) - len(heard)))
    size = 1 << (len(heard) + len(piece)).bit_length()
    spectrum = np.fft.rfft(heard, size) * np.conj(np.fft.rfft(piece, size))
    correlation = np.fft.irfft(spectrum, size)[: len(heard) - len(piece) + 1]
    energy = np.concatenate([[0.0], np.cumsum(heard**2)])
    windows = energy[len(piece) :] - energy[: len(energy) - len(piece)]
    scale = np.sqrt(np.maximum(windows[: len(correlation)], 1e-3) * np.sum(piece**2))
    return float(np.max(np.abs(correlation) / scale))
