"""One agent as the desk keeps it, and as others see it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime

from telephony.events import AgentState

AGENT_ENDPOINT = "PJSIP/agent-"


class AgentError(Exception):
    """A command that can't be carried out; the text says what to do."""


@dataclass(frozen=True, slots=True)
class AgentSnapshot:
    """One agent now. ``reachable`` is False when the telephone is not registered."""

    extension: str
    state: AgentState
    reason: str
    since: datetime
    call_id: str
    reachable: bool


@dataclass(slots=True)
class Agent:
    """What the desk knows of an agent."""

    extension: str
    state: AgentState = AgentState.LOGGED_OUT
    reason: str = ""
    since: datetime = field(default_factory=lambda: datetime.now(UTC))
    call_id: str = ""
    missed: int = 0
    reachable: bool = True
    # What the agent asked for during a call; it happens when the call is over.
    afterwards: AgentState | None = None
    afterwards_reason: str = ""
    timer: asyncio.TimerHandle | None = None
    leaving: asyncio.TimerHandle | None = None

    @property
    def interface(self) -> str:
        """The queue member."""
        return AGENT_ENDPOINT + self.extension

    def snapshot(self) -> AgentSnapshot:
        """As others see it."""
        return AgentSnapshot(
            self.extension, self.state, self.reason, self.since, self.call_id, self.reachable
        )

    def stop_timer(self) -> None:
        """The wrap-up does not end by itself any more."""
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None
