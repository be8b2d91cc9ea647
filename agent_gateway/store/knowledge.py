"""What agents may tell callers: short texts with keywords and a time in which they are true."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import or_, select

from agent_gateway.store.conflicts import ChangedMeanwhileError
from agent_gateway.store.engine import Engine
from agent_gateway.store.models import KnowledgeEntry
from agent_gateway.store.types import storable


@dataclass(frozen=True, slots=True, kw_only=True)
class Knowledge:
    """What a person writes into an entry. ``category``: of the taxonomy, "" for any."""

    title: str
    text: str
    keywords: tuple[str, ...] = ()
    category: str = ""
    valid_from: date | None = None
    valid_until: date | None = None


class KnowledgeBase:
    """The entries.

    Attributes:
        changes: how often they were changed from here.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.changes = 0

    async def all(self, *, on: date | None = None) -> Sequence[KnowledgeEntry]:
        """All entries, or those that are true on a day; in the order in which they were made."""
        query = select(KnowledgeEntry).order_by(KnowledgeEntry.id)
        if on is not None:
            start, end = KnowledgeEntry.valid_from, KnowledgeEntry.valid_until
            query = query.where(or_(start.is_(None), start <= on), or_(end.is_(None), end >= on))
        async with self._engine.read() as session:
            return (await session.scalars(query)).all()

    async def get(self, number: int) -> KnowledgeEntry | None:
        """By its id."""
        async with self._engine.read() as session:
            return await session.get(KnowledgeEntry, number)

    async def add(self, entry: Knowledge, *, by: str, at: datetime) -> KnowledgeEntry:
        """A new entry."""
        async with self._engine.write() as session:
            row = KnowledgeEntry(updated_by=by, updated_at=at, **_columns(entry))
            session.add(row)
            await session.flush()
        self.changes += 1
        return row

    async def replace(
        self, number: int, entry: Knowledge, *, by: str, at: datetime, read: datetime
    ) -> KnowledgeEntry | None:
        """Another wording; None if there is no such entry.

        Raises:
            ChangedMeanwhileError: it is not any more as it was at ``read``.
        """
        return await self._change(number, _columns(entry), by=by, at=at, read=read)

    async def retire(
        self, number: int, *, today: date, by: str, at: datetime, read: datetime
    ) -> KnowledgeEntry | None:
        """Yesterday was its last day, it is kept; None if there is no such entry.

        Raises:
            ChangedMeanwhileError: as in :meth:`replace`.
        """
        last = today - timedelta(days=1)
        return await self._change(number, {"valid_until": last}, by=by, at=at, read=read)

    async def _change(
        self,
        number: int,
        values: Mapping[str, object],
        *,
        by: str,
        at: datetime,
        read: datetime,
    ) -> KnowledgeEntry | None:
        async with self._engine.write() as session:
            row = await session.get(KnowledgeEntry, number, with_for_update=True)
            if row is None:
                return None
            if read != row.updated_at:
                raise ChangedMeanwhileError(row.updated_by)
            for name, value in values.items():
                setattr(row, name, value)
            if row.valid_from and row.valid_until and row.valid_from > row.valid_until:
                # retired before its first day
                row.valid_from = row.valid_until
            row.updated_by, row.updated_at = by, at
        self.changes += 1
        return row

    async def remove(self, number: int, *, read: datetime) -> KnowledgeEntry | None:
        """What it was; None if there was no such entry.

        Raises:
            ChangedMeanwhileError: as in :meth:`replace`.
        """
        async with self._engine.write() as session:
            row = await session.get(KnowledgeEntry, number, with_for_update=True)
            if row is not None:
                if read != row.updated_at:
                    raise ChangedMeanwhileError(row.updated_by)
                await session.delete(row)
        self.changes += 1
        return row


def _columns(entry: Knowledge) -> dict[str, object]:
    return {
        "title": storable(entry.title),
        "text": storable(entry.text),
        "keywords": [storable(word) for word in entry.keywords],
        "category": entry.category,
        "valid_from": entry.valid_from,
        "valid_until": entry.valid_until,
    }
