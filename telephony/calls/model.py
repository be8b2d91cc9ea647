"""A live call as everybody above sees it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Party:
    """A channel that takes part in a conversation, and where."""

    channel: str
    endpoint: str
    bridge: str = ""


@dataclass(slots=True)
class Call:
    """A call in progress.

    Attributes:
        call_id: Linkedid of the caller's channel.
        channel: the caller's channel.
        caller: as the network gave it.
        dialled: as the network gave it.
        line: the line that was dialled; "" until known.
        started_at: UTC time of the first sign.
        queue: the queue the caller waits in; "" when in none.
        position: place in it, from 1; 0 when in none.
        answered_at: UTC time of the first answer; None before.
        answered_by: endpoint of the first answer; "" before.
        ringing: endpoints being rung, by channel.
        parties: who is in conversation, by channel.
        held_by: channels that have put the other on hold.
    """

    call_id: str
    channel: str
    caller: str
    dialled: str
    started_at: datetime
    caller_name: str = ""
    line: str = ""
    sip_call_id: str = ""
    queue: str = ""
    position: int = 0
    answered_at: datetime | None = None
    answered_by: str = ""
    ringing: dict[str, str] = field(default_factory=dict)
    parties: dict[str, Party] = field(default_factory=dict)
    held_by: set[str] = field(default_factory=set)

    @property
    def channels(self) -> set[str]:
        """Every channel known to belong to the call now."""
        return {self.channel, *self.ringing, *self.parties}
