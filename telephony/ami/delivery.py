"""Hands over what the link hears: one task, one thing at a time, in order."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial

import structlog

from telephony.ami.message import AmiMessage
from telephony.ami.snapshot import Snapshot

log = structlog.get_logger(__name__)

LIMIT = 200_000
"""Undelivered messages; beyond it the connection is given up and the state asked for anew."""

_Job = Callable[[], Awaitable[None]]


class Delivery:
    """The queue between the socket and the callbacks.

    While held, events are set aside; what is pushed by name (snapshot, up, down) goes ahead of
    them.
    """

    def __init__(
        self,
        on_message: Callable[[AmiMessage, datetime], Awaitable[None]],
        on_snapshot: Callable[[Snapshot], Awaitable[None]],
        on_up: Callable[[], Awaitable[None]],
        on_down: Callable[[str], Awaitable[None]],
        on_overflow: Callable[[], None],
    ) -> None:
        self._on_message = on_message
        self._on_snapshot = on_snapshot
        self._on_up = on_up
        self._on_down = on_down
        self._on_overflow = on_overflow
        self._jobs: deque[_Job] = deque()
        self._held: deque[_Job] = deque()
        self._holding = False
        self._wake = asyncio.Event()
        self._stopping = False
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to deliver."""
        self._stopping = False
        self._task = asyncio.create_task(self._run(), name="ami-delivery")

    async def stop(self, grace_s: float = 5.0) -> None:
        """Deliver what is there, for at most ``grace_s``, then end."""
        self._stopping = True
        self._wake.set()
        if self._task is not None:
            _, late = await asyncio.wait({self._task}, timeout=grace_s)
            for task in late:
                log.warning("ami.undelivered_at_stop", messages=len(self._jobs))
                task.cancel()
                await asyncio.wait({task})
            self._task = None

    def message(self, message: AmiMessage, at: datetime) -> None:
        """An event."""
        if len(self._jobs) + len(self._held) >= LIMIT:
            log.error("ami.listener_too_slow", undelivered=LIMIT, action="reconnecting")
            self._jobs.clear()
            self._held.clear()
            self._on_overflow()
        (self._held if self._holding else self._jobs).append(partial(self._on_message, message, at))
        self._wake.set()

    def snapshot(self, snapshot: Snapshot) -> None:
        """The state of things, ahead of held events."""
        self._push(partial(self._on_snapshot, snapshot))

    def up(self) -> None:
        """The link works."""
        self._push(self._on_up)

    def down(self, reason: str) -> None:
        """The link does not work."""
        self._push(partial(self._on_down, reason))

    def hold(self) -> None:
        """Set events aside from now on."""
        self._holding = True

    def release(self) -> None:
        """Deliver the held events, and later ones as they come."""
        self._holding = False
        self._jobs.extend(self._held)
        self._held.clear()
        self._wake.set()

    def _push(self, job: _Job) -> None:
        self._jobs.append(job)
        self._wake.set()

    async def _run(self) -> None:
        while True:
            while self._jobs:
                try:
                    await self._jobs.popleft()()
                except Exception:  # one bad message must not stop the rest
                    log.exception("ami.listener_failed")
            if self._stopping:
                return
            self._wake.clear()
            await self._wake.wait()
