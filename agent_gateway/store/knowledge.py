"""What agents may tell callers: short texts with keywords and a time in which they are true."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import or_, select

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

    async def add(self, entry: Knowledge, *, by: str, at: datetime) -> KnowledgeEntry:
        """A new entry."""
        async with self._engine.write() as session:
            row = KnowledgeEntry(updated_by=by, updated_at=at, **_columns(entry))
            session.add(row)
            await session.flush()
        self.changes += 1
        return row

    async def replace(
        self, number: int, entry: Knowledge, *, by: str, at: datetime
    ) -> KnowledgeEntry | None:
        """Another wording; None if there is no such entry."""
        async with self._engine.write() as session:
            row = await session.get(KnowledgeEntry, number)
            if row is not None:
                for name, value in _columns(entry).items():
                    setattr(row, name, value)
                row.updated_by, row.updated_at = by, at
        self.changes += 1
        return row

    async def remove(self, number: int) -> bool:
        """Whether there was such an entry."""
        async with self._engine.write() as session:
            row = await session.get(KnowledgeEntry, number)
            if row is not None:
                await session.delete(row)
        self.changes += 1
        return row is not None


def _columns(entry: Knowledge) -> dict[str, object]:
    return {
        "title": storable(entry.title),
        "text": storable(entry.text),
        "keywords": [storable(word) for word in entry.keywords],
        "category": entry.category,
        "valid_from": entry.valid_from,
        "valid_until": entry.valid_until,
    }
