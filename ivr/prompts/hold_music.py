"""Music on hold, composed by arithmetic so that nobody's rights are touched.

Eight bars of slow broken chords in C major, about 27 s. Every partial lies in the telephone band,
and the last notes ring on into the beginning, so that the loop has no seam.
"""

from __future__ import annotations

import numpy as np

from ivr.prompts.interfaces import Sound
from ivr.prompts.levels import TELEPHONE_RATE
from ivr.prompts.shaping import MUSIC_DBFS, normalise

_BEATS_PER_MINUTE = 72
_BEATS_PER_BAR = 4
# MIDI notes: C  Am  F  G  Em  Am  Dm  G
_CHORDS = (
    (60, 64, 67, 72),
    (57, 64, 69, 72),
    (60, 65, 69, 72),
    (59, 62, 67, 74),
    (59, 64, 67, 71),
    (60, 64, 69, 76),
    (62, 65, 69, 74),
    (59, 62, 67, 71),
)
# Which note of the chord on each half beat of a bar; None is a rest.
_FIGURE = (0, 1, 2, 3, 2, 1, 2, None)
_RING_S = 2.4
_DETUNE = 1.0015


def compose() -> Sound:
    """The loop, 8 kHz."""
    beat = 60 / _BEATS_PER_MINUTE
    length = round(len(_CHORDS) * _BEATS_PER_BAR * beat * TELEPHONE_RATE)
    loop = np.zeros(length)
    for bar, chord in enumerate(_CHORDS):
        begin = bar * _BEATS_PER_BAR * beat
        for note in chord[1:]:
            _add(loop, begin, _pad(note, _BEATS_PER_BAR * beat), 0.16)
        for step, index in enumerate(_FIGURE):
            if index is not None:
                _add(loop, begin + step * beat / 2, _pluck(chord[index] + 12), 0.5)
    return normalise(Sound(loop.astype(np.float32), TELEPHONE_RATE), MUSIC_DBFS)


def _hertz(note: int) -> float:
    return float(440 * 2 ** ((note - 69) / 12))


def _add(
    loop: np.ndarray[tuple[int], np.dtype[np.float64]],
    at_s: float,
    tone: np.ndarray[tuple[int], np.dtype[np.float64]],
    gain: float,
) -> None:
    first = round(at_s * TELEPHONE_RATE)
    np.add.at(loop, np.arange(first, first + len(tone)) % len(loop), gain * tone)


def _pluck(note: int) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    time = np.arange(round(_RING_S * TELEPHONE_RATE)) / TELEPHONE_RATE
    tone = np.zeros_like(time)
    for partial, weight in ((1, 1.0), (2, 0.35), (3, 0.12)):
        hertz = _hertz(note) * partial
        if hertz < 3400:
            tone += weight * np.exp(-(1.2 + partial) * time) * np.sin(2 * np.pi * hertz * time)
    ending = np.clip((_RING_S - time) / 0.2, 0, 1)
    return np.asarray(tone * np.minimum(1, time / 0.008) * ending)


def _pad(note: int, length_s: float) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """A soft chord tone that swells and fades across the bar and a little into the next."""
    time = np.arange(round((length_s + 0.6) * TELEPHONE_RATE)) / TELEPHONE_RATE
    hertz = _hertz(note)
    tone = np.sin(2 * np.pi * hertz * time) + np.sin(2 * np.pi * hertz * _DETUNE * time)
    swell = np.clip(time / 0.9, 0, 1) * np.clip((time[-1] - time) / 0.9, 0, 1)
    return np.asarray(0.5 * tone * np.sin(0.5 * np.pi * swell) ** 2)
