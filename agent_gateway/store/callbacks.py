"""Calls to citizens: what was asked for and what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import case, func, select

from agent_gateway.store.engine import Engine
from agent_gateway.store.models import Call, Callback, MissedCall
from agent_gateway.store.types import storable


class Callbacks:
    """The entries."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def add(self, row: Callback) -> None:
        """A call is about to be placed."""
        row.note = row.note or ""
        row.result, row.ended_at = "", None
        async with self._engine.write() as session:
            session.add(row)

    async def get(self, call_id: str) -> Callback | None:
        """By its call."""
        async with self._engine.read() as session:
            return await session.get(Callback, call_id)

    async def page(self, *, agent: str, limit: int, offset: int) -> tuple[Sequence[Callback], int]:
        """The newest first, of one agent or ("") of all, and how many there are in all."""
        conditions = [Callback.agent == agent] if agent else []
        query = select(Callback).where(*conditions).order_by(Callback.asked_at.desc())
        count = select(func.count()).select_from(Callback).where(*conditions)
        async with self._engine.read() as session:
            rows = (await session.scalars(query.limit(limit).offset(offset))).all()
            return rows, (await session.scalar(count)) or 0

    async def finish(
        self, call_id: str, *, result: str, at: datetime, note: str = "", anew: bool = False
    ) -> Callback | None:
        """Write the result down; one that is there already stays, unless ``anew``.

        Returns:
            The entry if it has changed.
        """
        async with self._engine.write() as session:
            row = await session.get(Callback, call_id)
            if row is None or (row.result and not anew):
                return None
            row.result, row.note = result, storable(note) or row.note
            row.ended_at = row.ended_at or at
            return row

    async def unfinished(self) -> Sequence[tuple[Callback, Call | None]]:
        """Entries without a result, each with its call's record as far as there is one."""
        query = (
            select(Callback, Call)
            .outerjoin(Call, Call.id == Callback.call_id)
            .where(Callback.ended_at.is_(None))
        )
        async with self._engine.read() as session:
            return [(entry, call) for entry, call in (await session.execute(query)).all()]

    async def requested(self) -> Sequence[tuple[MissedCall, int, datetime | None]]:
        """Callers who asked to be called back and were not yet, who waits longest first.

        Each with the number of attempts that reached out to them, and the time of the last
        attempt of any kind.
        """
        tried = (
            select(
                Callback.missed_id,
                func.sum(case((Callback.result == "agent_absent", 0), else_=1)).label("attempts"),
                func.max(Callback.asked_at).label("last_at"),
            )
            .where(Callback.missed_id.is_not(None))
            .group_by(Callback.missed_id)
            .subquery()
        )
        query = (
            select(MissedCall, tried.c.attempts, tried.c.last_at)
            .outerjoin(tried, tried.c.missed_id == MissedCall.id)
            .where(MissedCall.closed_at.is_(None), MissedCall.requested.is_(True))
            .order_by(MissedCall.waiting_since, MissedCall.id)
        )
        async with self._engine.read() as session:
            return [
                (row, int(attempts or 0), last_at)
                for row, attempts, last_at in (await session.execute(query)).all()
            ]
