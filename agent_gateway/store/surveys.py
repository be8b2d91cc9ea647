"""What citizens answered in the survey, and the averages of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from agent_gateway.store.engine import Engine
from agent_gateway.store.models import Call, Survey, Ticket
from telephony.events import SurveyAnswered


@dataclass(frozen=True, slots=True)
class SurveyFilter:
    """Which answers: empty or None means any; ``since`` and ``until`` bound the answer [,)."""

    line: str = ""
    agent: str = ""
    way: str = ""
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class SurveyFigures:
    """Of one line and agent: ``solved`` and ``not_solved`` count the second answers."""

    line: str
    agent: str
    answers: int
    average: float
    solved: int
    not_solved: int


class Surveys:
    """The answers."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def page(
        self, wanted: SurveyFilter, *, limit: int, offset: int
    ) -> tuple[Sequence[tuple[Survey, str | None]], int]:
        """The newest first, each with its call's ticket, and how many there are in all."""
        conditions = _conditions(wanted)
        query = (
            select(Survey, Ticket.number)
            .outerjoin(Ticket, Ticket.call_id == Survey.call_id)
            .where(*conditions)
            .order_by(Survey.at.desc(), Survey.call_id)
        )
        count = select(func.count()).select_from(Survey).where(*conditions)
        async with self._engine.read() as session:
            rows = (await session.execute(query.limit(limit).offset(offset))).all()
            return [(row, ticket) for row, ticket in rows], (await session.scalar(count)) or 0

    async def figures(self, wanted: SurveyFilter) -> Sequence[SurveyFigures]:
        """Averages by line and agent."""
        query = (
            select(
                Survey.line,
                Survey.agent,
                func.count(),
                func.avg(Survey.score),
                func.sum(case((Survey.solved.is_(True), 1), else_=0)),
                func.sum(case((Survey.solved.is_(False), 1), else_=0)),
            )
            .where(*_conditions(wanted))
            .group_by(Survey.line, Survey.agent)
            .order_by(Survey.line, Survey.agent)
        )
        async with self._engine.read() as session:
            return [
                SurveyFigures(line, agent, answers, float(average), int(solved), int(not_solved))
                for line, agent, answers, average, solved, not_solved in await session.execute(
                    query
                )
            ]


async def keep_answer(session: AsyncSession, call: Call, event: SurveyAnswered) -> None:
    """Write an answer down; a second one of the same call completes the first.

    An answer given in another call belongs to the line and agent of the call that was rated.
    """
    rated: Call | None = call
    if event.about:
        rated = await session.get(Call, event.about)
    row = await session.get(Survey, event.about or event.call_id)
    if row is None:
        row = Survey(call_id=(event.about or event.call_id)[:64], at=event.at)
        row.line, row.agent = (rated.line, rated.agent) if rated else (call.line, "")
        session.add(row)
    if event.about:
        row.way, row.answered_in = "call_back", event.call_id
    row.score = event.score
    if event.solved is not None or row.solved is None:
        row.solved = event.solved


def _conditions(wanted: SurveyFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.line:
        conditions.append(Survey.line == wanted.line)
    if wanted.agent:
        conditions.append(Survey.agent == wanted.agent)
    if wanted.way:
        conditions.append(Survey.way == wanted.way)
    if wanted.since:
        conditions.append(Survey.at >= wanted.since)
    if wanted.until:
        conditions.append(Survey.at < wanted.until)
    return conditions
