"""Prompt files: read whatever an operator drops in, write what Asterisk plays."""

from __future__ import annotations

import os
import tempfile
import wave
from pathlib import Path
from typing import cast

import numpy as np
import soundfile

from ivr.prompts.interfaces import Samples, Sound

RECORDING_SUFFIXES = (".wav", ".flac", ".ogg", ".opus", ".mp3", ".aiff")
UNFINISHED = ".new"


class UnreadableSoundError(Exception):
    """A file that is no audio, or none that can be decoded here."""


def read_sound(path: Path) -> Sound:
    """Decode a file (WAV, FLAC, Ogg, Opus, MP3, AIFF); several channels are mixed to one.

    Raises:
        UnreadableSoundError: when it is missing, empty, or not such a file.
    """
    try:
        samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    except (soundfile.SoundFileError, OSError, RuntimeError) as error:
        raise UnreadableSoundError(f"{path} cannot be read as audio: {error}") from error
    mono = cast("Samples", samples).mean(axis=1, dtype=np.float32)
    if not len(mono):
        raise UnreadableSoundError(f"{path} has no samples")
    return Sound(mono, int(rate))


def write_wav(path: Path, sound: Sound) -> None:
    """Write 16-bit mono PCM; a reader sees the old file or the new one, never half of it."""
    pcm = np.clip(np.round(sound.samples * 32768), -32768, 32767).astype("<i2")
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=UNFINISHED)
    try:
        with os.fdopen(handle, "wb") as file:
            with wave.open(file, "wb") as writer:
                writer.setnchannels(1)
                writer.setsampwidth(2)
                writer.setframerate(sound.rate)
                writer.writeframes(pcm.tobytes())
            file.flush()
            os.fsync(file.fileno())
        # mkstemp's 0600 would hide the prompt from an Asterisk that runs as another user
        os.chmod(temporary, 0o644)  # noqa: PTH101 - a name from mkstemp; prompts are public
        os.replace(temporary, path)  # noqa: PTH105 - same
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def wav_duration_s(path: Path) -> float:
    """Length by the file's header, without decoding it; 0.0 when it is no WAV file."""
    try:
        with wave.open(str(path), "rb") as reader:
            return reader.getnframes() / reader.getframerate()
    except (OSError, EOFError, wave.Error, ZeroDivisionError):
        return 0.0
