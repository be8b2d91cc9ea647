"""GET /api/missed-calls, POST /api/missed-calls/{number}/done."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Literal

from pydantic import Field

from agent_gateway.http.errors import ApiError, not_found
from agent_gateway.http.route import AnyRoute, Exchange, Nothing, Route, Strict
from agent_gateway.missed.views import MissedCallPage, MissedCallView


class MissedCallQuery(Strict):
    """Which entries."""

    state: Literal["open", "closed", "all"] = "open"
    limit: int = Field(50, ge=1, le=200)
    offset: int = Field(0, ge=0, le=1_000_000)


class CalledBack(Strict):
    """What came of calling back."""

    result: Literal["reached", "not_reached", "wrong_number", "not_needed"]
    note: str = Field("", max_length=1000)


async def list_missed(exchange: Exchange[MissedCallQuery, Nothing]) -> MissedCallPage:
    """A page of missed calls; open ones in the order in which to call back."""
    query = exchange.query
    await exchange.context.views.look(
        exchange.user, "missed_calls.list", query.model_dump_json(), exchange.ip
    )
    rows, total = await exchange.context.store.missed.page(
        is_open={"open": True, "closed": False, "all": None}[query.state],
        limit=query.limit,
        offset=query.offset,
    )
    return MissedCallPage(total=total, missed_calls=[MissedCallView.of(row) for row in rows])


async def done(exchange: Exchange[Nothing, CalledBack]) -> MissedCallView:
    """Close an entry."""
    context, who, body = exchange.context, exchange.user, exchange.body
    number = exchange.number("number")
    try:
        row = await context.store.missed.close(
            number, at=datetime.now(UTC), by=who.username, result=body.result, note=body.note
        )
    except ValueError as error:
        raise ApiError(409, "closed", "该漏接来电已经处理", str(error)) from error
    if row is None:
        raise not_found("漏接来电", "missed call")
    await exchange.audit("missed_call.done", str(number), detail=body.result)
    return context.missed_call_changed(row)


ROUTES: tuple[AnyRoute, ...] = (
    Route(
        "GET",
        "/api/missed-calls",
        list_missed,
        "Numbers that wait to be called back, in that order",
        "calls",
        MissedCallQuery,
        Nothing,
        MissedCallPage,
    ),
    Route(
        "POST",
        "/api/missed-calls/{number}/done",
        done,
        "Close a missed call with its result",
        "calls",
        Nothing,
        CalledBack,
        MissedCallView,
    ),
)
