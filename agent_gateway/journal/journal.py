"""Every call event goes into the database; when that cannot be, onto the disk, and later in.

The journal never holds up the bus. While the database refuses, events go to the spool (see
:mod:`agent_gateway.journal.spool`) and from there into the database in their order as soon as it
takes them again; events of a killed process's spool are taken over at the next start.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import structlog

from agent_gateway.journal.fold import fold_call
from agent_gateway.journal.spool import Spool
from agent_gateway.store import Entry, Store, is_outage
from telephony.events import (
    CallEvent,
    EventBus,
    PrefillChanged,
    Subscription,
    TicketDrafted,
    TranscriptDelayed,
    TranscriptPartial,
)

log = structlog.get_logger(__name__)

BATCH = 200
MEMORY_LIMIT = 50_000
# The passing states of a text and of a guess; what comes of them is kept elsewhere.
NOT_KEPT = (TranscriptPartial, TranscriptDelayed, PrefillChanged, TicketDrafted)

Persisted = Callable[[Sequence[CallEvent]], None]


@dataclass(frozen=True, slots=True)
class JournalStatus:
    """How the journal is doing.

    Attributes:
        spooling: events wait on the disk because the database does not take them.
        pending: events in memory.
        lost: events given up because memory, disk and database were all full or gone.
    """

    spooling: bool
    pending: int
    lost: int


class Journal:
    """The subscriber that writes. Use as ``async with``; on leaving it writes what it has heard.

    Args:
        store: where the records are.
        bus: whose events are kept, from entering the ``async with`` block on.
        spool_dir: ``data_dir/spool/journal``.
        persisted: called with events that have just been committed; must not block.
        retry_s: first and longest pause between two tries, in seconds.
    """

    def __init__(
        self,
        store: Store,
        bus: EventBus,
        spool_dir: Path,
        *,
        persisted: Persisted | None = None,
        retry_s: tuple[float, float] = (0.5, 15.0),
    ) -> None:
        self._store = store
        self._bus = bus
        self._spool = Spool(spool_dir)
        self._persisted = persisted
        self._retry_s = retry_s
        self._pause = retry_s[0]
        self._try_again_at = 0.0
        self._pending: deque[Entry] = deque()
        self._last_seq = 0
        self._spooling = False
        self._lost = 0
        self._closing = False
        self._wake = asyncio.Event()
        self._stack = ExitStack()
        self._tasks: list[asyncio.Task[None]] = []
        self._subscription: Subscription | None = None

    @property
    def status(self) -> JournalStatus:
        """For health checks and metrics."""
        return JournalStatus(self._spooling, len(self._pending), self._lost)

    async def __aenter__(self) -> Self:
        self._subscription = self._stack.enter_context(self._bus.subscribe("journal"))
        self._spooling = bool(await asyncio.to_thread(self._spool.files))
        self._tasks = [
            asyncio.create_task(self._listen(self._subscription), name="journal-listen"),
            asyncio.create_task(self._write(), name="journal-write"),
        ]
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._subscription is not None
        self._subscription.close()
        try:
            await asyncio.gather(*self._tasks)
        finally:
            self._stack.close()
            self._spool.close()

    async def _listen(self, events: Subscription) -> None:
        async for event in events:
            if isinstance(event, CallEvent) and not isinstance(event, NOT_KEPT):
                # Microseconds of arrival: rises over restarts without asking the database.
                self._last_seq = max(self._last_seq + 1, time.time_ns() // 1000)
                self._pending.append(Entry(self._last_seq, event))
                if len(self._pending) > MEMORY_LIMIT:
                    self._pending.popleft()
                    self._lose(1)
                self._wake.set()
        self._closing = True
        self._wake.set()

    async def _write(self) -> None:
        while True:
            await self._something_to_do()
            batch = [self._pending.popleft() for _ in range(min(BATCH, len(self._pending)))]
            if batch and not self._spooling and not await self._store_all(batch):
                self._spooling = True
                self._postpone()
            elif not self._spooling:
                batch = []
            if self._spooling:
                await self._while_spooling(batch)
            if self._closing and not self._pending:
                return

    async def _something_to_do(self) -> None:
        if self._pending or self._closing:
            return
        self._wake.clear()
        pause = max(0.0, self._try_again_at - time.monotonic()) if self._spooling else None
        with suppress(TimeoutError):
            async with asyncio.timeout(pause):
                await self._wake.wait()

    async def _while_spooling(self, batch: list[Entry]) -> None:
        if batch:
            try:
                await asyncio.to_thread(self._spool.append, batch)
            except OSError as error:
                log.warning("journal.spool_failed", reason=str(error), pending=len(self._pending))
                if self._closing:
                    self._lose(len(batch))
                    return
                # Neither takes it: hold it in memory and ask again soon.
                self._pending.extendleft(reversed(batch))
                await asyncio.sleep(self._retry_s[0])
        if not self._closing and time.monotonic() >= self._try_again_at:
            try:
                await self._replay()
            except OSError as error:
                log.warning("journal.spool_unreadable", reason=str(error))
                self._postpone()

    async def _replay(self) -> None:
        for file in await asyncio.to_thread(self._spool.files):
            await asyncio.to_thread(self._spool.close)
            entries, damaged = await asyncio.to_thread(self._spool.read, file)
            for start in range(0, len(entries), BATCH):
                if not await self._store_all(entries[start : start + BATCH]):
                    self._postpone()
                    return
            await asyncio.to_thread(self._spool.done, file, damaged)
            log.info("journal.replayed", file=file.name, events=len(entries))
        self._spooling = False
        self._pause = self._retry_s[0]

    async def _store_all(self, batch: list[Entry]) -> bool:
        """False when the database is at fault; events that never will fit are set aside."""
        try:
            await self._store.events.append(batch, fold_call)
        except Exception as error:  # noqa: BLE001 - whatever it is, the journal must go on
            if is_outage(error):
                log.warning("journal.database_failed", reason=str(error)[:300], events=len(batch))
                return False
            if len(batch) > 1:
                for entry in batch:
                    if not await self._store_all([entry]):
                        return False
                return True
            await self._reject(batch[0], error)
            return True
        if self._persisted is not None:
            self._persisted([entry.event for entry in batch])
        return True

    async def _reject(self, entry: Entry, error: Exception) -> None:
        log.error(
            "journal.event_rejected",
            call_id=entry.event.call_id,
            event_type=type(entry.event).__name__,
            reason=str(error)[:300],
        )
        try:
            await asyncio.to_thread(self._spool.reject, entry)
        except OSError as disk:
            log.warning("journal.spool_failed", reason=str(disk))
            self._lose(1)

    def _postpone(self) -> None:
        self._try_again_at = time.monotonic() + self._pause
        self._pause = min(self._pause * 2, self._retry_s[1])

    def _lose(self, count: int) -> None:
        self._lost += count
        if self._lost == count or self._lost % 1000 == 0:
            log.critical("journal.events_lost", lost=self._lost)
