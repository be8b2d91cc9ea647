"""What happened on a telephone's line, in order, and waiting for it to happen."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(frozen=True, slots=True)
class PhoneEvent:
    """Something that happened on the line.

    Attributes:
        at_s: seconds since the call began.
        kind: ``dialled``, ``rings`` (a call comes in), ``trying``, ``ringing``, ``early media``,
            ``answered``, ``hears``, ``hears nothing``, ``key``, ``speaks``, ``spoken``, ``holds``,
            ``takes back``, ``trouble`` (something asked for could not be done), ``ended``.
        detail: number, key, file, or cause.
    """

    at_s: float
    kind: str
    detail: str = ""


class Timeline:
    """A growing list of events.

    Attributes:
        began_at: when the call began (UTC).
        events: what happened so far.
    """

    def __init__(self) -> None:
        self.events: list[PhoneEvent] = []
        self.began_at = datetime.now(UTC)
        self._began = time.monotonic()
        self._grown = asyncio.Event()

    @property
    def elapsed_s(self) -> float:
        """Seconds since the call began."""
        return round(time.monotonic() - self._began, 3)

    def note(self, kind: str, detail: str = "") -> None:
        """Add an event and wake those who wait."""
        self.events.append(PhoneEvent(self.elapsed_s, kind, detail))
        self._grown.set()
        self._grown = asyncio.Event()

    def has(self, kind: str) -> bool:
        """Whether such an event is among the events."""
        return any(event.kind == kind for event in self.events)

    async def wait(self, until: Callable[[], bool]) -> None:
        """Return when the condition holds; it is looked at after each event."""
        while not until():
            await self._grown.wait()
