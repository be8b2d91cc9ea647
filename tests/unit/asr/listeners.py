"""Stand-ins for what listens to an audio stream, and waiting with a deadline."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


class Recorded:
    """A listener that keeps what it was told."""

    def __init__(self, *, fails: bool = False) -> None:
        self.pcm = b""
        self.opened = 0
        self.reasons: list[str] = []
        self._fails = fails

    def connected(self) -> None:
        self.opened += 1

    def audio(self, pcm: bytes) -> None:
        if self._fails:
            raise ZeroDivisionError("a fault of the listener")
        self.pcm += pcm

    def closed(self, reason: str) -> None:
        self.reasons.append(reason)


async def until(condition: Callable[[], object], deadline_s: float = 10.0) -> None:
    """Wait for a condition; fails after the deadline."""
    async with asyncio.timeout(deadline_s):
        while not condition():
            await asyncio.sleep(0.005)
