"""Agents: their states, and the commands that put them into queues and take them out."""

from telephony.agents.agent import AGENT_ENDPOINT, AgentError, AgentSnapshot
from telephony.agents.desk import AgentDesk
from telephony.agents.seats import Levels, QueueSeats, Seat, Seats
from telephony.agents.states import TRANSITIONS, Trigger, next_state

__all__ = [
    "AGENT_ENDPOINT",
    "TRANSITIONS",
    "AgentDesk",
    "AgentError",
    "AgentSnapshot",
    "Levels",
    "QueueSeats",
    "Seat",
    "Seats",
    "Trigger",
    "next_state",
]
