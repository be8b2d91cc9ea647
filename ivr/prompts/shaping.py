"""From any recording to what a telephone carries: trimmed, band-limited, evenly loud."""

from __future__ import annotations

from typing import cast

import numpy as np
import soxr

from ivr.prompts.interfaces import Samples, Sound
from ivr.prompts.levels import TELEPHONE_RATE, frame_levels, measure

# Bump when the same voice and text would give other samples: cached prompts are then made anew.
RECIPE = 1

SPEECH_DBFS = -23.0
MUSIC_DBFS = -30.0
_PEAK_LIMIT = 10 ** (-3 / 20)
_SILENCE_BELOW_LOUDEST_DB = 45.0
_FRAME_S = 0.02
_LEAD_S = 0.06
_TAIL_S = 0.16
_FADE_S = 0.005
# ITU-T G.712: what a telephone channel passes, with soft edges
_BAND_HZ = ((120.0, 250.0), (3400.0, 3800.0))


def to_telephone(sound: Sound, dbfs: float = SPEECH_DBFS) -> Sound:
    """Speech as a prompt: 8 kHz, telephone band, no silence around it, active level ``dbfs``."""
    samples = resample(sound, TELEPHONE_RATE).samples
    samples = normalise(Sound(band_limit(samples), TELEPHONE_RATE), dbfs).samples
    return Sound(_fade(_trim(samples)), TELEPHONE_RATE)


def resample(sound: Sound, rate: int) -> Sound:
    """The same sound at another rate."""
    if sound.rate == rate:
        return sound
    samples = soxr.resample(sound.samples, sound.rate, rate, quality="VHQ")
    return Sound(cast("Samples", samples).astype(np.float32), rate)


def band_limit(samples: Samples) -> Samples:
    """Remove what a telephone does not carry (hum and hiss), at 8 kHz."""
    (low0, low1), (high0, high1) = _BAND_HZ
    if not len(samples):
        return samples
    margin = TELEPHONE_RATE // 10
    spectrum = np.fft.rfft(np.pad(samples, margin))
    hertz = np.fft.rfftfreq(len(samples) + 2 * margin, 1 / TELEPHONE_RATE)
    rise = np.clip((hertz - low0) / (low1 - low0), 0, 1)
    fall = np.clip((high1 - hertz) / (high1 - high0), 0, 1)
    gain = (0.5 - 0.5 * np.cos(np.pi * rise)) * (0.5 - 0.5 * np.cos(np.pi * fall))
    filtered = np.fft.irfft(spectrum * gain, len(samples) + 2 * margin)
    return cast("Samples", filtered[margin : margin + len(samples)].astype(np.float32))


def normalise(sound: Sound, dbfs: float) -> Sound:
    """Bring the active level to ``dbfs``, less if a peak would pass -3 dBFS."""
    level = measure(sound)
    peak = float(np.abs(sound.samples).max(initial=0.0))
    if peak == 0.0:
        return sound
    gain = min(10 ** ((dbfs - level.active_dbfs) / 20), _PEAK_LIMIT / peak)
    return Sound((sound.samples * np.float32(gain)).astype(np.float32), sound.rate)


def _trim(samples: Samples) -> Samples:
    frames = frame_levels(samples, TELEPHONE_RATE)
    if not len(frames):
        return samples
    loud = np.flatnonzero(frames > frames.max() - _SILENCE_BELOW_LOUDEST_DB)
    size = round(TELEPHONE_RATE * _FRAME_S)
    first = max(0, int(loud[0]) * size - round(_LEAD_S * TELEPHONE_RATE))
    last = min(len(samples), (int(loud[-1]) + 1) * size + round(_TAIL_S * TELEPHONE_RATE))
    return samples[first:last]


def _fade(samples: Samples) -> Samples:
    size = min(len(samples) // 2, round(_FADE_S * TELEPHONE_RATE))
    ramp = np.linspace(0, 1, size, dtype=np.float32)
    faded = samples.copy()
    faded[:size] *= ramp
    faded[len(faded) - size :] *= ramp[::-1]
    return faded
