"""What is known of callers, in memory: a call waits for the answer, so no SQL is behind it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Self

import structlog
from sqlalchemy.exc import SQLAlchemyError

from agent_gateway.callers.number import caller_number
from agent_gateway.store import ListedCaller, MissedCall, Store
from config.settings import CallerSettings
from ivr.inbound import Standing
from telephony.background import InBackground, Work

log = structlog.get_logger(__name__)

READ_EVERY_S = 10.0
# There are many, and submitting one is told at once; this is for those that are done.
TICKETS_EVERY_S = 60.0
# A block that cannot be lifted must not go on: when the lists could not be read for so long,
# nobody is blocked until they are read again.
BELIEVED_S = 45.0


def _utc_now() -> datetime:
    return datetime.now(UTC)


class KnownCallers(InBackground):
    """Use as ``async with``: the lists are read at the start and again and again.

    What is changed by this process is told and in force at once; what another process changed,
    within ``read_every_s`` (tickets: a minute).

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
        # raw spelling of a number with a ticket -> number; and the numbers alone
        self._spelled: dict[str, str] = {}
        self._with_ticket: set[str] = set()
        self._read_at: float | None = None
        self._changes = 0

    async def __aenter__(self) -> Self:
        await self.read()
        await self.read_tickets()
        return await super().__aenter__()

    def _work(self) -> Mapping[str, Work]:
        return {"known-callers": self._keep_reading()}

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

    def ticket_in_work(self, caller: str) -> None:
        """Take note of a ticket that somebody works on from now on."""
        self._changes += 1
        if number := self.number(caller):
            self._with_ticket.add(number)

    async def read(self) -> None:
        """Read the lists and missed calls; after a failure what was known before stays."""
        changes, now = self._changes, self._now()
        since = now - timedelta(hours=self._settings.repeat_hours)
        try:
            listed = await self._store.callers.in_force(now)
            unanswered = await self._store.callers.unanswered(since)
        except (SQLAlchemyError, OSError) as error:
            log.warning("callers.not_read", reason=str(error)[:300])
            return
        self._read_at = self._elapsed()
        if changes == self._changes:
            # else what was read is older than what was told meanwhile: the next reading has it
            self._take(listed, unanswered)

    async def read_tickets(self) -> None:
        """Read who has a ticket in work; after a failure what was known before stays."""
        changes = self._changes
        try:
            raw = await self._store.callers.with_ticket()
        except (SQLAlchemyError, OSError) as error:
            log.warning("callers.tickets_not_read", reason=str(error)[:300])
            return
        # fifty thousand numbers take a second or two: off the loop, and only what is new
        self._spelled = await asyncio.to_thread(self._numbers, raw, self._spelled)
        numbers = set(self._spelled.values()) - {""}
        self._with_ticket = numbers if changes == self._changes else self._with_ticket | numbers

    def _take(self, listed: Sequence[ListedCaller], unanswered: Sequence[MissedCall]) -> None:
        self._listed = {(row.list, row.number): row for row in listed}
        self._unanswered = {}
        for row in sorted(unanswered, key=lambda one: one.last_at):
            self._unanswered[self.number(row.caller)] = row.last_at

    def _numbers(self, raw: set[str], known: dict[str, str]) -> dict[str, str]:
        return {one: known[one] if one in known else self.number(one) for one in raw}

    def _in_force(self, name: str, number: str) -> ListedCaller | None:
        row = self._listed.get((name, number))
        if row is None or (row.until is not None and row.until <= self._now()):
            return None
        return row

    def _believed(self) -> bool:
        return self._read_at is not None and self._elapsed() - self._read_at <= BELIEVED_S

    async def _keep_reading(self) -> None:
        tickets_at = self._elapsed()
        while True:
            await asyncio.sleep(self._read_every_s)
            await self.read()
            if self._elapsed() - tickets_at >= TICKETS_EVERY_S:
                await self.read_tickets()
                tickets_at = self._elapsed()
