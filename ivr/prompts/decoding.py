"""Reading recordings that people bring: every kind of file by one way, in a process of its own.

FFmpeg's libraries (PyAV) read WAV, MP3, OGG, FLAC and M4A alike. A file made to harm can at most
end that process, which has limits of time and memory.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np

from ivr.prompts.interfaces import Sound
from ivr.prompts.levels import LONGEST_S
from ivr.prompts.wavefile import UnreadableSoundError

KINDS = "WAV, MP3, OGG, FLAC or M4A"
MAX_BYTES = 50 << 20
_DECODER = Path(__file__).with_name("decoder.py")
_DEADLINE_S = 60.0
_LONGEST_READ_S = LONGEST_S + 10
# A header may be off by a frame or two; more is missing.
_MISSING_S = 0.5


class UnfitRecordingError(Exception):
    """A recording that callers should not hear; the message says what is wrong with it."""


def decode(file: Path) -> Sound:
    """The sound of a file of any usual kind, mixed to mono. Blocking, for a second or so.

    Raises:
        UnreadableSoundError: it is no such file.
        UnfitRecordingError: it is too large, too long, or cut off.
    """
    try:
        size = file.stat().st_size
    except OSError as error:
        raise UnreadableSoundError(f"{file} cannot be read: {error.strerror}") from error
    if size > MAX_BYTES:
        raise UnfitRecordingError(f"is too large ({size >> 20} MB, at most {MAX_BYTES >> 20})")
    head, samples = _run(file)
    if "error" in head:
        raise UnreadableSoundError(
            f"{file.name} cannot be read as {KINDS}: {head['error']}; convert it first"
        )
    promised_s = head["promised_s"]
    if head["too_long"]:
        length = f"{promised_s:.0f} s" if promised_s else f"more than {_LONGEST_READ_S:.0f} s"
        raise UnfitRecordingError(f"is too long ({length}, at most {LONGEST_S:.0f} s)")
    sound = Sound(np.frombuffer(samples, "<f4").astype(np.float32), int(head["rate"]))
    if not len(sound.samples):
        raise UnreadableSoundError(f"{file.name} has no samples")
    if promised_s and promised_s - sound.duration_s > max(_MISSING_S, promised_s / 10):
        raise UnfitRecordingError(
            f"is cut off ({sound.duration_s:.1f} of {promised_s:.1f} s are there); fetch it again"
        )
    return sound


def _run(file: Path) -> tuple[dict[str, float], bytes]:
    # -I: nothing but what is installed; the folder of the module must not hide other modules
    command = [sys.executable, "-I", str(_DECODER), str(file.resolve()), str(_LONGEST_READ_S)]
    try:
        done = subprocess.run(  # noqa: S603 - our own program
            command, capture_output=True, timeout=_DEADLINE_S, check=False
        )
        line, _, samples = done.stdout.partition(b"\n")
        head: dict[str, float] = json.loads(line)
    except (OSError, subprocess.TimeoutExpired, ValueError) as error:
        raise UnreadableSoundError(
            f"{file.name} cannot be read as {KINDS}: the decoder gave up; convert it first"
        ) from error
    return head, samples
