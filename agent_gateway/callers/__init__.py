"""Who calls: numbers that are blocked or put forward, and callers who call again."""

from agent_gateway.callers.known import KnownCallers
from agent_gateway.callers.number import caller_number

__all__ = ["KnownCallers", "caller_number"]
