"""What callers of a number get, to read and to hear; and when nobody calls it any more."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Self

from aiohttp import web
from pydantic import BaseModel, Field, model_validator

from agent_gateway.http.errors import ApiError, not_found
from agent_gateway.http.route import LEADERS, AnyRoute, Exchange, Nothing, Route, Strict
from config.numberplan import day_begins
from config.numberplan.preview import Preview, preview
from ivr.prompts.listening import heard
from ivr.prompts.wavefile import UnreadableSoundError, wav_bytes

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

    def each(self, zone: tzinfo) -> Iterator[tuple[date, datetime, datetime]]:
        """Every day with its first moment and the next day's."""
        for offset in range((self.last - self.first).days + 1):
            day = self.first + timedelta(days=offset)
            begins, ends = (
                datetime.fromtimestamp(day_begins(one, zone), UTC)
                for one in (day, day + timedelta(days=1))
            )
            yield day, begins, ends


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
    for day, begins, ends in query.each(context.settings.city.zone):
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


class Moment(Strict):
    """When; the city's time if it has no offset. Now if left out."""

    at: datetime | None = None


class StepView(BaseModel):
    """One thing that happens to the caller; see ``hotline numbers preview``."""

    kind: str
    sentence: str
    prompt: str
    text: str
    detail: str


class PreviewView(BaseModel):
    """What a caller of a number would hear at a moment, and where the call would end."""

    dialled: str
    at: datetime
    known: bool
    line: str
    name: str
    mode: str
    since: date | None
    until: date | None
    steps: list[StepView]


async def preview_steps(exchange: Exchange[Moment, Nothing]) -> PreviewView:
    """Step by step."""
    return PreviewView.model_validate(_preview(exchange).as_json())


async def preview_sound(exchange: Exchange[Moment, Nothing]) -> web.Response:
    """All that would be heard, one after the other."""
    steps = _preview(exchange).steps
    folder = exchange.context.settings.prompts_dir
    said = [step.prompt for step in steps if step.prompt]
    try:
        content = await asyncio.to_thread(lambda: wav_bytes(heard(folder, said)))
    except UnreadableSoundError as error:
        raise ApiError(
            409, "no_prompt", f"提示音尚未生成：{error}", f"a prompt is not made yet: {error}"
        ) from error
    return web.Response(body=content, content_type="audio/wav")


def _preview(exchange: Exchange[Moment, Nothing]) -> Preview:
    reloader = exchange.context.reloader
    if reloader is None:
        raise not_found("号码", "number")
    zone = exchange.context.settings.city.zone
    at = exchange.query.at or datetime.now(zone)
    at = at if at.tzinfo else at.replace(tzinfo=zone)
    if not 2000 <= at.year < 3000:
        raise not_found("日期", "date")
    loaded = reloader.current
    return preview(
        loaded.plan,
        exchange.context.settings.city,
        exchange.path("number")[:64],
        at,
        loaded.calendar,
    )


ROUTES: tuple[AnyRoute, ...] = (
    Route(
        "GET",
        "/api/numbers/{number}/preview",
        preview_steps,
        "What a caller would hear at a moment, and where the call would end",
        "numbers",
        Moment,
        Nothing,
        PreviewView,
        roles=LEADERS,
    ),
    Route(
        "GET",
        "/api/numbers/{number}/preview/audio",
        preview_sound,
        "The same to listen to",
        "numbers",
        Moment,
        Nothing,
        media="audio/wav",
        roles=LEADERS,
    ),
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
