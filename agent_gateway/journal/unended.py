"""Closing the records of calls whose end nobody heard and Asterisk did not write down.

That is so when Asterisk itself was killed: its calls are gone without a CDR line. A call counts as
gone when the link to Asterisk has been up for a while (so that all calls that live have been told
anew), the call is not among them, and the CDR had its chance.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from datetime import UTC, datetime
from types import TracebackType
from typing import Self

import structlog
from sqlalchemy.exc import SQLAlchemyError

from agent_gateway.journal.disposition import disposition
from agent_gateway.store import Call, Store
from telephony.calls import is_outward
from telephony.events import Event, EventBus, LinkState, LinkStateChanged

log = structlog.get_logger(__name__)


class UnendedCalls:
    """Closes such records after each time the link came up, while the ``async with`` block lasts.

    Args:
        store: whose records are closed.
        bus: tells of the link.
        is_live: whether Asterisk has the call now, by its id.
        closed: called with the id of each call that was closed; must not block.
        settle_s: seconds for which the link must have been up; longer than the CDR recovery needs.
    """

    def __init__(
        self,
        store: Store,
        bus: EventBus,
        is_live: Callable[[str], bool],
        *,
        closed: Callable[[str], None] | None = None,
        settle_s: float = 150.0,
    ) -> None:
        self._store = store
        self._bus = bus
        self._is_live = is_live
        self._closed = closed
        self._settle_s = settle_s
        self._follower: asyncio.Task[None] | None = None
        self._look: asyncio.Task[None] | None = None
        self._stack = contextlib.ExitStack()

    async def __aenter__(self) -> Self:
        events = self._stack.enter_context(self._bus.subscribe("unended"))

        async def follow() -> None:
            async for event in events:
                self._heard(event)

        self._follower = asyncio.create_task(follow(), name="unended-calls")
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        tasks = [task for task in (self._follower, self._look) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._stack.close()

    def _heard(self, event: Event) -> None:
        if not isinstance(event, LinkStateChanged):
            return
        if self._look is not None:
            self._look.cancel()
            self._look = None
        if event.state is LinkState.UP:
            self._look = asyncio.create_task(self._later(datetime.now(UTC)))

    async def _later(self, since: datetime) -> None:
        await asyncio.sleep(self._settle_s)
        try:
            await self.close_all(before=since)
        except (SQLAlchemyError, OSError) as error:
            log.warning("call.not_closed", reason=str(error)[:300])

    async def close_all(self, *, before: datetime) -> None:
        """Close what is gone and was last heard of before then.

        Raises:
            SQLAlchemyError: the store does not answer.
        """
        for call_id, last in await self._store.calls.unended(before=before):
            if self._is_live(call_id):
                continue
            known = await self._store.calls.get(call_id)
            if known is None or known.ended_at is not None:
                continue
            end = Call(
                id=call_id,
                arrived_at=known.arrived_at,
                ended_at=last,
                hung_up_by="unknown",
                disposition=disposition(
                    answered=known.answered_at is not None,
                    ended=True,
                    hung_up_by="unknown",
                    cause=0,
                    path=known.path,
                    outward=is_outward(call_id),
                ),
            )
            if await self._store.calls.recover(end):
                log.warning("call.closed_unheard", call_id=call_id, last_heard=last.isoformat())
                if self._closed is not None:
                    self._closed(call_id)
