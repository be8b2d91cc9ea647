"""What the gateway asks of the agents' desk (``telephony.agents.AgentDesk`` is the real one)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from telephony.agents import AgentSnapshot


class Desk(Protocol):
    """Agents' states and the commands that change them; each raises AgentError when refused."""

    def snapshot(self, extension: str) -> AgentSnapshot:
        """The agent now."""

    def snapshots(self) -> Sequence[AgentSnapshot]:
        """All agents that were seen since the start."""

    async def login(self, extension: str) -> AgentSnapshot:
        """Take a seat."""

    async def logout(self, extension: str) -> AgentSnapshot:
        """Leave the seat."""

    async def ready(self, extension: str) -> AgentSnapshot:
        """Take calls (logs in when needed)."""

    async def take_break(self, extension: str, reason: str) -> AgentSnapshot:
        """Take no calls."""

    async def reseat(self, extension: str) -> None:
        """Sit in the queues of the skills as they are now."""
