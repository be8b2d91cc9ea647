"""Prompt files: read whatever an operator drops in, write what Asterisk plays."""

from __future__ import annotations

import io
import wave
from pathlib import Path
from typing import cast

import numpy as np
import soundfile

from config.versions import replace_file
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


def wav_bytes(sound: Sound) -> bytes:
    """The sound as a WAV file of 16-bit mono PCM."""
    pcm = np.clip(np.round(sound.samples * 32768), -32768, 32767).astype("<i2")
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(sound.rate)
        writer.writeframes(pcm.tobytes())
    return file.getvalue()


def write_wav(path: Path, sound: Sound) -> None:
    """Write 16-bit mono PCM; a reader sees the old file or the new one, never half of it."""
    replace_file(path, wav_bytes(sound))


def wav_duration_s(path: Path) -> float:
    """Length by the file's header, without decoding it; 0.0 when it is no WAV file."""
    try:
        with wave.open(str(path), "rb") as reader:
            return reader.getnframes() / reader.getframerate()
    except (OSError, EOFError, wave.Error, ZeroDivisionError):
        return 0.0
