"""One call's hand-over: what is known of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import uuid4

from telephony.events import TransferKind
from telephony.transfers.states import TransferState
from telephony.transfers.targets import Target, TargetKind

ANY_ROOM = "*"


class TransferError(Exception):
    """An order that can't be carried out; Chinese and English by `` / ``. The call is as before."""


@dataclass(frozen=True, slots=True)
class TransferSnapshot:
    """A call's transfer now.

    ``notice`` is what the agent must know of the target (``outside_hours``); ``location`` what may
    have to be read aloud to an emergency line.
    """

    call_id: str
    state: TransferState
    kind: TransferKind
    target: str
    name: str
    drill: bool
    notice: str = ""
    location: str = ""


@dataclass(slots=True)
class Transfer:
    """One call's hand-over.

    Attributes:
        caller: the caller's channel.
        agent: the channel of the agent who has the call.
        room: bridge in which the agent is since the first move; "" before; ``ANY_ROOM`` when it is
            not known but will not change.
        target: where to; None before the first.
        target_channel: the target's telephone; "" until it rings.
        target_id: Uniqueid of the channel by which Asterisk rings the target.
        by: who ordered it: an extension or a user name.
        moved: the parties are in the room already, or wait for it.
    """

    call_id: str
    caller: str
    agent: str
    by: str = ""
    state: TransferState = TransferState.TOGETHER
    kind: TransferKind = TransferKind.THREE_WAY
    target: Target | None = None
    target_channel: str = ""
    target_id: str = field(default_factory=lambda: str(uuid4()))
    room: str = ""
    moved: bool = False

    @property
    def to_agent(self) -> bool:
        """Whether another agent is the target: the call then goes on as any agent's call."""
        return self.target is not None and self.target.kind is TargetKind.AGENT

    def aim(self, target: Target) -> None:
        """Another target, which does not ring yet; what is still told of the one before is old."""
        self.target = target
        self.target_channel, self.target_id = "", str(uuid4())

    def join(self, target: Target, channel: str) -> None:
        """A target that came by itself and has answered already."""
        self.target, self.kind = target, TransferKind.THREE_WAY
        self.target_channel = self.target_id = channel

    def dials(self, number: str) -> bool:
        """Whether ``number`` is what this transfer rings (unknown after a restart: yes)."""
        return self.target is None or self.target.number == number

    def snapshot(self) -> TransferSnapshot:
        """What others may know of it."""
        target = self.target
        return TransferSnapshot(
            self.call_id,
            self.state,
            self.kind,
            target.number if target else "",
            target.name if target else "",
            target.drill if target else False,
            target.notice if target else "",
            target.location if target else "",
        )
