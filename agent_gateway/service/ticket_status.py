"""The IVR's view of the tickets: status only."""

from __future__ import annotations

from agent_gateway.store import Store, Ticket, TicketFilter
from ivr.selfservice import TicketState, TicketStatus


class StoredTicketStatus:
    """Answers from the built-in tickets (``ivr.selfservice.TicketStatusSource``)."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def latest_for_caller(self, caller: str) -> TicketStatus | None:
        """The newest ticket of a calling number.

        Raises:
            SQLAlchemyError: the database does not answer.
        """
        if not caller:
            return None
        tickets, _ = await self._store.tickets.page(TicketFilter(caller=caller), limit=1, offset=0)
        return _status(tickets[0]) if tickets else None

    async def by_number(self, number: str, caller: str) -> TicketStatus | None:
        """A ticket by its number, if it was opened from the calling number.

        Raises:
            SQLAlchemyError: the database does not answer.
        """
        ticket = await self._store.tickets.get(number)
        # The number alone must not tell: it can be counted up.
        if ticket is None or not caller or ticket.caller != caller:
            return None
        return _status(ticket)


def _status(ticket: Ticket) -> TicketStatus:
    return TicketStatus(ticket.number, TicketState(ticket.status))
