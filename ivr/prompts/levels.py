"""How loud a prompt is, and what is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ivr.prompts.interfaces import Samples, Sound

_FRAME_S = 0.02
# A frame this far below the loudest one is a pause, not speech (ITU-T P.56 has 15.9 dB for its
# smoothed envelope; plain 20 ms frames swing more).
_ACTIVE_BELOW_LOUDEST_DB = 25.0
_FLOOR_DBFS = -120.0
_FULL_SCALE = 0.9999
_CLIP_RUN = 3

LOUDEST_DBFS = -16.0
QUIETEST_DBFS = -32.0
LONGEST_S = 90.0
TELEPHONE_RATE = 8000


@dataclass(frozen=True, slots=True)
class Level:
    """Measured loudness.

    Attributes:
        active_dbfs: RMS over the frames that carry speech, dB below full scale (-120 is silence).
        peak_dbfs: greatest sample.
        clipped_runs: places where at least three samples in a row are at full scale.
    """

    active_dbfs: float
    peak_dbfs: float
    clipped_runs: int


def frame_levels(samples: Samples, rate: int) -> Samples:
    """RMS of each 20 ms frame in dBFS; what is left at the end counts as a frame."""
    size = max(1, round(rate * _FRAME_S))
    if not len(samples):
        return np.zeros(0, np.float32)
    padded = np.pad(samples, (0, -len(samples) % size))
    power = np.mean(np.square(padded.reshape(-1, size), dtype=np.float64), axis=1)
    dbfs = 10 * np.log10(np.maximum(power, 10 ** (_FLOOR_DBFS / 10)))
    return np.asarray(dbfs, np.float32)


def measure(sound: Sound) -> Level:
    """The level of the speech itself: pauses do not make a prompt count as quieter."""
    frames = frame_levels(sound.samples, sound.rate)
    if not len(frames) or frames.max() <= _FLOOR_DBFS:
        return Level(_FLOOR_DBFS, _FLOOR_DBFS, 0)
    active = frames[frames >= frames.max() - _ACTIVE_BELOW_LOUDEST_DB].astype(np.float64)
    magnitude = np.abs(sound.samples)
    return Level(
        active_dbfs=float(10 * np.log10(np.mean(10 ** (active / 10)))),
        peak_dbfs=float(20 * np.log10(max(float(magnitude.max()), 10 ** (_FLOOR_DBFS / 20)))),
        clipped_runs=_runs(magnitude >= _FULL_SCALE),
    )


def _runs(full: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> int:
    edges = np.flatnonzero(np.diff(np.concatenate(([0], full.astype(np.int8), [0]))))
    return int(np.count_nonzero(edges[1::2] - edges[::2] >= _CLIP_RUN))


def faults(sound: Sound) -> list[str]:
    """What a caller would notice, one plain phrase each; empty for a good prompt."""
    level = measure(sound)
    found: list[str] = []
    if sound.rate != TELEPHONE_RATE:
        found.append(f"has {sound.rate} Hz instead of {TELEPHONE_RATE}")
    if level.active_dbfs <= _FLOOR_DBFS:
        found.append("is silent")
        return found
    if level.active_dbfs > LOUDEST_DBFS:
        found.append(f"is too loud ({level.active_dbfs:.1f} dBFS, at most {LOUDEST_DBFS:.0f})")
    if level.active_dbfs < QUIETEST_DBFS:
        found.append(f"is too quiet ({level.active_dbfs:.1f} dBFS, at least {QUIETEST_DBFS:.0f})")
    if level.clipped_runs:
        found.append(f"is clipped in {level.clipped_runs} places")
    if sound.duration_s > LONGEST_S:
        found.append(f"is too long ({sound.duration_s:.0f} s, at most {LONGEST_S:.0f})")
    return found
