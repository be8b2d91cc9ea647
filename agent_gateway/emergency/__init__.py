"""Callers in danger who have not reached anybody yet."""

from agent_gateway.emergency.priority import EmergencyPriority

__all__ = ["EmergencyPriority"]
