"""What is heard on telephone lines besides speech, 16-bit samples at 8 kHz."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
import soundfile

RATE_HZ: Final = 8000
ROWS: Final = (697, 770, 852, 941)
COLUMNS: Final = (1209, 1336, 1477)


def tone(frequencies: Sequence[float], seconds: float, on: tuple[float, float] = (1, 0)) -> bytes:
    """Sines together, switched ``on`` (seconds on, seconds off)."""
    time = np.arange(int(seconds * RATE_HZ)) / RATE_HZ
    wave = sum(np.sin(2 * np.pi * one * time) for one in frequencies) / len(frequencies)
    switched = wave * ((time % sum(on)) < on[0])
    return bytes((switched * 6000).astype("<i2").tobytes())


def keys(pressed: str) -> bytes:
    """DTMF (ITU-T Q.23) of 120 ms, with pauses of 100 ms."""
    layout = "123456789*0#"
    out = b""
    for key in pressed:
        row, column = divmod(layout.index(key), 3)
        out += tone((ROWS[row], COLUMNS[column]), 0.12) + bytes(1600)
    return out


RINGING: Final = tone((450,), 20, (1, 4))
BUSY: Final = tone((450,), 10, (0.35, 0.35))
KEYS: Final = keys("12345#67890*" * 3)
MUSIC: Final = bytes(
    soundfile.read(
        Path(__file__).parents[2] / "fixtures" / "music" / "morning_coffee.flac", dtype="int16"
    )[0].tobytes()
)
