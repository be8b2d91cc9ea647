"""Callers' numbers on lists, and what makes a caller one who calls again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.exc import IntegrityError

from agent_gateway.store.engine import Engine
from agent_gateway.store.models import ListedCaller, MissedCall, Ticket
from agent_gateway.store.types import storable
from agent_gateway.store.users import audit_entry

CallerList = Literal["blocked", "priority", "no_survey"]
# A matter that somebody works on; a draft is what every answered call leaves.
IN_WORK = ("submitted", "dispatched", "handling")
_PIECE = 1000


class ListedCallers:
    """The lists. Every change is in the audit trail, or is not made."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def add(self, row: ListedCaller, *, ip: str) -> ListedCaller:
        """Put a number on a list; an entry of it that has ended makes room.

        Raises:
            ValueError: it is on the list already.
        """
        row.reason = storable(row.reason)
        try:
            async with self._engine.write() as session:
                known = await session.scalar(
                    select(ListedCaller).where(
                        ListedCaller.list == row.list,
                        ListedCaller.number == row.number,
                        ListedCaller.removed_at.is_(None),
                    )
                )
                if known is not None:
                    if known.until is None or known.until > row.created_at:
                        raise ValueError(f"{row.number} is on the list already: entry {known.id}")
                    known.removed_at = known.until
                    await session.flush()
                session.add(row)
                detail = f"until {row.until}, priority {row.priority}: {row.reason}"
                session.add(
                    audit_entry(
                        row.created_by, f"callers.{row.list}.add", row.number, detail=detail, ip=ip
                    )
                )
        except IntegrityError as error:
            # another process was faster
            raise ValueError(f"{row.number} is on the list already") from error
        return row

    async def remove(
        self, wanted: CallerList, number: int, *, at: datetime, by: str, ip: str
    ) -> ListedCaller | None:
        """Take an entry off its list; None if there is none such in force."""
        async with self._engine.write() as session:
            row = await session.get(ListedCaller, number)
            if row is None or row.list != wanted or row.removed_at is not None:
                return None
            if row.until is not None and row.until <= at:
                return None
            row.removed_at, row.removed_by = at, by
            session.add(audit_entry(by, f"callers.{wanted}.remove", row.number, ip=ip))
            return row

    async def page(
        self,
        wanted: CallerList,
        *,
        in_force_at: datetime | None,
        limit: int,
        offset: int,
        number: str = "",
    ) -> tuple[Sequence[ListedCaller], int]:
        """The newest first, and how many there are.

        Args:
            wanted: the list.
            in_force_at: None: also those of before.
            limit: at most so many.
            offset: so many newer ones are left out.
            number: only that number's, in the form in which it is listed; "": all.
        """
        conditions: list[ColumnElement[bool]] = [ListedCaller.list == wanted]
        if number:
            conditions.append(ListedCaller.number == number)
        if in_force_at is not None:
            conditions += _in_force(in_force_at)
        query = select(ListedCaller).where(*conditions).order_by(ListedCaller.id.desc())
        count = select(func.count()).select_from(ListedCaller).where(*conditions)
        async with self._engine.read() as session:
            rows = (await session.scalars(query.limit(limit).offset(offset))).all()
            return rows, (await session.scalar(count)) or 0

    async def in_force(self, at: datetime) -> Sequence[ListedCaller]:
        """All entries of all lists."""
        async with self._engine.read() as session:
            return (await session.scalars(select(ListedCaller).where(*_in_force(at)))).all()

    async def unanswered(self, since: datetime) -> Sequence[MissedCall]:
        """Open missed calls of numbers that called ``since`` then."""
        query = select(MissedCall).where(
            MissedCall.closed_at.is_(None), MissedCall.last_at >= since
        )
        async with self._engine.read() as session:
            return (await session.scalars(query)).all()

    async def with_ticket(self) -> set[str]:
        """Numbers with a ticket in work, raw as the network gave them."""
        query = select(Ticket.caller).where(Ticket.status.in_(IN_WORK)).distinct()
        found: set[str] = set()
        async with self._engine.read() as session:
            # in pieces: there may be tens of thousands, and the loop has calls to serve between
            rows = await session.stream_scalars(query.execution_options(yield_per=_PIECE))
            async for piece in rows.partitions():
                found.update(piece)
        return found


def _in_force(at: datetime) -> list[ColumnElement[bool]]:
    return [
        ListedCaller.removed_at.is_(None),
        or_(ListedCaller.until.is_(None), ListedCaller.until > at),
    ]
