"""Enters missed calls and closes them when the number was reached.

What the journal has just written is looked at once; what was overlooked (the service or the
database was away) is found by a sweep. Everything can be done twice without harm.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

import structlog
from sqlalchemy.exc import SQLAlchemyError

from agent_gateway.store import MissedCall, Store
from telephony.background import InBackground, Work
from telephony.events import CallAnswered, CallEnded, CallEvent

log = structlog.get_logger(__name__)

SWEEP_S = 60.0
# Longer ago, a call back surprises more than it helps.
LOOKED_BACK = timedelta(days=2)
# The caller hears nothing meanwhile.
REQUEST_S = 3.0


class MissedCallWatch(InBackground):
    """Use as ``async with``; give ``noticed`` to the journal.

    Args:
        store: where the entries are.
        changed: told of every entry that is new, has changed or was closed.
        counted: told how many are open, now and then.
    """

    def __init__(
        self,
        store: Store,
        changed: Callable[[MissedCall], object],
        counted: Callable[[int], None],
        *,
        sweep_s: float = SWEEP_S,
    ) -> None:
        self._store = store
        self._changed = changed
        self._counted = counted
        self._sweep_s = sweep_s
        self._due: asyncio.Queue[tuple[str, bool]] = asyncio.Queue()

    def _work(self) -> Mapping[str, Work]:
        # What is not done when the block ends is found by the next start's sweep.
        return {"missed-calls": self._run(), "missed-calls-sweep": self._sweep()}

    def noticed(self, events: Sequence[CallEvent]) -> None:
        """Take note of events that are in the store now."""
        for event in events:
            match event:
                case CallAnswered():
                    self._due.put_nowait((event.call_id, True))
                case CallEnded():
                    self._due.put_nowait((event.call_id, False))

    def recovered(self, call_id: str) -> None:
        """Take note of a call whose record was completed just now."""
        self._due.put_nowait((call_id, True))
        self._due.put_nowait((call_id, False))

    async def request(self, call_id: str, caller: str) -> bool:
        """A waiting caller wants to be called back; False if that could not be written down."""
        now = datetime.now(UTC)
        try:
            async with asyncio.timeout(REQUEST_S):
                call = await self._store.calls.get(call_id)
                row = await self._store.missed.request(
                    call_id=call_id,
                    caller=caller,
                    line=call.line if call else "",
                    waiting_since=(call.queued_at if call else None) or now,
                    at=now,
                )
        except (SQLAlchemyError, OSError) as error:
            log.warning("missed.not_requested", call_id=call_id, reason=str(error)[:300])
            return False
        log.info("missed.requested", call_id=call_id, entry=row.id)
        await self._tell(row)
        return True

    async def _run(self) -> None:
        while True:
            await self._look(*await self._due.get())

    async def _look(self, call_id: str, answered: bool) -> None:
        missed = self._store.missed
        try:
            row = await (missed.reached(call_id) if answered else missed.enter(call_id))
            if row is not None:
                log.info(
                    "missed.closed" if answered else "missed.entered",
                    call_id=call_id,
                    entry=row.id,
                )
                await self._tell(row)
        except (SQLAlchemyError, OSError) as error:
            # The sweep finds it again.
            log.warning("missed.not_written", call_id=call_id, reason=str(error)[:300])

    async def _sweep(self) -> None:
        while True:
            try:
                for call_id in await self._store.missed.unclosed():
                    self._due.put_nowait((call_id, True))
                since = datetime.now(UTC) - LOOKED_BACK
                for call_id in await self._store.missed.forgotten(since=since):
                    self._due.put_nowait((call_id, False))
                self._counted(await self._store.missed.open_count())
            except (SQLAlchemyError, OSError) as error:
                log.warning("missed.sweep_failed", reason=str(error)[:300])
            await asyncio.sleep(self._sweep_s)

    async def _tell(self, row: MissedCall) -> None:
        self._changed(row)
        with contextlib.suppress(SQLAlchemyError, OSError):
            self._counted(await self._store.missed.open_count())
