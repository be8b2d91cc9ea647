"""Reading call records, their transcripts and recordings; completing lost records."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, exists, func, or_, select

from agent_gateway.store.engine import Engine
from agent_gateway.store.models import (
    Call,
    CallAgent,
    Callback,
    CallEventRow,
    RecordingRow,
    Ticket,
    TranscriptTurn,
)
from telephony.calls.outward import PREFIX


@dataclass(frozen=True, slots=True)
class CallFilter:
    """Which calls: empty or None means any; ``since`` and ``until`` bound the arrival [,)."""

    line: str = ""
    caller: str = ""
    agent: str = ""
    disposition: str = ""
    since: datetime | None = None
    until: datetime | None = None


class Calls:
    """Call records."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def get(self, call_id: str) -> Call | None:
        """One record."""
        async with self._engine.read() as session:
            return await session.get(Call, call_id)

    async def page(
        self, wanted: CallFilter, *, limit: int, offset: int
    ) -> tuple[Sequence[Call], int]:
        """The newest first, and how many there are in all."""
        conditions = _conditions(wanted)
        query = select(Call).where(*conditions).order_by(Call.arrived_at.desc(), Call.id.desc())
        count = select(func.count()).select_from(Call).where(*conditions)
        async with self._engine.read() as session:
            rows = (await session.scalars(query.limit(limit).offset(offset))).all()
            return rows, (await session.scalar(count)) or 0

    async def counts(self, since: datetime, until: datetime) -> Sequence[tuple[str, str, int]]:
        """Citizens' calls that arrived in [since, until): (dialled line, disposition, calls)."""
        query = (
            select(Call.line, Call.disposition, func.count())
            .where(Call.arrived_at >= since, Call.arrived_at < until, ~Call.id.startswith(PREFIX))
            .group_by(Call.line, Call.disposition)
            .order_by(Call.line, Call.disposition)
        )
        async with self._engine.read() as session:
            rows = (await session.execute(query)).all()
            return [(line, disposition, calls) for line, disposition, calls in rows]

    async def waits(
        self, since: datetime, until: datetime
    ) -> Sequence[tuple[str, str, datetime | None, datetime | None, datetime | None]]:
        """Citizens' calls that arrived in [since, until) and asked for a person.

        Returns:
            (dialled line, disposition, queued at, answered at, ended at) of each.
        """
        query = (
            select(Call.line, Call.disposition, Call.queued_at, Call.answered_at, Call.ended_at)
            .where(Call.arrived_at >= since, Call.arrived_at < until, ~Call.id.startswith(PREFIX))
            .where(or_(Call.queued_at.is_not(None), Call.answered_at.is_not(None)))
        )
        async with self._engine.read() as session:
            return [
                (line, disposition, queued_at, answered_at, ended_at)
                for line, disposition, queued_at, answered_at, ended_at in (
                    await session.execute(query)
                ).all()
            ]

    async def agents(self, call_id: str) -> set[str]:
        """Extensions of all agents who answered the call."""
        query = select(CallAgent.extension).where(CallAgent.call_id == call_id)
        async with self._engine.read() as session:
            return set((await session.scalars(query)).all())

    async def known(self, number: str) -> bool:
        """Whether the number has ever called."""
        query = select(Call.id).where(Call.caller == number, ~Call.id.startswith(PREFIX)).limit(1)
        async with self._engine.read() as session:
            return await session.scalar(query) is not None

    async def history(self, caller: str, *, besides: str, limit: int) -> Sequence[Call]:
        """The newest calls from the number ``caller``, without the call ``besides``."""
        query = (
            select(Call)
            .where(Call.caller == caller, Call.id != besides)
            .order_by(Call.arrived_at.desc())
            .limit(limit)
        )
        async with self._engine.read() as session:
            return (await session.scalars(query)).all()

    async def transcript(self, call_id: str) -> Sequence[TranscriptTurn]:
        """What was said, in the order in which the turns began."""
        query = (
            select(TranscriptTurn)
            .where(TranscriptTurn.call_id == call_id)
            .order_by(TranscriptTurn.started_at, TranscriptTurn.speaker, TranscriptTurn.turn)
        )
        async with self._engine.read() as session:
            return (await session.scalars(query)).all()

    async def recording(self, call_id: str) -> RecordingRow | None:
        """Where the recording is; None while it is not sealed."""
        async with self._engine.read() as session:
            return await session.get(RecordingRow, call_id)

    async def recorded(self, call_ids: Sequence[str]) -> set[str]:
        """Those of the calls whose recording is sealed."""
        query = select(RecordingRow.call_id).where(RecordingRow.call_id.in_(call_ids))
        async with self._engine.read() as session:
            return set((await session.scalars(query)).all())

    async def parts(self, call_id: str) -> Sequence[RecordingRow]:
        """Recordings of the call's consultations and of who joined it, in their order."""
        query = (
            select(RecordingRow)
            .where(
                or_(
                    *(
                        RecordingRow.call_id.startswith(f"{call_id}-{kind}", autoescape=True)
                        for kind in ("consult", "joined")
                    )
                )
            )
            .order_by(RecordingRow.call_id)
        )
        async with self._engine.read() as session:
            return (await session.scalars(query)).all()

    async def recordings(self) -> Sequence[RecordingRow]:
        """All recordings that the database knows of."""
        async with self._engine.read() as session:
            return (await session.scalars(select(RecordingRow))).all()

    async def by_sip_call_id(self, sip_call_id: str, *, since: datetime) -> Call | None:
        """The record of the call with RFC 3261's Call-ID, among those that arrived ``since``."""
        query = (
            select(Call)
            .where(Call.arrived_at >= since, Call.sip_call_id == sip_call_id)
            .order_by(Call.arrived_at.desc())
            .limit(1)
        )
        async with self._engine.read() as session:
            return (await session.scalars(query)).first()

    async def without_ticket(self, *, limit: int = 100) -> Sequence[str]:
        """Ids of calls that are over, answered or with a message, without a ticket; oldest first.

        A draft that an agent began during the call and that was never filled counts as none.
        """
        unfilled = and_(Ticket.status == "draft", Ticket.call_ended_at.is_(None))
        query = (
            select(Call.id)
            .outerjoin(Ticket, Ticket.call_id == Call.id)
            .where(Call.disposition.in_(("answered", "voicemail")), Call.ended_at.is_not(None))
            .where(or_(Ticket.id.is_(None), unfilled))
            # a call back about a ticket is no new matter
            .where(~exists().where(Callback.call_id == Call.id, Callback.ticket != ""))
            .order_by(Call.ended_at)
            .limit(limit)
        )
        async with self._engine.read() as session:
            return (await session.scalars(query)).all()

    async def closed(self, call_ids: Collection[str]) -> set[str]:
        """Those of the calls which have a record with an end."""
        query = select(Call.id).where(Call.id.in_(call_ids), Call.ended_at.is_not(None))
        async with self._engine.read() as session:
            return set((await session.scalars(query)).all())

    async def unended(self, *, before: datetime) -> Sequence[tuple[str, datetime]]:
        """Calls without an end that were last heard of before then, each with that last time."""
        last = func.max(CallEventRow.at).label("last")
        query = (
            select(Call.id, last)
            .join(CallEventRow, CallEventRow.call_id == Call.id)
            .where(Call.ended_at.is_(None))
            .group_by(Call.id)
            .having(last < before)
        )
        async with self._engine.read() as session:
            return [(call_id, at) for call_id, at in (await session.execute(query)).all()]

    async def recover(self, lost: Call) -> bool:
        """Take over what ``lost`` knows and the record does not; False if that is nothing.

        A record that has its end already is left alone.
        """
        async with self._engine.write() as session:
            row = await session.get(Call, lost.id)
            if row is not None and row.ended_at is not None:
                return False
            if row is None:
                row = Call(id=lost.id, arrived_at=lost.arrived_at, path=[])
                session.add(row)
            row.arrived_at = min(row.arrived_at, lost.arrived_at)
            for name in _RECOVERABLE:
                if not getattr(row, name) and (value := getattr(lost, name)):
                    setattr(row, name, value)
            row.disposition = "answered" if row.answered_at else lost.disposition
            row.talk_seconds = (
                max(0.0, (lost.ended_at - row.answered_at).total_seconds())
                if row.answered_at and lost.ended_at
                else 0.0
            )
            row.recovered = True
            await session.flush()
            if lost.agent:
                await session.merge(CallAgent(call_id=lost.id, extension=lost.agent))
            return True


_RECOVERABLE = (
    "line", "dialled", "caller", "channel", "answered_at", "ended_at", "agent", "hung_up_by",
)  # fmt: skip


def _conditions(wanted: CallFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.line:
        conditions.append(Call.line == wanted.line)
    if wanted.caller:
        conditions.append(Call.caller == wanted.caller)
    if wanted.disposition:
        conditions.append(Call.disposition == wanted.disposition)
    if wanted.since:
        conditions.append(Call.arrived_at >= wanted.since)
    if wanted.until:
        conditions.append(Call.arrived_at < wanted.until)
    if wanted.agent:
        mine = select(CallAgent.call_id).where(CallAgent.extension == wanted.agent)
        conditions.append(Call.id.in_(mine))
    return conditions
