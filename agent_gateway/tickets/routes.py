"""GET /api/tickets, GET and PATCH /api/tickets/{number}, POST /api/tickets/{number}/submit."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from agent_gateway.http.errors import forbidden, not_found
from agent_gateway.http.route import AnyRoute, Exchange, Nothing, Q, Route, Strict
from agent_gateway.store import Ticket, TicketFilter
from agent_gateway.tickets.editing import check_ticket_owner, edit_ticket, no_draft
from agent_gateway.tickets.views import FieldValues, TicketPage, TicketSummary, TicketView


class TicketQuery(Strict):
    """Which tickets; an agent gets the own ones only."""

    status: Literal["", "draft", "submitted", "dispatched", "handling", "answered", "closed"] = ""
    line: str = Field("", max_length=32)
    agent: str = Field("", max_length=64)
    caller: str = Field("", max_length=64)
    call_id: str = Field("", max_length=64)
    limit: int = Field(50, ge=1, le=200)
    offset: int = Field(0, ge=0, le=1_000_000)


class TicketLook(Strict):
    """``masked``: without names and personal numbers in full."""

    masked: bool = False


class TicketPatch(Strict):
    """Values for some fields. What a person enters is never overwritten by the machine."""

    fields: FieldValues


async def list_tickets(exchange: Exchange[TicketQuery, Nothing]) -> TicketPage:
    """A page of tickets."""
    query, who = exchange.query, exchange.user
    agent = query.agent
    if not who.sees_all:
        if not who.extension or agent not in ("", who.extension):
            raise forbidden()
        agent = who.extension
    wanted = TicketFilter(
        status=query.status,
        line=query.line,
        agent=agent,
        caller=query.caller,
        call_id=query.call_id,
    )
    await exchange.context.views.look(
        who, "tickets.list", query.model_dump_json(exclude_defaults=True), exchange.ip
    )
    rows, total = await exchange.context.store.tickets.page(
        wanted, limit=query.limit, offset=query.offset
    )
    return TicketPage(total=total, tickets=[TicketSummary.of(row) for row in rows])


async def get_ticket(exchange: Exchange[TicketLook, Nothing]) -> TicketView:
    """One ticket."""
    ticket = await _mine(exchange)
    await exchange.context.views.look(exchange.user, "ticket.view", ticket.number, exchange.ip)
    view = TicketView.of(ticket)
    return view.masked() if exchange.query.masked else view


async def patch_ticket(exchange: Exchange[Nothing, TicketPatch]) -> TicketView:
    """A person's entries."""
    context, who = exchange.context, exchange.user
    ticket = await edit_ticket(context.store, who, exchange.path("number"), exchange.body.fields)
    await exchange.audit("ticket.edit", ticket.number, detail=" ".join(exchange.body.fields))
    view = TicketView.of(ticket)
    context.live.ticket_changed(view)
    return view


async def submit_ticket(exchange: Exchange[Nothing, Nothing]) -> TicketView:
    """End the draft."""
    context = exchange.context
    number = (await _mine(exchange)).number
    try:
        ticket = await context.store.tickets.submit(number)
    except ValueError as error:
        raise no_draft(error) from error
    if ticket is None:
        raise not_found("工单", "ticket")
    await exchange.audit("ticket.submit", number)
    if context.callers is not None:
        context.callers.ticket_in_work(ticket.caller)
    view = TicketView.of(ticket)
    context.live.ticket_changed(view)
    return view


async def _mine(exchange: Exchange[Q, Nothing]) -> Ticket:
    ticket = await exchange.context.store.tickets.get(exchange.path("number"))
    if ticket is None:
        raise not_found("工单", "ticket")
    check_ticket_owner(ticket, exchange.user)
    return ticket


_ONE = "/api/tickets/{number}"

ROUTES: tuple[AnyRoute, ...] = (
    Route(
        "GET",
        "/api/tickets",
        list_tickets,
        "Tickets, newest first",
        "tickets",
        TicketQuery,
        Nothing,
        TicketPage,
    ),
    Route("GET", _ONE, get_ticket, "One ticket", "tickets", TicketLook, Nothing, TicketView),
    Route(
        "PATCH",
        _ONE,
        patch_ticket,
        "Change fields of a draft",
        "tickets",
        Nothing,
        TicketPatch,
        TicketView,
    ),
    Route(
        "POST",
        f"{_ONE}/submit",
        submit_ticket,
        "Submit a draft",
        "tickets",
        Nothing,
        Nothing,
        TicketView,
    ),
)
