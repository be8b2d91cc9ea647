"""Making and recognising test tones."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile


def write_tone(
    path: Path, hertz: float, seconds: float, rate: int = 8000, channels: int = 1
) -> Path:
    moments = np.arange(int(rate * seconds)) / rate
    mono = 0.3 * np.sin(2 * np.pi * hertz * moments)
    soundfile.write(path, np.stack([mono] * channels, axis=1), rate, subtype="PCM_16")
    return path


def loudest_hertz(wav: Path, start_ms: int, end_ms: int) -> float:
    samples, rate = soundfile.read(wav)
    part = samples[start_ms * rate // 1000 : end_ms * rate // 1000]
    return float(np.abs(np.fft.rfft(part)).argmax() * rate / len(part))
