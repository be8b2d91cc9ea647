"""Raw files with known sounds, and measuring sounds in what came out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile

from telephony.recordings import RawPair
from telephony.recordings.stereo import SAMPLE_RATE, Samples


def tone(hertz: float, seconds: float, level: float = 8000) -> Samples:
    moments = np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    return (level * np.sin(2 * np.pi * hertz * moments)).astype(np.int16)


def silence(seconds: float) -> Samples:
    return np.zeros(int(seconds * SAMPLE_RATE), dtype=np.int16)


def strength(samples: Samples, hertz: float) -> float:
    """Amplitude of one frequency, in sample values."""
    if not len(samples):
        return 0.0
    moments = np.arange(len(samples)) / SAMPLE_RATE
    turned = samples.astype(float) @ np.exp(-2j * np.pi * hertz * moments)
    return float(2 * abs(turned) / len(samples))


def write_raw(pair: RawPair, rx: Samples | None, tx: Samples | None, tail: bytes = b"") -> None:
    pair.spool.mkdir(parents=True, exist_ok=True)
    if rx is not None:
        pair.rx.write_bytes(rx.astype("<i2").tobytes() + tail)
    if tx is not None:
        pair.tx.write_bytes(tx.astype("<i2").tobytes())


def read_stereo(path: Path) -> tuple[Samples, Samples]:
    samples, rate = soundfile.read(path, dtype="int16")
    assert rate == SAMPLE_RATE
    assert samples.shape[1] == 2
    return samples[:, 0], samples[:, 1]
