"""What callers can learn without a person, if they ask for it."""

from ivr.selfservice.ticket_progress import (
    LAST_DIGITS,
    TicketState,
    TicketStatus,
    TicketStatusSource,
    tell_ticket_progress,
)

__all__ = [
    "LAST_DIGITS",
    "TicketState",
    "TicketStatus",
    "TicketStatusSource",
    "tell_ticket_progress",
]
