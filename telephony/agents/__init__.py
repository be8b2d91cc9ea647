"""Agents: their states, and the commands that put them into queues and take them out."""

from telephony.agents.desk import AGENT_ENDPOINT, AgentDesk, AgentError, AgentSnapshot
from telephony.agents.seats import QueueSeats, Seat, Seats
from telephony.agents.states import TRANSITIONS, Trigger, next_state

__all__ = [
    "AGENT_ENDPOINT",
    "TRANSITIONS",
    "AgentDesk",
    "AgentError",
    "AgentSnapshot",
    "QueueSeats",
    "Seat",
    "Seats",
    "Trigger",
    "next_state",
]
