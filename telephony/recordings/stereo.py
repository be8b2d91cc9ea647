"""Two mono raw files become one stereo FLAC, block by block."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np
import soundfile

SAMPLE_RATE = 8000
BYTES_PER_SAMPLE = 2
_BLOCK = 65536  # samples a channel: 8 s

Samples = np.ndarray[tuple[int, ...], np.dtype[np.int16]]


class StereoError(Exception):
    """The stereo file could not be written, or does not hold what was put into it."""


@dataclass(frozen=True, slots=True)
class StereoFile:
    """What was written.

    Attributes:
        frames: samples a channel; the longer side's.
        rx_frames: samples of the caller's side before padding.
        tx_frames: samples of the other side before padding.
        sha256: of the file, lower-case hex.
        size: of the file, bytes.
    """

    frames: int
    rx_frames: int
    tx_frames: int
    sha256: str
    size: int

    @property
    def duration_ms(self) -> int:
        """Playing time."""
        return self.frames * 1000 // SAMPLE_RATE


def write_stereo(rx: Path, tx: Path, target: Path, title: str) -> StereoFile:
    """Write ``target`` as FLAC, 8 kHz, 16-bit, stereo: ``rx`` left, ``tx`` right.

    Both sides begin at the first sample; the shorter is padded with silence at its end, a missing
    one is silent throughout, and half a sample at a truncated end is left out. The file is synced
    to disk, read back and compared before this returns, since the raw files go afterwards.

    Args:
        rx: raw file of the left channel; may be missing.
        tx: raw file of the right channel; may be missing.
        target: overwritten.
        title: kept as the file's title, so that the file names its call by itself (and two calls
            of equal silence do not become one file).

    Raises:
        StereoError: the encoder failed or the result differs from the input.
        OSError: reading or syncing failed.
    """
    written = hashlib.sha256()
    frames = 0
    with ExitStack() as stack:
        left, right = (_open_raw(stack, path) for path in (rx, tx))
        rx_frames, tx_frames = _frames(left), _frames(right)
        # libsndfile buffers and reports a full disk poorly; reading back is what decides.
        target.unlink(missing_ok=True)
        try:
            with soundfile.SoundFile(
                target, "w", samplerate=SAMPLE_RATE, channels=2, format="FLAC", subtype="PCM_16"
            ) as sound:
                sound.title = title
                for block in _blocks(left, right, max(rx_frames, tx_frames)):
                    sound.write(block)
                    written.update(block.data)
                    frames += len(block)
        except (soundfile.SoundFileError, AssertionError) as error:
            raise StereoError(f"writing {target.name} failed: {error}") from error
    _sync(target)
    if pcm_sha256(target) != written.hexdigest():
        raise StereoError(f"{target.name} does not read back as it was written; is the disk full?")
    digest, size = file_sha256(target)
    return StereoFile(frames, rx_frames, tx_frames, digest, size)


def pcm_sha256(path: Path) -> str:
    """SHA-256 over all decoded samples of a stereo recording.

    Raises:
        StereoError: the file cannot be decoded, or is not 8 kHz stereo.
    """
    digest = hashlib.sha256()
    for block in decoded_blocks(path):
        digest.update(block.data)
    return digest.hexdigest()


def decoded_blocks(path: Path) -> Iterator[Samples]:
    """The samples of a sealed recording, shape (n, 2), a few seconds at a time.

    Raises:
        StereoError: the file cannot be decoded, or is not 8 kHz stereo.
    """
    try:
        with soundfile.SoundFile(path) as sound:
            if (sound.samplerate, sound.channels) != (SAMPLE_RATE, 2):
                raise StereoError(f"{path.name} is not {SAMPLE_RATE} Hz stereo")
            while len(block := sound.read(_BLOCK, dtype="int16", always_2d=True)):
                yield np.ascontiguousarray(block)
    except soundfile.SoundFileError as error:
        raise StereoError(f"{path.name} cannot be decoded: {error}") from error


def file_sha256(path: Path) -> tuple[str, int]:
    """The file's SHA-256 (lower-case hex) and its size in bytes.

    Raises:
        OSError: the file cannot be read.
    """
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        return digest, file.tell()


def _open_raw(stack: ExitStack, path: Path) -> IO[bytes] | None:
    try:
        return stack.enter_context(path.open("rb"))
    except FileNotFoundError:
        return None


def _frames(file: IO[bytes] | None) -> int:
    return 0 if file is None else os.fstat(file.fileno()).st_size // BYTES_PER_SAMPLE


def _blocks(left: IO[bytes] | None, right: IO[bytes] | None, frames: int) -> Iterator[Samples]:
    for start in range(0, frames, _BLOCK):
        length = min(_BLOCK, frames - start)
        yield np.stack((_read(left, length), _read(right, length)), axis=1)


def _read(file: IO[bytes] | None, length: int) -> Samples:
    data = b"" if file is None else file.read(length * BYTES_PER_SAMPLE)
    whole = len(data) - len(data) % BYTES_PER_SAMPLE
    samples = np.frombuffer(data[:whole], dtype="<i2").astype(np.int16)
    return np.pad(samples, (0, length - len(samples)))


def _sync(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())
