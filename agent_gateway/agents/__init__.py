"""Agents as the web sees them: who is there, in which state."""

from agent_gateway.agents.desk import Desk

__all__ = ["Desk"]
