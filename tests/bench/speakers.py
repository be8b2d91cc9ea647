"""Callers for the recogniser: AudioSocket connections that speak in real time, or faster.

``python -m tests.bench.speakers PORT PACE FILE=UUID…``: each UUID's connection sends the raw
samples of its FILE in frames of 20 ms, ``PACE`` times as fast as speech. Prints the time
(monotonic) at which it began.
"""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path
from uuid import UUID

from asr.audiosocket import FRAME_BYTES, Frame, FrameType

FRAME_S = 0.02


async def _speak(port: int, pace: float, pcm: bytes, stream: UUID, began: float) -> None:
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(Frame(FrameType.UUID, stream.bytes).encode())
    for number, position in enumerate(range(0, len(pcm), FRAME_BYTES)):
        # a frame is complete when its last sample has been spoken
        due = began + (number + 1) * FRAME_S / pace
        await asyncio.sleep(max(0.0, due - time.monotonic()))
        writer.write(Frame(FrameType.AUDIO, pcm[position : position + FRAME_BYTES]).encode())
    writer.write(Frame(FrameType.HANGUP, b"").encode())
    await writer.drain()
    writer.close()


async def _main() -> None:
    port, pace, *speakers = sys.argv[1:]
    voices = [
        (await asyncio.to_thread(Path(file).read_bytes), UUID(name))
        for file, _, name in (speaker.rpartition("=") for speaker in speakers)
    ]
    began = time.monotonic() + 0.3
    print(began, flush=True)
    await asyncio.gather(
        *(_speak(int(port), float(pace), pcm, stream, began) for pcm, stream in voices)
    )


if __name__ == "__main__":
    asyncio.run(_main())
