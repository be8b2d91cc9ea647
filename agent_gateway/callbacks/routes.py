"""POST and GET /api/callbacks, POST /api/callbacks/{call_id}/result."""

from __future__ import annotations

from typing import Any, Self

from pydantic import Field, model_validator

from agent_gateway.callbacks.desk import CallbackDesk, CallbackError
from agent_gateway.callbacks.result import Result
from agent_gateway.callbacks.views import CallbackPage, CallbackView
from agent_gateway.http.errors import ApiError, forbidden, no_telephony, not_found, refused
from agent_gateway.http.route import AnyRoute, Exchange, Nothing, Route, Strict


class CallbackRequest(Strict):
    """Whom to call: by exactly one of a missed call, a ticket, an earlier call, or a number."""

    missed_id: int | None = Field(None, ge=1, lt=1_000_000_000)
    ticket: str = Field("", max_length=20)
    call_id: str = Field("", max_length=64)
    number: str = Field("", max_length=24)

    @model_validator(mode="after")
    def _one(self) -> Self:
        if sum(map(bool, (self.missed_id, self.ticket, self.call_id, self.number))) != 1:
            raise ValueError("name one of missed_id, ticket, call_id, number")
        return self


class CallbackQuery(Strict):
    """Which calls; an agent gets the own ones only."""

    agent: str = Field("", max_length=64)
    limit: int = Field(50, ge=1, le=200)
    offset: int = Field(0, ge=0, le=1_000_000)


class CallbackResult(Strict):
    """What came of it, as the agent says."""

    result: Result
    note: str = Field("", max_length=1000)


async def ask(exchange: Exchange[Nothing, CallbackRequest]) -> CallbackView:
    """The agent's telephone rings, then the citizen's."""
    desk, who, body = _desk(exchange), exchange.user, exchange.body
    if not who.extension:
        raise ApiError(409, "no_telephone", "您没有分机", "you have no telephone")
    citizen, line = await _citizen(exchange)
    detail = f"{body.missed_id or body.ticket or body.call_id or citizen}"
    # nothing is dialled that is not in the audit trail
    await exchange.audit("callback.ask", detail)
    try:
        entry = await desk.ask(
            who.extension,
            citizen,
            by=who.username,
            line=line,
            missed_id=body.missed_id,
            ticket=body.ticket,
        )
    except CallbackError as error:
        raise refused(409, "callback_refused", error) from error
    return CallbackView.of(entry)


async def _citizen(exchange: Exchange[Nothing, CallbackRequest]) -> tuple[str, str]:
    """Number and line.

    Raises:
        ApiError: there is no such thing, or it is another agent's.
    """
    store, body, who = exchange.context.store, exchange.body, exchange.user
    if body.missed_id:
        missed = await store.missed.get(body.missed_id)
        if missed is None:
            raise not_found("漏接来电", "missed call")
        return missed.caller, missed.line
    if body.ticket:
        ticket = await store.tickets.get(body.ticket)
        if ticket is None:
            raise not_found("工单", "ticket")
        if not who.sees_all and ticket.agent != who.extension:
            raise forbidden()
        return ticket.caller, ticket.line
    if body.call_id:
        call = await store.calls.get(body.call_id)
        if call is None:
            raise not_found("通话", "call")
        if not who.sees_all and who.extension not in await store.calls.agents(call.id):
            raise forbidden()
        return call.caller, call.line
    return body.number, ""


async def list_callbacks(exchange: Exchange[CallbackQuery, Nothing]) -> CallbackPage:
    """A page of calls."""
    query, who = exchange.query, exchange.user
    agent = query.agent
    if not who.sees_all:
        if not who.extension or agent not in ("", who.extension):
            raise forbidden()
        agent = who.extension
    await exchange.context.views.look(
        who, "callbacks.list", query.model_dump_json(exclude_defaults=True), exchange.ip
    )
    rows, total = await exchange.context.store.callbacks.page(
        agent=agent, limit=query.limit, offset=query.offset
    )
    return CallbackPage(total=total, callbacks=[CallbackView.of(row) for row in rows])


async def result(exchange: Exchange[Nothing, CallbackResult]) -> CallbackView:
    """The agent says what came of it."""
    desk, who, body = _desk(exchange), exchange.user, exchange.body
    call_id = exchange.path("call_id")[:64]
    entry = await exchange.context.store.callbacks.get(call_id)
    if entry is None:
        raise not_found("回电", "call back")
    if not who.sees_all and entry.agent != who.extension:
        raise forbidden()
    await exchange.audit("callback.result", call_id, detail=body.result.value)
    changed = await desk.correct(call_id, body.result, body.note)
    return CallbackView.of(changed or entry)


def _desk(exchange: Exchange[Any, Any]) -> CallbackDesk:
    desk = exchange.context.callbacks
    if desk is None:
        raise no_telephony()
    return desk


ROUTES: tuple[AnyRoute, ...] = (
    Route(
        "POST",
        "/api/callbacks",
        ask,
        "Call a citizen: the own telephone rings first",
        "callbacks",
        Nothing,
        CallbackRequest,
        CallbackView,
    ),
    Route(
        "GET",
        "/api/callbacks",
        list_callbacks,
        "Calls to citizens, newest first",
        "callbacks",
        CallbackQuery,
        Nothing,
        CallbackPage,
    ),
    Route(
        "POST",
        "/api/callbacks/{call_id}/result",
        result,
        "Say what came of a call to a citizen",
        "callbacks",
        Nothing,
        CallbackResult,
        CallbackView,
    ),
)
