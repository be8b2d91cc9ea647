"""GET /api/surveys, POST /api/calls/{call_id}/survey."""

from __future__ import annotations

from typing import Literal

from pydantic import AwareDatetime, Field

from agent_gateway.http.errors import ApiError, forbidden, no_telephony, refused
from agent_gateway.http.route import LEADERS, AnyRoute, Exchange, Nothing, Route, Strict
from agent_gateway.store import SurveyFilter
from agent_gateway.survey.desk import SurveyError
from agent_gateway.survey.views import (
    CalledBack,
    SurveyAverage,
    SurveyCallPage,
    SurveyCallView,
    SurveyPage,
    SurveySent,
    SurveyView,
)


class SurveyQuery(Strict):
    """Which answers. Times need a zone (ISO 8601)."""

    line: str = Field("", max_length=32)
    agent: str = Field("", max_length=64)
    way: Literal["", "same_call", "call_back"] = ""
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None
    limit: int = Field(50, ge=1, le=200)
    offset: int = Field(0, ge=0, le=1_000_000)


class SurveyCallQuery(Strict):
    """Which citizens; ``result`` "": any."""

    line: str = Field("", max_length=32)
    result: str = Field("", max_length=16)
    limit: int = Field(50, ge=1, le=200)
    offset: int = Field(0, ge=0, le=1_000_000)


async def list_surveys(exchange: Exchange[SurveyQuery, Nothing]) -> SurveyPage:
    """Answers and averages."""
    query, store = exchange.query, exchange.context.store
    wanted = SurveyFilter(query.line, query.agent, query.way, query.since, query.until)
    await exchange.context.views.look(
        exchange.user, "surveys.list", query.model_dump_json(exclude_defaults=True), exchange.ip
    )
    rows, total = await store.surveys.page(wanted, limit=query.limit, offset=query.offset)
    return SurveyPage(
        total=total,
        answers=[SurveyView.of(row, ticket) for row, ticket in rows],
        averages=[SurveyAverage.of(one) for one in await store.surveys.figures(wanted)],
        called_back=[
            CalledBack.of(one)
            for one in await store.survey_calls.figures(
                line=query.line, agent=query.agent, since=query.since, until=query.until
            )
        ],
    )


async def list_calls(exchange: Exchange[SurveyCallQuery, Nothing]) -> SurveyCallPage:
    """Whom it was tried to call back, and with what result."""
    query = exchange.query
    await exchange.context.views.look(
        exchange.user, "surveys.calls", query.model_dump_json(exclude_defaults=True), exchange.ip
    )
    rows, total = await exchange.context.store.survey_calls.page(
        line=query.line, result=query.result, limit=query.limit, offset=query.offset
    )
    return SurveyCallPage(total=total, calls=[SurveyCallView.of(row) for row in rows])


async def send(exchange: Exchange[Nothing, Nothing]) -> SurveySent:
    """The agent leaves and the caller is asked."""
    context, who = exchange.context, exchange.user
    call_id = exchange.path("call_id")[:64]
    if not who.extension or context.desk.snapshot(who.extension).call_id != call_id:
        raise forbidden()
    if context.surveys is None:
        raise no_telephony()
    try:
        await context.surveys.send(call_id, who.extension)
    except SurveyError as error:
        raise refused(409, "no_survey", error) from error
    except OSError as error:
        raise ApiError(
            409, "not_obeyed", "电话系统暂时无法执行", "the telephone system did not obey"
        ) from error
    return SurveySent(call_id=call_id)


ROUTES: tuple[AnyRoute, ...] = (
    Route(
        "GET",
        "/api/surveys",
        list_surveys,
        "What citizens answered, with averages by line and agent",
        "surveys",
        SurveyQuery,
        Nothing,
        SurveyPage,
        roles=LEADERS,
    ),
    Route(
        "GET",
        "/api/surveys/calls",
        list_calls,
        "Citizens who are called back for the survey, newest first",
        "surveys",
        SurveyCallQuery,
        Nothing,
        SurveyCallPage,
        roles=LEADERS,
    ),
    Route(
        "POST",
        "/api/calls/{call_id}/survey",
        send,
        "The agent leaves the call and the caller is asked how satisfied they are",
        "surveys",
        Nothing,
        Nothing,
        SurveySent,
    ),
)
