"""GET /api/numbers/statistics: when does nobody call an old number any more?"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Self

from pydantic import BaseModel, Field, model_validator

from agent_gateway.http.route import LEADERS, AnyRoute, Exchange, Nothing, Route, Strict
from config.numberplan import day_begins

MAX_DAYS = 92


class Days(Strict):
    """First and last day, by the city's clock."""

    first: date = Field(alias="from")
    last: date = Field(alias="to")

    @model_validator(mode="after")
    def _sane(self) -> Self:
        if not date(2000, 1, 1) <= self.first <= self.last < date(3000, 1, 1):
            raise ValueError("from must not be after to")
        if (self.last - self.first).days >= MAX_DAYS:
            raise ValueError(f"at most {MAX_DAYS} days at once")
        return self


class LineOfDay(BaseModel):
    """The calls to one dialled number that arrived on one day.

    Attributes:
        day: by the city's clock.
        line: the number that was dialled, whoever answered; "" for calls of which it is unknown.
        name: of the line; "" when the number plan does not have it (any more).
        calls: all of them.
        dispositions: how they ended, see the call record.
    """

    day: date
    line: str
    name: str
    calls: int
    dispositions: dict[str, int]


class Statistics(BaseModel):
    """One row for each day and dialled number that was called."""

    rows: list[LineOfDay]


async def statistics(exchange: Exchange[Days, Nothing]) -> Statistics:
    """Count."""
    context, query = exchange.context, exchange.query
    rows = []
    for offset in range((query.last - query.first).days + 1):
        day = query.first + timedelta(days=offset)
        begins, ends = (
            datetime.fromtimestamp(day_begins(one, context.settings.city.zone), UTC)
            for one in (day, day + timedelta(days=1))
        )
        lines: dict[str, dict[str, int]] = {}
        for line, disposition, calls in await context.store.calls.counts(begins, ends):
            lines.setdefault(line, {})[disposition] = calls
        rows += [
            LineOfDay(
                day=day,
                line=line,
                name=context.line_names.get(line, ""),
                calls=sum(dispositions.values()),
                dispositions=dispositions,
            )
            for line, dispositions in lines.items()
        ]
    return Statistics(rows=rows)


ROUTES: tuple[AnyRoute, ...] = (
    Route(
        "GET",
        "/api/numbers/statistics",
        statistics,
        "Calls by day, dialled number and how they ended",
        "numbers",
        Days,
        Nothing,
        Statistics,
        roles=LEADERS,
    ),
)
