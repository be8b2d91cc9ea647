"""Channels and the calls they belong to, while they live."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from telephony.calls.channelname import ChannelName

SUPERVISION_ACCOUNT = "supervision"
"""Account code of the channels by which supervisors hear calls."""


@dataclass(eq=False, slots=True)
class Leg:
    """One channel.

    Attributes:
        state: ast_channel_state (0 down, 4 ring, 5 ringing, 6 up); None when never told.
        heard_late: its beginning was not heard.
        outgoing: it was seen ringing, so it is not the one who called us.
        dialled: somebody rings it (as opposed to: it rings us).
        dialled_by: the leg that rings it; None when the system does (originate).
        exten: the number it asked for.
        at_exten: where the dialplan has taken it.
        offer: it is being rung on a call's behalf and that has been said.
        answered: it took part as an answering party, and that has been said.
        handed_over: it transferred the call; its own end is no hanging up.
        guest: it came into the call by a conference, not by being rung for it.
        bridges: conversations it is in.
        names: every name its channel has had.
        seen_at: arrival of the last message about it.
    """

    uniqueid: str
    name: ChannelName
    call: CallThread
    created_at: datetime
    seen_at: datetime
    linkedid: str = ""
    state: int | None = None
    caller: str = ""
    caller_name: str = ""
    exten: str = ""
    account: str = ""
    at_exten: str = ""
    up_at: datetime | None = None
    heard_late: bool = False
    outgoing: bool = False
    dialled: bool = False
    dialled_by: Leg | None = None
    dial_string: str = ""
    offer: bool = False
    answered: bool = False
    handed_over: bool = False
    guest: bool = False
    cause: int = 0
    last_application: str = ""
    bridges: set[str] = field(default_factory=set)
    names: set[str] = field(default_factory=set)

    @property
    def person(self) -> bool:
        """Whether a telephone or trunk is behind it, now.

        A supervisor's telephone that hears a call is in no conversation: nobody to the call.
        """
        return self.name.person and not self.name.ghost and self.account != SUPERVISION_ACCOUNT

    @property
    def originated(self) -> bool:
        """Whether the system rang it, on nobody's behalf."""
        return self.dialled and self.dialled_by is None


@dataclass(slots=True)
class Release:
    """The best evidence so far of who ended a call."""

    leg: Leg | None
    basis: str
    at: datetime


@dataclass(eq=False, slots=True)
class CallThread:
    """The channels of one call, and what has been said of it.

    Attributes:
        caller: the leg whose end is the call's end; None until the call is announced.
        moved: it was transferred.
        taken_from: who handed it on, where that is known before the target is.
        request: the first party that wanted to leave the last conversation.
        soft: a hang-up ordered by the system or an administrator.
        first_to_leave: who left the last conversation first.
        reason: AgentComplete's Reason.
        cancelled: a DialEnd or Dial said CANCEL.
        waiting_in: queue the caller is in; "" when in none.
        queued: the caller has been in a queue.
        vanished: its end was not heard; a list of channels no longer had it.
        left: queue the caller has left for a reason not known yet.
    """

    ident: str
    started_at: datetime
    legs: list[Leg] = field(default_factory=list)
    caller: Leg | None = None
    dialled: str = ""
    announced: bool = False
    ended: bool = False
    line: str = ""
    sip_call_id: str = ""
    answered_by: Leg | None = None
    moved: bool = False
    taken_from: Leg | None = None
    request: Release | None = None
    soft: Release | None = None
    first_to_leave: Release | None = None
    first_gone: Release | None = None
    reason: str = ""
    cancelled: bool = False
    offer_cause: int = 0
    waiting_in: str = ""
    position: int = 0
    abandoned: bool = False
    keyed_at: datetime | None = None
    left: str = ""
    queued: bool = False
    vanished: bool = False
    held_by: set[str] = field(default_factory=set)

    @property
    def persons(self) -> list[Leg]:
        """Legs with somebody behind them."""
        return [leg for leg in self.legs if leg.person]

    def others(self, leg: Leg) -> list[Leg]:
        """People other than ``leg`` and the caller who take part."""
        return [
            other
            for other in self.persons
            if other is not leg and other is not self.caller and other.state == 6
        ]

    def forget_evidence(self) -> None:
        """A new conversation began: what pointed to the end of the last one is void."""
        self.request = self.soft = self.first_to_leave = self.first_gone = None
        self.reason = ""
