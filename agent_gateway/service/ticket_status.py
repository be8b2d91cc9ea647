"""The IVR's view of the tickets: status only."""

from __future__ import annotations

import time
from collections.abc import Callable

import structlog

from agent_gateway.callers.number import caller_number
from agent_gateway.store import Store, Ticket
from config.numberplan import variants
from ivr.selfservice import LAST_DIGITS, TicketState, TicketStatus

log = structlog.get_logger(__name__)

# Wrong last digits of one ticket within an hour; then it is told to nobody else until they are old.
WRONG_LIMIT = 5
WRONG_FOR_S = 3600.0


class StoredTicketStatus:
    """Answers from the built-in tickets (``ivr.selfservice.TicketStatusSource``).

    Args:
        store: the tickets.
        area_code: of the city, for numbers that are written without.
        clock: seconds.
    """

    def __init__(
        self, store: Store, area_code: str, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._store = store
        self._area_code = area_code
        self._clock = clock
        self._wrong: dict[str, list[float]] = {}

    async def latest_for_caller(self, caller: str) -> TicketStatus | None:
        """The newest ticket of a calling number, however networks wrote it.

        Raises:
            SQLAlchemyError: the database does not answer.
        """
        number = self._number(caller)
        if not number:
            return None
        spellings = {caller, number}
        if not number.startswith("+"):
            spellings |= {f"0{number}", *variants(number, self._area_code)}
        ticket = await self._store.tickets.latest_of(spellings)
        return _status(ticket) if ticket else None

    async def by_number(
        self, number: str, caller: str, last_digits: str = ""
    ) -> TicketStatus | None:
        """A ticket by its number, if it is the caller's or the last digits are right.

        Raises:
            SQLAlchemyError: the database does not answer.
        """
        ticket = await self._store.tickets.get(number)
        owner = self._number(ticket.caller) if ticket else ""
        # The number alone must not tell: it can be counted up.
        if ticket is None or not owner:
            return None
        if owner == self._number(caller):
            return _status(ticket)
        if len(last_digits) != LAST_DIGITS or not self._may_try(number):
            return None
        if not owner.endswith(last_digits):
            self._wrong.setdefault(number, []).append(self._clock())
            return None
        return _status(ticket)

    def _may_try(self, number: str) -> bool:
        """Whether so few wrong digits came for the ticket lately that these are looked at."""
        since = self._clock() - WRONG_FOR_S
        recent = {
            ticket: kept
            for ticket, times in self._wrong.items()
            if (kept := [at for at in times if at > since])
        }
        self._wrong = recent
        if len(recent.get(number, ())) < WRONG_LIMIT:
            return True
        log.warning("ticket_progress.guessed_at", ticket=number)
        return False

    def _number(self, raw: str) -> str:
        return caller_number(raw, self._area_code)


def _status(ticket: Ticket) -> TicketStatus:
    return TicketStatus(ticket.number, TicketState(ticket.status))
