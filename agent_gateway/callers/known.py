"""What is known of callers, in memory: a call waits for the answer, so no SQL is behind it."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Self

import structlog
from sqlalchemy.exc import SQLAlchemyError

from agent_gateway.callers.number import caller_number
from agent_gateway.store import ListedCaller, MissedCall, Store
from config.settings import CallerSettings
from ivr.inbound import Standing

log = structlog.get_logger(__name__)

READ_EVERY_S = 10.0
# A block that cannot be lifted must not go on: when the lists could not be read for so long,
# nobody is blocked until they are read again.
BELIEVED_S = 45.0


def _utc_now() -> datetime:
    return datetime.now(UTC)


class KnownCallers:
    """Use as ``async with``: the lists are read at the start and again and again.

    What is changed here or told by ``missed_call_changed`` is in force at once; what another
    process changed, and tickets, within ``read_every_s``.

    Args:
        store: where the lists are.
        settings: what calling again is worth.
        area_code: of the city.
        now: the clock; gives an aware moment.
        elapsed: a clock of seconds that only goes forward.
        read_every_s: seconds between two readings.
    """

    def __init__(
        self,
        store: Store,
        settings: CallerSettings,
        area_code: str,
        *,
        now: Callable[[], datetime] = _utc_now,
        elapsed: Callable[[], float] = time.monotonic,
        read_every_s: float = READ_EVERY_S,
    ) -> None:
        self._store = store
        self._settings = settings
        self._area_code = area_code
        self._now = now
        self._elapsed = elapsed
        self._read_every_s = read_every_s
        self._listed: dict[tuple[str, str], ListedCaller] = {}
        self._unanswered: dict[str, datetime] = {}
        self._with_ticket: frozenset[str] = frozenset()
        self._read_at: float | None = None
        self._changes = 0
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        await self.read()
        self._task = asyncio.create_task(self._keep_reading(), name="known-callers")
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    def number(self, raw: str) -> str:
        """A number in the form in which it is listed; "" when it is none."""
        return caller_number(raw, self._area_code)

    def of(self, caller: str) -> Standing:
        """How a caller is served; a caller without a number is like everybody."""
        number = self.number(caller)
        if not number:
            return Standing()
        if self._believed() and self._in_force("blocked", number) is not None:
            return Standing(blocked=True)
        bonus, reasons = 0, []
        vip = self._in_force("priority", number)
        if vip is not None:
            bonus += vip.priority
            reasons.append("vip")
        again = []
        unanswered = self._unanswered.get(number)
        within = timedelta(hours=self._settings.repeat_hours)
        if unanswered is not None and self._now() - unanswered <= within:
            again.append("repeat")
        if number in self._with_ticket:
            again.append("ticket")
        if again and self._settings.repeat_priority:
            bonus += self._settings.repeat_priority
            reasons += again
        return Standing(bonus=bonus, reasons=tuple(reasons))

    def listed(self, row: ListedCaller) -> None:
        """Take note of an entry that was made, or removed."""
        self._changes += 1
        if row.removed_at is None:
            self._listed[row.list, row.number] = row
        else:
            self._listed.pop((row.list, row.number), None)

    def missed_call_changed(self, row: MissedCall) -> None:
        """Take note of a missed call that is new, has changed or was closed."""
        self._changes += 1
        number = self.number(row.caller)
        if row.closed_at is None:
            self._unanswered[number] = row.last_at
        else:
            self._unanswered.pop(number, None)

    async def read(self) -> None:
        """Read everything; a failure is logged and what was known before stays."""
        changes, now = self._changes, self._now()
        since = now - timedelta(hours=self._settings.repeat_hours)
        try:
            listed = await self._store.callers.in_force(now)
            unanswered = await self._store.callers.unanswered(since)
            with_ticket = await self._store.callers.with_ticket()
        except (SQLAlchemyError, OSError) as error:
            log.warning("callers.not_read", reason=str(error)[:300])
            return
        # a big city has many tickets in work
        numbers = await asyncio.to_thread(self._numbers, with_ticket)
        self._read_at = self._elapsed()
        self._with_ticket = numbers
        if changes == self._changes:
            # else what was read is older than what was told meanwhile: the next reading has it
            self._take(listed, unanswered)

    def _take(self, listed: Sequence[ListedCaller], unanswered: Sequence[MissedCall]) -> None:
        self._listed = {(row.list, row.number): row for row in listed}
        self._unanswered = {}
        for row in sorted(unanswered, key=lambda one: one.last_at):
            self._unanswered[self.number(row.caller)] = row.last_at

    def _numbers(self, raw: set[str]) -> frozenset[str]:
        return frozenset(self.number(one) for one in raw)

    def _in_force(self, name: str, number: str) -> ListedCaller | None:
        row = self._listed.get((name, number))
        if row is None or (row.until is not None and row.until <= self._now()):
            return None
        return row

    def _believed(self) -> bool:
        return self._read_at is not None and self._elapsed() - self._read_at <= BELIEVED_S

    async def _keep_reading(self) -> None:
        while True:
            await asyncio.sleep(self._read_every_s)
            await self.read()
