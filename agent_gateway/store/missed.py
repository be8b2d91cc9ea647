"""Missed calls: one open entry a number, from the first call in vain until it was reached."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, and_, exists, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from agent_gateway.store.engine import Engine
from agent_gateway.store.models import Call, MissedCall
from agent_gateway.store.types import storable
from telephony.calls import is_outward

# The caller waited for a person and got none. A call that asked to be called back is entered by
# the request itself, and here once more if that was lost.
MISSED = (
    "abandoned_in_queue",
    "abandoned_ringing",
    "no_answer",
    "callback_requested",
    "voicemail",
)
_NO_NUMBER = ("", "anonymous", "unknown", "unavailable", "restricted")
_TRIES = 3

Change = Callable[[AsyncSession], Awaitable[MissedCall | None]]


class MissedCalls:
    """The entries."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def get(self, number: int) -> MissedCall | None:
        """By its id."""
        async with self._engine.read() as session:
            return await session.get(MissedCall, number)

    async def page(
        self, *, is_open: bool | None, limit: int, offset: int
    ) -> tuple[Sequence[MissedCall], int]:
        """Open ones in the order of calling back: requested first, then who waits longest.

        Args:
            is_open: None for both; closed ones come newest first.
            limit: how many at most.
            offset: how many are left out before.
        """
        conditions: list[ColumnElement[bool]] = []
        if is_open is not None:
            conditions.append(
                MissedCall.closed_at.is_(None) if is_open else MissedCall.closed_at.is_not(None)
            )
        order = (
            (MissedCall.requested.desc(), MissedCall.waiting_since, MissedCall.id)
            if is_open
            else (MissedCall.id.desc(),)
        )
        query = select(MissedCall).where(*conditions).order_by(*order)
        count = select(func.count()).select_from(MissedCall).where(*conditions)
        async with self._engine.read() as session:
            rows = (await session.scalars(query.limit(limit).offset(offset))).all()
            return rows, (await session.scalar(count)) or 0

    async def enter(self, call_id: str) -> MissedCall | None:
        """Enter a call that is over, if it was missed and nobody spoke with the number since.

        Entering a call again changes nothing.

        Returns:
            The entry if it is new or has changed.
        """
        return await self._write(lambda session: _enter(session, call_id))

    async def request(
        self, *, call_id: str, caller: str, line: str, waiting_since: datetime, at: datetime
    ) -> MissedCall:
        """The caller wants to be called back; an entry that was open keeps its earlier place."""

        async def ask(session: AsyncSession) -> MissedCall:
            row = await _open_entry(session, caller)
            if row is None:
                row = MissedCall(
                    caller=storable(caller)[:64],
                    line=line,
                    call_id=call_id,
                    calls=1,
                    waiting_since=waiting_since,
                    last_at=at,
                    closed_at=None,
                )
                session.add(row)
            elif row.call_id != call_id:
                row.calls, row.call_id, row.last_at = row.calls + 1, call_id, at
            row.requested = True
            return row

        row = await self._write(ask)
        assert row is not None
        return row

    async def reached(self, call_id: str) -> MissedCall | None:
        """A person answered this call: closes the number's open entry, if there is one."""

        async def close(session: AsyncSession) -> MissedCall | None:
            call = await session.get(Call, call_id)
            if call is None or call.answered_at is None:
                return None
            row = await _open_entry(session, call.caller)
            if row is None or call.answered_at < row.waiting_since:
                return None
            row.closed_at, row.closed_by, row.result = call.answered_at, call.agent, "answered"
            if is_outward(call_id):
                row.result = "reached"
            return row

        return await self._write(close)

    async def close(
        self, number: int, *, at: datetime, by: str, result: str, note: str
    ) -> MissedCall | None:
        """A person dealt with it; None if there is no such entry.

        Raises:
            ValueError: it is closed already.
        """

        async def done(session: AsyncSession) -> MissedCall | None:
            row = await session.get(MissedCall, number)
            if row is None:
                return None
            if row.closed_at is not None:
                raise ValueError(f"missed call {number} is closed already: {row.result}")
            row.closed_at, row.closed_by = at, by
            row.result, row.note = result, storable(note)
            return row

        return await self._write(done)

    async def forgotten(self, *, since: datetime, limit: int = 100) -> Sequence[str]:
        """Ids of missed calls that ended ``since`` then and are in no entry; oldest first."""
        later = aliased(Call)
        query = (
            select(Call.id)
            .where(Call.disposition.in_(MISSED), Call.ended_at >= since)
            .where(func.lower(Call.caller).not_in(_NO_NUMBER))
            .where(
                ~exists().where(
                    MissedCall.caller == Call.caller, MissedCall.last_at >= Call.arrived_at
                ),
                ~exists().where(later.caller == Call.caller, later.answered_at > Call.arrived_at),
            )
            .order_by(Call.ended_at)
            .limit(limit)
        )
        async with self._engine.read() as session:
            return (await session.scalars(query)).all()

    async def unclosed(self, *, limit: int = 100) -> Sequence[str]:
        """Ids of answered calls whose number still has an open entry from before the answer."""
        query = (
            select(Call.id)
            .join(
                MissedCall,
                and_(MissedCall.caller == Call.caller, MissedCall.closed_at.is_(None)),
            )
            .where(Call.answered_at >= MissedCall.last_at)
            .limit(limit)
        )
        async with self._engine.read() as session:
            return (await session.scalars(query)).all()

    async def open_count(self) -> int:
        """How many are open."""
        query = select(func.count()).select_from(MissedCall).where(MissedCall.closed_at.is_(None))
        async with self._engine.read() as session:
            return (await session.scalar(query)) or 0

    async def _write(self, change: Change) -> MissedCall | None:
        for attempt in range(_TRIES):
            try:
                async with self._engine.write() as session:
                    row = await change(session)
                    await session.flush()
                    return row
            except IntegrityError:
                # another process entered the same number a moment ago
                if attempt == _TRIES - 1:
                    raise
        raise AssertionError("unreachable")


async def _enter(session: AsyncSession, call_id: str) -> MissedCall | None:
    call = await session.get(Call, call_id)
    if call is None or call.ended_at is None or call.disposition not in MISSED:
        return None
    if call.caller.lower() in _NO_NUMBER:
        return None
    known = select(MissedCall.id).where(
        MissedCall.caller == call.caller, MissedCall.last_at >= call.arrived_at
    )
    reached = select(Call.id).where(Call.caller == call.caller, Call.answered_at > call.arrived_at)
    for reason in (known, reached):
        if (await session.scalars(reason.limit(1))).first() is not None:
            return None
    row = await _open_entry(session, call.caller)
    if row is None:
        row = MissedCall(
            caller=call.caller,
            line=call.line,
            calls=0,
            requested=False,
            waiting_since=call.queued_at or call.arrived_at,
            closed_at=None,
        )
        session.add(row)
    row.calls, row.call_id, row.last_at = row.calls + 1, call.id, call.ended_at
    row.requested = row.requested or call.disposition == "callback_requested"
    return row


async def _open_entry(session: AsyncSession, caller: str) -> MissedCall | None:
    query = select(MissedCall).where(MissedCall.caller == caller, MissedCall.closed_at.is_(None))
    row: MissedCall | None = await session.scalar(query)
    return row
