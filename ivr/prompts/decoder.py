"""Decodes one sound file and writes its samples to standard output: a process of its own.

Run by :mod:`ivr.prompts.decoding`, alone and with little to lose: the file may be anything. What
comes out is one line of JSON (``{"rate": Hz, "promised_s": s or null, "too_long": bool}`` or
``{"error": text}``) and, behind it, mono samples as little-endian 32-bit floats.
"""

from __future__ import annotations

import json
import resource
import sys
from collections.abc import Iterator
from typing import Any, BinaryIO

import av
import numpy as np

# What FFmpeg calls the kinds of file that studios deliver; playlists and other files that make it
# open further files or addresses are not among them.
_FORMATS = "wav,w64,aiff,flac,ogg,mp3,aac,mov"
_CODECS = (
    "aac,aac_fixed,alac,mp3,mp3float,flac,vorbis,opus,pcm_s16le,pcm_s16be,pcm_s24le,pcm_s24be,"
    "pcm_s32le,pcm_s32be,pcm_f32le,pcm_f32be,pcm_f64le,pcm_u8,pcm_alaw,pcm_mulaw"
)
_FASTEST_RATE = 192_000
_MOST_CHANNELS = 8
_MEMORY_BYTES = 3 << 30
_CPU_S = 30
Mono = np.ndarray[tuple[int], np.dtype[np.float32]]


def main(path: str, longest_s: float, out: BinaryIO) -> None:
    """Decode ``path``, at most ``longest_s`` seconds of it."""
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (_CPU_S, _CPU_S))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        head, samples = _decode(path, longest_s)
    except (av.FFmpegError, ValueError, OSError, MemoryError, EOFError) as error:
        head, samples = {"error": str(error)[:300] or type(error).__name__}, None
    out.write(json.dumps(head).encode() + b"\n")
    if samples is not None:
        out.write(samples.astype("<f4").tobytes())
    out.flush()


def _decode(path: str, longest_s: float) -> tuple[dict[str, Any], Mono]:
    options = {"format_whitelist": _FORMATS, "codec_whitelist": _CODECS}
    with open(path, "rb") as file, av.open(file, "r", options=options) as container:  # noqa: PTH123
        if not container.streams.audio:
            raise ValueError("there is no sound in it")
        stream = container.streams.audio[0]
        rate, promised_s = stream.rate, _promised_s(container.duration)
        if not 4000 <= rate <= _FASTEST_RATE or not 1 <= stream.channels <= _MOST_CHANNELS:
            raise ValueError(f"it has {stream.channels} channels of {rate} Hz")
        if promised_s is not None and promised_s > longest_s:
            head: dict[str, Any] = {"rate": rate, "promised_s": promised_s, "too_long": True}
            return head, np.zeros(0, np.float32)
        parts: list[Mono] = []
        length = 0
        for part in _parts(container, stream):
            parts.append(part)
            length += len(part)
            if length > longest_s * rate:
                break
    samples = np.concatenate(parts) if parts else np.zeros(0, np.float32)
    head = {"rate": rate, "promised_s": promised_s, "too_long": length > longest_s * rate}
    return head, samples


def _parts(container: Any, stream: Any) -> Iterator[Mono]:
    """One array a frame; a file that is cut off ends where it is cut."""
    as_floats = av.AudioResampler(format="fltp", layout=stream.layout, rate=stream.rate)
    try:
        for frame in container.decode(stream):
            for same in as_floats.resample(frame):
                yield same.to_ndarray().mean(axis=0, dtype=np.float32)
    except (av.InvalidDataError, av.EOFError):
        return


def _promised_s(duration: int | None) -> float | None:
    # FFmpeg's "unknown" is the smallest number there is
    return duration / av.time_base if duration is not None and duration > 0 else None


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]), sys.stdout.buffer)
