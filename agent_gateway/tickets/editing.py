"""A person's changes to a ticket, for the REST API and the WebSocket alike."""

from __future__ import annotations

from datetime import datetime, tzinfo

from agent_gateway.auth import Principal
from agent_gateway.http.errors import ApiError, forbidden, not_found
from agent_gateway.store import Store, Ticket
from agent_gateway.tickets.views import FieldValues


def check_ticket_owner(ticket: Ticket, who: Principal) -> None:
    """Agents reach the tickets of their own calls; supervisors and administrators all.

    Raises:
        ApiError: 403.
    """
    if not who.sees_all and (not who.extension or ticket.agent != who.extension):
        raise forbidden()


async def edit_ticket(store: Store, who: Principal, number: str, values: FieldValues) -> Ticket:
    """Put a person's values into a draft.

    Raises:
        ApiError: no such ticket, not one's own, or no draft any more.
        SQLAlchemyError: the store does not answer.
    """
    ticket = await store.tickets.get(number)
    if ticket is None:
        raise not_found("工单", "ticket")
    check_ticket_owner(ticket, who)
    try:
        edited = await store.tickets.edit(number, values, who.username)
    except ValueError as error:
        raise no_draft(error) from error
    if edited is None:
        raise not_found("工单", "ticket")
    return edited


async def edit_ticket_of_call(
    store: Store, who: Principal, call_id: str, values: FieldValues, zone: tzinfo
) -> Ticket:
    """Likewise for the ticket of a call; makes the draft when the call has none yet.

    Raises:
        ApiError: no such call, not one's own, or no draft any more.
        SQLAlchemyError: the store does not answer.
    """
    call = await store.calls.get(call_id)
    if call is None:
        raise not_found("通话", "call")
    if not who.sees_all and who.extension not in await store.calls.agents(call_id):
        raise forbidden()
    day = datetime.now(zone).date()
    try:
        ticket, _ = await store.tickets.edit_of_call(call, day=day, values=values, by=who.username)
    except ValueError as error:
        raise no_draft(error) from error
    return ticket


def no_draft(error: ValueError) -> ApiError:
    """409: it has been submitted."""
    return ApiError(409, "not_a_draft", "工单已提交，不能再修改草稿", str(error))
