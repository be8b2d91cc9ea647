"""Tickets: a draft for every answered call, edited and submitted by people."""

from agent_gateway.tickets.drafting import TicketDrafter
from agent_gateway.tickets.prefiller import Prefiller

__all__ = ["Prefiller", "TicketDrafter"]
