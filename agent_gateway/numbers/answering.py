"""GET /api/statistics/lines: how soon each line's callers were answered, day by day."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime

from pydantic import BaseModel

from agent_gateway.http.route import LEADERS, AnyRoute, Exchange, Nothing, Route
from agent_gateway.numbers.routes import Days
from config.numberplan import NumberPlan

_ABANDONED = frozenset({"abandoned_in_queue", "abandoned_ringing"})

Wait = tuple[str, str, datetime | None, datetime | None, datetime | None]


class LineService(BaseModel):
    """The calls to one dialled number, on one day, that asked for a person.

    Attributes:
        day: of their arrival, by the city's clock.
        line: the number that was dialled, whoever answered.
        name: of the line; "" when the number plan does not have it (any more).
        target_seconds: a call answered within these seconds is in time.
        offered: callers who waited for a person, however it ended.
        answered: of these, answered by a person.
        answered_in_time: of these, within the target, from the beginning of the wait.
        abandoned: the caller hung up while waiting.
        abandoned_short: of these, within ``queue.short_abandon_seconds``.
        in_progress: not over and not answered.
        service_level: ``answered_in_time`` per call offered, without ``abandoned_short`` and
            ``in_progress``; None when there is none.
        connect_rate: ``answered`` per the same.
        mean_wait_seconds: of the answered ones; None when there is none.
    """

    day: date
    line: str
    name: str
    target_seconds: int
    offered: int = 0
    answered: int = 0
    answered_in_time: int = 0
    abandoned: int = 0
    abandoned_short: int = 0
    in_progress: int = 0
    service_level: float | None = None
    connect_rate: float | None = None
    mean_wait_seconds: float | None = None


class LineServices(BaseModel):
    """One row for each day and dialled number with callers who asked for a person."""

    rows: list[LineService]


def answer_seconds(plan: NumberPlan, usual: int) -> Callable[[str, date], int]:
    """The target of a dialled number on a local day: that of the line which serves it."""

    def target(number: str, day: date) -> int:
        return plan.on(day).serving(number).answer_seconds or usual

    return target


def service_of(row: LineService, waits: Iterable[Wait], short_s: float) -> LineService:
    """The figures of one line and day."""
    total = 0.0
    for _line, disposition, queued_at, answered_at, ended_at in waits:
        row.offered += 1
        if answered_at is not None:
            # from the first queue on, for that is how long the caller waited
            waited = _seconds(queued_at, answered_at)
            total += waited
            row.answered += 1
            row.answered_in_time += waited <= row.target_seconds
        elif ended_at is None:
            row.in_progress += 1
        elif disposition in _ABANDONED:
            row.abandoned += 1
            row.abandoned_short += _seconds(queued_at, ended_at) <= short_s
    counted = row.offered - row.abandoned_short - row.in_progress
    if counted:
        row.service_level = round(row.answered_in_time / counted, 4)
        row.connect_rate = round(row.answered / counted, 4)
    if row.answered:
        row.mean_wait_seconds = round(total / row.answered, 1)
    return row


def _seconds(since: datetime | None, until: datetime) -> float:
    return max(0.0, (until - since).total_seconds()) if since is not None else 0.0


async def statistics(exchange: Exchange[Days, Nothing]) -> LineServices:
    """Count, day by day."""
    context, query = exchange.context, exchange.query
    rows = []
    for day, begins, ends in query.each(context.settings.city.zone):
        lines: dict[str, list[Wait]] = {}
        for wait in await context.store.calls.waits(begins, ends):
            lines.setdefault(wait[0], []).append(wait)
        for line, waits in sorted(lines.items()):
            row = LineService(
                day=day,
                line=line,
                name=context.line_names.get(line, ""),
                target_seconds=context.answer_seconds(line, day),
            )
            rows.append(service_of(row, waits, context.settings.queue.short_abandon_seconds))
    return LineServices(rows=rows)


ROUTES: tuple[AnyRoute, ...] = (
    Route(
        "GET",
        "/api/statistics/lines",
        statistics,
        "Service level by day and dialled number",
        "numbers",
        Days,
        Nothing,
        LineServices,
        roles=LEADERS,
    ),
)
