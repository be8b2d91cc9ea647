"""Which audio streams are expected, and who listens to each."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol
from uuid import UUID

import structlog

log = structlog.get_logger(__name__)

EXPIRY_S: Final = 30.0
"""An announced stream connects within milliseconds, or never."""


class StreamListener(Protocol):
    """Takes what one audio stream delivers. All calls come on the event loop; none may block."""

    def connected(self) -> None:
        """Asterisk opened the stream."""

    def audio(self, pcm: bytes) -> None:
        """Some 16-bit little-endian mono samples at 8 kHz, normally 320 bytes (20 ms)."""

    def closed(self, reason: str) -> None:
        """The stream is over; nothing follows. Called once, and only after ``connected``."""


@dataclass(frozen=True, slots=True)
class _Entry:
    listener: StreamListener
    expires_at: float


class ExpectedStreams:
    """The register of announced streams: each may connect once, within ``EXPIRY_S``."""

    def __init__(
        self, *, expiry_s: float = EXPIRY_S, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._entries: dict[UUID, _Entry] = {}
        self._expiry_s = expiry_s
        self._clock = clock

    def announce(self, stream_id: UUID, listener: StreamListener) -> None:
        """Expect ``stream_id`` from now on."""
        self._forget_expired()
        self._entries[stream_id] = _Entry(listener, self._clock() + self._expiry_s)

    def withdraw(self, stream_id: UUID) -> None:
        """Expect it no longer; nothing happens if it has connected already."""
        self._entries.pop(stream_id, None)

    def claim(self, stream_id: UUID) -> StreamListener | None:
        """The listener of an expected stream, which is thereby used up; None if unexpected."""
        self._forget_expired()
        entry = self._entries.pop(stream_id, None)
        return None if entry is None else entry.listener

    def __len__(self) -> int:
        return len(self._entries)

    def _forget_expired(self) -> None:
        now = self._clock()
        for stream_id in [key for key, entry in self._entries.items() if entry.expires_at <= now]:
            del self._entries[stream_id]
            log.warning("audiosocket.stream_never_came", stream_id=str(stream_id))
