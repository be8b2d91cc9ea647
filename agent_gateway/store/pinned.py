"""Targets that are on all desks for a time: a leader on duty, a topic of the day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Integer, func, select
from sqlalchemy.orm import Mapped, mapped_column

from agent_gateway.store.engine import Engine
from agent_gateway.store.models import Base, Call
from agent_gateway.store.types import Json, Prose, Words


class PinnedTarget(Base):
    """One target and its time.

    ``target`` is what a transfer request wants, ``transfer`` the kind that one click starts;
    ``title`` is the leader's name or the topic. From ``withdrawn_at`` on it is on no desk.
    """

    __tablename__ = "pinned_targets"
    __table_args__ = (CheckConstraint("kind IN ('leader', 'topic')", name="kind"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    kind: Mapped[str] = mapped_column(Words(16))
    title: Mapped[str] = mapped_column(Words(100))
    note: Mapped[str] = mapped_column(Prose(), default="")
    keywords: Mapped[list[str]] = mapped_column(Json, default=list)
    target: Mapped[str] = mapped_column(Words(80))
    transfer: Mapped[str] = mapped_column(Words(16))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime] = mapped_column(index=True)
    created_by: Mapped[str] = mapped_column(Words(64))
    created_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]
    withdrawn_by: Mapped[str] = mapped_column(Words(64), default="")


class PinnedUse(Base):
    """A call that was handed to a pinned target. ``by``: extension or name of who did it."""

    __tablename__ = "pinned_uses"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    pinned_id: Mapped[int] = mapped_column(
        ForeignKey("pinned_targets.id", ondelete="CASCADE"), index=True
    )
    call_id: Mapped[str] = mapped_column(Words(64))
    transfer: Mapped[str] = mapped_column(Words(16))
    by: Mapped[str] = mapped_column(Words(64))
    at: Mapped[datetime]


class PinnedTargets:
    """The targets and their uses."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def add(self, row: PinnedTarget) -> PinnedTarget:
        """Keep a new one; returns it with its id."""
        async with self._engine.write() as session:
            session.add(row)
            await session.flush()
            return row

    async def open(self, now: datetime) -> Sequence[PinnedTarget]:
        """Those that are on the desks, or will be; the earliest first."""
        query = (
            select(PinnedTarget)
            .where(PinnedTarget.ends_at > now, PinnedTarget.withdrawn_at.is_(None))
            .order_by(PinnedTarget.starts_at, PinnedTarget.id)
        )
        async with self._engine.read() as session:
            return (await session.scalars(query)).all()

    async def page(self, *, limit: int, offset: int) -> tuple[Sequence[PinnedTarget], int]:
        """All that ever were, newest first, and their number."""
        query = select(PinnedTarget).order_by(PinnedTarget.id.desc()).limit(limit).offset(offset)
        count = select(func.count()).select_from(PinnedTarget)
        async with self._engine.read() as session:
            return (await session.scalars(query)).all(), (await session.scalar(count)) or 0

    async def get(self, number: int) -> PinnedTarget | None:
        """By its id."""
        async with self._engine.read() as session:
            return await session.get(PinnedTarget, number)

    async def withdraw(self, number: int, *, at: datetime, by: str) -> PinnedTarget | None:
        """Take it off the desks; None when there is none, or it was withdrawn before."""
        async with self._engine.write() as session:
            row = await session.get(PinnedTarget, number)
            if row is None or row.withdrawn_at is not None:
                return None
            row.withdrawn_at, row.withdrawn_by = at, by
            return row

    async def used(
        self, number: int, *, call_id: str, transfer: str, by: str, at: datetime
    ) -> None:
        """A call was handed to it."""
        async with self._engine.write() as session:
            session.add(
                PinnedUse(pinned_id=number, call_id=call_id, transfer=transfer, by=by, at=at)
            )

    async def uses(self, numbers: Sequence[int]) -> dict[int, int]:
        """How often each was used; those that never were are left out."""
        query = (
            select(PinnedUse.pinned_id, func.count())
            .where(PinnedUse.pinned_id.in_(numbers))
            .group_by(PinnedUse.pinned_id)
        )
        async with self._engine.read() as session:
            return {row[0]: row[1] for row in (await session.execute(query)).all()}

    async def calls(self, number: int) -> Sequence[tuple[PinnedUse, Call | None]]:
        """The uses in their order, each with its call's record (None while that is not written)."""
        query = (
            select(PinnedUse, Call)
            .outerjoin(Call, Call.id == PinnedUse.call_id)
            .where(PinnedUse.pinned_id == number)
            .order_by(PinnedUse.id)
        )
        async with self._engine.read() as session:
            return [(use, call) for use, call in (await session.execute(query)).all()]
