"""Calls that are heard again from their recordings, and what was heard."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import delete, exists, func, select, update

from agent_gateway.store.engine import Engine
from agent_gateway.store.models import Call, RecordingRow, SecondPass, SecondTurn

ANY_LINE = "all"


@dataclass(frozen=True, slots=True)
class SecondBacklog:
    """How many calls wait, since when the oldest does, and how many cannot be heard again."""

    waiting: int
    since: datetime | None
    failed: int


class SecondPasses:
    """The second transcripts; nothing here touches the live ones or a ticket."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def plan(self, lines: Collection[str], *, since: datetime) -> int:
        """Have the finished calls with a recording sealed ``since`` then wait; returns how many.

        Calls in which somebody was spoken with, or left a message. Those that are known stay as
        they are.

        Args:
            lines: dialled lines whose calls are heard again; ``all`` stands for every line.
            since: how far to look back.
        """
        query = (
            select(Call.id)
            .join(RecordingRow, RecordingRow.call_id == Call.id)
            .where(RecordingRow.sealed_at >= since, Call.ended_at.is_not(None))
            .where(Call.disposition.in_(("answered", "voicemail", "emergency")))
            .where(~exists().where(SecondPass.call_id == Call.id))
        )
        if ANY_LINE not in lines:
            query = query.where(Call.line.in_(lines))
        async with self._engine.write() as session:
            found = (await session.scalars(query)).all()
            now = datetime.now(UTC)
            session.add_all(SecondPass(call_id=call_id, planned_at=now) for call_id in found)
            return len(found)

    async def next(self) -> str | None:
        """The call that has waited longest; it waits until :meth:`done` or :meth:`failed`."""
        query = (
            select(SecondPass.call_id)
            .where(SecondPass.state == "waiting")
            .order_by(SecondPass.planned_at, SecondPass.call_id)
            .limit(1)
        )
        async with self._engine.read() as session:
            return await session.scalar(query)

    async def done(self, call_id: str, engine: str, turns: Iterable[SecondTurn]) -> None:
        """Keep what was heard, in place of what an earlier second pass heard."""
        async with self._engine.write() as session:
            await session.execute(delete(SecondTurn).where(SecondTurn.call_id == call_id))
            session.add_all(turns)
            await session.execute(
                update(SecondPass)
                .where(SecondPass.call_id == call_id)
                .values(state="done", ended_at=datetime.now(UTC), engine=engine[:128], reason="")
            )

    async def failed(self, call_id: str, reason: str) -> None:
        """It cannot be heard again; ``reason`` says why."""
        query = (
            update(SecondPass)
            .where(SecondPass.call_id == call_id)
            .values(state="failed", ended_at=datetime.now(UTC), reason=reason)
        )
        async with self._engine.write() as session:
            await session.execute(query)

    async def again(self, call_id: str = "") -> int:
        """Have a call wait again, or without one all that failed; returns how many there were."""
        wanted = SecondPass.call_id == call_id if call_id else SecondPass.state == "failed"
        query = (
            update(SecondPass)
            .where(wanted)
            .values(state="waiting", ended_at=None, reason="")
            .returning(SecondPass.call_id)
        )
        async with self._engine.write() as session:
            return len((await session.scalars(query)).all())

    async def of_call(self, call_id: str) -> SecondPass | None:
        """How it stands with a call; None when it is not to be heard again."""
        async with self._engine.read() as session:
            return await session.get(SecondPass, call_id)

    async def transcript(self, call_id: str) -> Sequence[SecondTurn]:
        """What the second pass heard, in order."""
        query = select(SecondTurn).where(SecondTurn.call_id == call_id).order_by(SecondTurn.turn)
        async with self._engine.read() as session:
            return (await session.scalars(query)).all()

    async def backlog(self) -> SecondBacklog:
        """What is still to be done, and what could not be."""
        query = select(SecondPass.state, func.count(), func.min(SecondPass.planned_at)).group_by(
            SecondPass.state
        )
        async with self._engine.read() as session:
            rows = {state: (n, since) for state, n, since in (await session.execute(query)).all()}
        waiting, since = rows.get("waiting", (0, None))
        return SecondBacklog(waiting, since, rows.get("failed", (0, None))[0])
