"""Sound files for telephones, and what a telephone has heard, measured."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
import soxr

from telephony.testphone.control import PhoneError

SAMPLE_RATE = 8000
_WINDOW = SAMPLE_RATE // 50  # 20 ms
_PAUSE_MS = 400  # shorter gaps are within speech


@dataclass(frozen=True, slots=True)
class HeardSound:
    """A stretch of sound between pauses.

    Attributes:
        start_ms: from the beginning of the file.
        end_ms: from the beginning of the file.
        level_dbfs: effective level; 0 is a full-scale square wave.
    """

    start_ms: int
    end_ms: int
    level_dbfs: float


def telephone_wav(source: Path, folder: Path) -> Path:
    """The sound as a WAV file that Asterisk plays: 8 kHz, mono, 16-bit (blocking).

    Args:
        source: any format that libsndfile reads, any rate, any number of channels (mixed).
        folder: where to put it; one file for equal content.

    Raises:
        PhoneError: the file is missing or is no sound file.
    """
    try:
        digest = hashlib.sha256(source.read_bytes()).hexdigest()[:16]
        target = folder / f"{digest}.wav"
        if target.exists():
            return target
        samples, rate = soundfile.read(source, dtype="float32", always_2d=True)
    except OSError as error:
        raise PhoneError(f"{source} cannot be read: {error.strerror}") from error
    except soundfile.SoundFileError as error:
        raise PhoneError(f"{source} is not a sound file that can be read: {error}") from error
    mono = samples.mean(axis=1)
    if rate != SAMPLE_RATE:
        mono = soxr.resample(mono, rate, SAMPLE_RATE)
    # two calls may convert the same file at once: nobody may play half a file
    with soundfile.SoundFile(
        unfinished := folder / f"{digest}.{id(mono):x}.new",
        "w",
        samplerate=SAMPLE_RATE,
        channels=1,
        format="WAV",
        subtype="PCM_16",
    ) as sound:
        sound.write(np.clip(mono, -1.0, 1.0))
    unfinished.replace(target)
    return target


def heard_sounds(wav: Path, threshold_dbfs: float = -45.0) -> list[HeardSound]:
    """The stretches of sound in what a telephone heard (blocking).

    Raises:
        PhoneError: the file is missing or unreadable.
    """
    try:
        samples, rate = soundfile.read(wav, dtype="float32")
    except (OSError, soundfile.SoundFileError) as error:
        raise PhoneError(f"{wav} cannot be read: {error}") from error
    if rate != SAMPLE_RATE or samples.ndim != 1:
        raise PhoneError(f"{wav} is not {SAMPLE_RATE} Hz mono")
    windows = samples[: len(samples) - len(samples) % _WINDOW].reshape(-1, _WINDOW)
    power = (windows**2).mean(axis=1)
    loud = np.flatnonzero(power > 10 ** (threshold_dbfs / 10))
    if not len(loud):
        return []
    gaps = np.flatnonzero(np.diff(loud) * 20 > _PAUSE_MS)
    sounds = []
    for stretch in np.split(loud, gaps + 1):
        first, last = int(stretch[0]), int(stretch[-1]) + 1
        level = 10 * float(np.log10(power[first:last].mean()))
        sounds.append(HeardSound(first * 20, last * 20, round(level, 1)))
    return sounds
