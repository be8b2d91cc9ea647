"""GET /api/calls, GET /api/calls/{call_id}."""

from __future__ import annotations

from pydantic import AwareDatetime, Field

from agent_gateway.calls.access import visible_call
from agent_gateway.calls.views import CallDetail, CallPage, ListedCall
from agent_gateway.http.errors import forbidden
from agent_gateway.http.route import AnyRoute, Exchange, Nothing, Route, Strict
from agent_gateway.store import CallFilter


class CallQuery(Strict):
    """Which calls; an agent gets the own ones only. Times need a zone (ISO 8601).

    ``masked``: without the callers' numbers and names in full.
    """

    line: str = Field("", max_length=32)
    caller: str = Field("", max_length=64)
    agent: str = Field("", max_length=64)
    disposition: str = Field("", max_length=32)
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None
    masked: bool = False
    limit: int = Field(50, ge=1, le=200)
    offset: int = Field(0, ge=0, le=1_000_000)


async def list_calls(exchange: Exchange[CallQuery, Nothing]) -> CallPage:
    """A page of calls."""
    query, who = exchange.query, exchange.user
    agent = query.agent
    if not who.sees_all:
        if not who.extension or agent not in ("", who.extension):
            raise forbidden()
        agent = who.extension
    wanted = CallFilter(
        line=query.line,
        caller=query.caller,
        agent=agent,
        disposition=query.disposition,
        since=query.since,
        until=query.until,
    )
    await exchange.context.views.look(
        who, "calls.list", query.model_dump_json(exclude_defaults=True), exchange.ip
    )
    rows, total = await exchange.context.store.calls.page(
        wanted, limit=query.limit, offset=query.offset
    )
    recorded = await exchange.context.store.calls.recorded([row.id for row in rows])
    calls = [ListedCall.listed(row, has_recording=row.id in recorded) for row in rows]
    return CallPage(total=total, calls=[one.masked() for one in calls] if query.masked else calls)


async def get_call(exchange: Exchange[Nothing, Nothing]) -> CallDetail:
    """One call with its path and events."""
    call = await visible_call(exchange, "call.view")
    store = exchange.context.store
    ticket = await store.tickets.of_call(call.id)
    return CallDetail.full(
        call,
        await store.events.of_call(call.id),
        has_recording=await store.calls.recording(call.id) is not None,
        parts=await store.calls.parts(call.id),
        ticket_number=ticket.number if ticket else None,
    )


ROUTES: tuple[AnyRoute, ...] = (
    Route(
        "GET",
        "/api/calls",
        list_calls,
        "Calls, newest first",
        "calls",
        CallQuery,
        Nothing,
        CallPage,
    ),
    Route(
        "GET",
        "/api/calls/{call_id}",
        get_call,
        "One call with its path and events",
        "calls",
        Nothing,
        Nothing,
        CallDetail,
    ),
)
