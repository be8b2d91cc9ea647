"""What callers can learn without a person, if they ask for it."""

from ivr.selfservice.ticket_progress import (
    TicketState,
    TicketStatus,
    TicketStatusSource,
    tell_ticket_progress,
)

__all__ = ["TicketState", "TicketStatus", "TicketStatusSource", "tell_ticket_progress"]
