"""One side of a sealed recording through an engine."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from asr.audiosocket import SAMPLE_BYTES, SAMPLE_RATE_HZ
from asr.recogniser import Hypothesis, Recogniser, RecogniserGoneError
from asr.second.attribution import Talk
from telephony.recordings.stereo import decoded_blocks

CALLER_SIDE: Final = 0
"""Left channel of a recording: the caller (of a call to a citizen: the citizen)."""
OTHER_SIDE: Final = 1
"""Right channel: all others, and what the hotline played."""
ATTEMPTS: Final = 3

_SAMPLES_PER_MS: Final = SAMPLE_RATE_HZ // 1000
_PIECE_BYTES: Final = 2 * SAMPLE_RATE_HZ * SAMPLE_BYTES
"""Two seconds. Between two pieces live calls may take the machine."""


async def hear_side(
    recogniser: Recogniser,
    recording: Path,
    side: int,
    may_go_on: Callable[[], Awaitable[None]],
    *,
    talks: Sequence[Talk] | None = None,
    hot_words: Sequence[str] = (),
) -> list[Hypothesis]:
    """What is said on one side, with times from the recording's beginning.

    Memory does not grow with the recording. An engine that is gone is opened again and hears the
    side from its beginning.

    Args:
        recogniser: the engine.
        recording: 8 kHz stereo, as it is sealed.
        side: ``CALLER_SIDE`` or ``OTHER_SIDE``.
        may_go_on: awaited before each piece; returns when the machine is free.
        talks: all else is silence to the engine; None: everything is heard.
        hot_words: passed to the engine.

    Raises:
        StereoError: the recording cannot be decoded, or is not 8 kHz stereo.
        OSError: it cannot be read.
        RecogniserError: the engine fails, again and again.
    """
    for attempt in range(1, ATTEMPTS + 1):
        pieces = _pieces(recording, side, talks)
        try:
            return await _heard(recogniser, pieces, may_go_on, hot_words)
        except RecogniserGoneError:
            if attempt == ATTEMPTS:
                raise
    raise AssertionError


async def _heard(
    recogniser: Recogniser,
    pieces: Iterator[bytes],
    may_go_on: Callable[[], Awaitable[None]],
    hot_words: Sequence[str],
) -> list[Hypothesis]:
    await may_go_on()
    stream = await asyncio.to_thread(recogniser.open_stream, SAMPLE_RATE_HZ, hot_words)
    stream.want_partials = False
    heard: list[Hypothesis] = []
    while piece := await asyncio.to_thread(next, pieces, b""):
        await may_go_on()
        heard += await asyncio.to_thread(stream.feed, piece)
    heard += await asyncio.to_thread(stream.finish)
    return [one for one in heard if one.final]


def _pieces(recording: Path, side: int, talks: Sequence[Talk] | None) -> Iterator[bytes]:
    begins, rest = 0, b""
    for block in decoded_blocks(recording):
        samples = block[:, side].astype("<i2")
        if talks is not None:
            samples[~_talked(begins, len(samples), talks)] = 0
        begins += len(samples)
        data = rest + samples.tobytes()
        whole = len(data) - len(data) % _PIECE_BYTES
        for at in range(0, whole, _PIECE_BYTES):
            yield data[at : at + _PIECE_BYTES]
        rest = data[whole:]
    if rest:
        yield rest


def _talked(begins: int, length: int, talks: Sequence[Talk]) -> NDArray[np.bool_]:
    """Which of ``length`` samples from number ``begins`` on lie in a talk."""
    wanted = np.zeros(length, dtype=np.bool_)
    for talk in talks:
        # a prompt may go on right up to the answer
        since = max(0, talk.since_ms * _SAMPLES_PER_MS - begins)
        until = max(0, talk.until_ms * _SAMPLES_PER_MS - begins)
        wanted[since:until] = True
    return wanted
