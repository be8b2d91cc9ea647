"""Citizens who are rung to rate an earlier call."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, case, exists, func, or_, select
from sqlalchemy.exc import IntegrityError

from agent_gateway.store.engine import Engine
from agent_gateway.store.models import Call, CallEventRow, ListedCaller, Survey, SurveyCall
from telephony.calls.outward import PREFIX

# A call with a transfer, so with an emergency line, is not asked about.
_TRANSFERS = ("TransferChanged", "TransferTarget")
# Outcomes of attempts in which the citizen has answered.
REACHED = ("rated", "rated_in_part", "no_key", "hung_up", "person", "no_more", "interrupted")


@dataclass(frozen=True, slots=True)
class SurveyCallFigures:
    """Of one line.

    Attributes:
        closed: citizens' calls that were answered and are over.
        rung: of these, whose citizen was rung.
        called_back: of these, whose citizen answered.
        rated: of these, with a rating.
    """

    line: str
    closed: int
    rung: int
    called_back: int
    rated: int


class SurveyCalls:
    """The entries."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def add(self, row: SurveyCall) -> bool:
        """A citizen is to be rung; False if the call is entered already."""
        row.attempts, row.trunk, row.result, row.call_id = 0, 1, row.result or "", ""
        try:
            async with self._engine.write() as session:
                if await session.get(SurveyCall, row.about) is not None:
                    return False
                session.add(row)
        except IntegrityError:
            # another process was faster
            return False
        return True

    async def get(self, about: str) -> SurveyCall | None:
        """By the call that it is about."""
        async with self._engine.read() as session:
            return await session.get(SurveyCall, about)

    async def choosable(self, call_id: str) -> Call | None:
        """The call, if it is over, was an agent's with a citizen, and was not asked about yet."""
        async with self._engine.read() as session:
            found: Call | None = await session.scalar(_choosable(Call.id == call_id))
            return found

    async def forgotten(self, lines: Collection[str], *, since: datetime) -> Sequence[str]:
        """Ids of such calls that ended ``since`` then and are not entered."""
        entered = exists().where(SurveyCall.about == Call.id)
        wanted = _choosable(Call.line.in_(lines), Call.ended_at >= since, ~entered)
        async with self._engine.read() as session:
            return (await session.scalars(wanted.with_only_columns(Call.id))).all()

    async def due(self, now: datetime, *, limit: int) -> Sequence[SurveyCall]:
        """Whose time has come, who waits longest first."""
        query = (
            select(SurveyCall)
            .where(SurveyCall.next_at <= now)
            .order_by(SurveyCall.next_at, SurveyCall.about)
            .limit(limit)
        )
        async with self._engine.read() as session:
            return (await session.scalars(query)).all()

    async def unwanted(self, row: SurveyCall, *, at: datetime, since: datetime | None) -> bool:
        """Whether the citizen must not be rung.

        Blocked, does not want to be asked, has rated the call meanwhile, or answered another
        survey call ``since`` then (or is being rung for it).
        """
        listed = exists().where(
            ListedCaller.number == row.citizen,
            ListedCaller.list.in_(("blocked", "no_survey")),
            ListedCaller.removed_at.is_(None),
            or_(ListedCaller.until.is_(None), ListedCaller.until > at),
        )
        others = (SurveyCall.citizen == row.citizen, SurveyCall.about != row.about)
        reasons = [listed, exists().where(Survey.call_id == row.about)]
        reasons.append(exists().where(*others, SurveyCall.result == "", SurveyCall.call_id != ""))
        if since is not None:
            reasons.append(
                exists().where(
                    *others,
                    SurveyCall.result.in_(REACHED),
                    SurveyCall.ended_at >= since,
                )
            )
        async with self._engine.read() as session:
            return bool(await session.scalar(select(or_(*reasons))))

    async def begin(self, about: str, call_id: str, at: datetime) -> bool:
        """A citizen is about to be rung; False if this is not to be, e.g. it was done already."""
        async with self._engine.write() as session:
            row = await session.get(SurveyCall, about)
            if row is None or row.next_at is None:
                return False
            row.call_id, row.asked_at, row.ended_at = call_id, at, None
            row.result, row.next_at = "", None
            return True

    async def of_call(self, call_id: str) -> SurveyCall | None:
        """By the id of its latest attempt."""
        query = select(SurveyCall).where(SurveyCall.call_id == call_id)
        async with self._engine.read() as session:
            return (await session.scalars(query)).first()

    async def finish(
        self,
        about: str,
        call_id: str,
        *,
        result: str,
        at: datetime,
        attempts: int,
        trunk: int = 1,
        next_at: datetime | None = None,
    ) -> bool:
        """An attempt is over.

        Args:
            about: the entry.
            call_id: of the attempt; one that is known to be over already stays as it is.
            result: its outcome.
            at: its end.
            attempts: how many there were now.
            trunk: for the next.
            next_at: when that is to be; None: never.
        """
        async with self._engine.write() as session:
            row = await session.get(SurveyCall, about)
            if row is None or row.call_id != call_id or row.result:
                return False
            row.result, row.ended_at, row.attempts = result, at, attempts
            row.trunk, row.next_at = trunk, next_at
            return True

    async def drop(self, about: str, *, result: str, at: datetime) -> None:
        """Nobody is to be rung for this entry any more."""
        async with self._engine.write() as session:
            row = await session.get(SurveyCall, about)
            if row is not None and row.next_at is not None:
                row.result, row.ended_at, row.next_at = result, at, None

    async def unfinished(self) -> Sequence[tuple[SurveyCall, Call | None]]:
        """Attempts without a result, each with its call's record as far as there is one."""
        query = (
            select(SurveyCall, Call)
            .outerjoin(Call, Call.id == SurveyCall.call_id)
            .where(SurveyCall.result == "", SurveyCall.call_id != "")
        )
        async with self._engine.read() as session:
            return [(row, call) for row, call in (await session.execute(query)).all()]

    async def page(
        self, *, line: str, result: str, limit: int, offset: int
    ) -> tuple[Sequence[SurveyCall], int]:
        """The newest first, of a line and a result ("": any), and how many there are in all."""
        conditions: list[ColumnElement[bool]] = []
        if line:
            conditions.append(SurveyCall.line == line)
        if result:
            conditions.append(SurveyCall.result == result)
        query = select(SurveyCall).where(*conditions)
        query = query.order_by(SurveyCall.chosen_at.desc(), SurveyCall.about)
        count = select(func.count()).select_from(SurveyCall).where(*conditions)
        async with self._engine.read() as session:
            rows = (await session.scalars(query.limit(limit).offset(offset))).all()
            return rows, (await session.scalar(count)) or 0

    async def figures(
        self, *, line: str, agent: str, since: datetime | None, until: datetime | None
    ) -> Sequence[SurveyCallFigures]:
        """By line, of the calls that ended in [since, until)."""
        conditions = [Call.ended_at.is_not(None), Call.disposition == "answered"]
        conditions.append(~Call.id.startswith(PREFIX))
        if line:
            conditions.append(Call.line == line)
        if agent:
            conditions.append(Call.agent == agent)
        if since:
            conditions.append(Call.ended_at >= since)
        if until:
            conditions.append(Call.ended_at < until)
        rated = exists().where(Survey.call_id == Call.id, Survey.way == "call_back")
        query = (
            select(
                Call.line,
                func.count(),
                func.sum(case((SurveyCall.call_id != "", 1), else_=0)),
                func.sum(case((SurveyCall.result.in_(REACHED), 1), else_=0)),
                func.sum(case((rated, 1), else_=0)),
            )
            .select_from(Call)
            .outerjoin(SurveyCall, SurveyCall.about == Call.id)
            .where(*conditions)
            .group_by(Call.line)
            .order_by(Call.line)
        )
        async with self._engine.read() as session:
            return [
                SurveyCallFigures(name, closed, int(rung), int(called_back), int(with_rating))
                for name, closed, rung, called_back, with_rating in (await session.execute(query))
            ]


def _choosable(*conditions: ColumnElement[bool]) -> Select[Any]:
    transferred = exists().where(CallEventRow.call_id == Call.id, CallEventRow.type.in_(_TRANSFERS))
    return (
        select(Call)
        .where(Call.disposition == "answered", Call.ended_at.is_not(None), Call.agent != "")
        .where(~Call.id.startswith(PREFIX), ~exists().where(Survey.call_id == Call.id))
        .where(~transferred, *conditions)
    )
