"""What goes over the WebSocket, in both directions. See docs/websocket.md."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, TypeAdapter, model_validator

from agent_gateway.advice.views import AdviceMessage
from agent_gateway.calls.views import CallSummary
from agent_gateway.missed.views import MissedCallView
from agent_gateway.pinned.views import PinnedView
from agent_gateway.privacy import UnmaskReason
from agent_gateway.tickets.views import FieldValues, TicketSummary, TicketView
from telephony.events import AgentState, LinkState

# ---- from the service ---------------------------------------------------------------------------


class Turn(BaseModel):
    """What a party says; ``final`` False: the text may still change.

    ``readable``: the text with figures and punctuation; "" for partials.
    """

    speaker: str
    turn: int
    text: str
    start_ms: int
    end_ms: int
    final: bool
    confidence: float = -1.0
    readable: str = ""


class ScreenPop(BaseModel):
    """A call as the agent sees it.

    ``path``: steps {at, step, …} so far. ``history`` and ``open_tickets`` belong to the caller's
    number; None while they are still being looked up (``call.updated`` brings them). ``transfer``
    is the last ``transfer.changed``, ``alarm`` the last ``call.alarm``,
    ``advice`` the last ``call.advice``; None before the first. ``hints``: all ``call.quality`` so
    far, in the snapshots of supervisors only.
    """

    call_id: str
    direction: Literal["inbound", "outbound"]
    kind: Literal["call", "callback", "survey"]
    line: str
    line_name: str
    dialled: str
    caller: str
    caller_name: str
    arrived_at: datetime
    answered_at: datetime | None
    ended_at: datetime | None
    queue: str
    ringing: list[str]
    agents: list[str]
    path: list[dict[str, Any]]
    history: list[CallSummary] | None
    open_tickets: list[TicketSummary] | None
    turns: list[Turn]
    delays: dict[str, int]
    prefill: dict[str, Any]
    transfer: dict[str, Any] | None
    ticket: TicketView | None
    alarm: AlarmMessage | None = None
    advice: AdviceMessage | None = None
    hints: list[QualityMessage] = Field(default_factory=list)


class Hello(BaseModel):
    """First message after the login is accepted.

    ``masked``: personal data is not shown in full; see ``unmask``.
    """

    type: Literal["hello"] = "hello"
    username: str
    display_name: str
    role: str
    extension: str
    masked: bool
    server_time: datetime


class Snapshot(BaseModel):
    """What is so now; comes after every (re)connection. ``agent`` is None without an extension."""

    type: Literal["snapshot"] = "snapshot"
    agent: AgentStateMessage | None
    calls: list[ScreenPop]
    pinned: list[PinnedView]


class CallMessage(BaseModel):
    """A call and everything known of it.

    ``call.offered`` comes before or as the telephone rings; supervisors get ``call.arrived`` too;
    ``call.updated`` replaces what was sent before.
    """

    type: Literal["call.arrived", "call.offered", "call.updated"]
    call: ScreenPop


class OfferEndedMessage(BaseModel):
    """The telephone no longer rings; ``outcome`` is an OfferOutcome."""

    type: Literal["call.offer_ended"] = "call.offer_ended"
    call_id: str
    extension: str
    outcome: str


class CallAnsweredMessage(BaseModel):
    """Somebody answered."""

    type: Literal["call.answered"] = "call.answered"
    call_id: str
    extension: str
    at: datetime


class CallEndedMessage(BaseModel):
    """The caller is gone. ``cause``: Q.850, 0 when unknown."""

    type: Literal["call.ended"] = "call.ended"
    call_id: str
    at: datetime
    hung_up_by: str
    cause: int
    cause_text: str


class TransferMessage(BaseModel):
    """A transfer came into another state, or rings another number.

    ``state`` is a ``telephony.transfers.TransferState``, ``location`` what an emergency line is
    told of the place.
    """

    type: Literal["transfer.changed"] = "transfer.changed"
    call_id: str
    at: datetime
    state: str
    kind: str
    target: str
    name: str
    reason: str
    drill: bool
    location: str


class PinnedMessage(BaseModel):
    """Targets that are on all desks now, after one has come or gone."""

    type: Literal["targets.pinned"] = "targets.pinned"
    pinned: list[PinnedView]


class TelephoneMessage(BaseModel):
    """A page of the agent's, ``page``, is the telephone from now on; others stop being it."""

    type: Literal["telephone.taken"] = "telephone.taken"
    page: str


class TranscriptMessage(BaseModel):
    """A turn; the same ``speaker`` and ``turn`` replace what was sent before."""

    type: Literal["transcript.partial", "transcript.final"]
    call_id: str
    speaker: str
    turn: int
    text: str
    start_ms: int
    end_ms: int
    confidence: float = -1.0
    readable: str = ""


class DelayMessage(BaseModel):
    """A speaker's words come ``behind_ms`` late (0: not any more); ``deferred``: much later."""

    type: Literal["transcript.delayed"] = "transcript.delayed"
    call_id: str
    speaker: str
    behind_ms: int
    deferred: bool


class PrefillMessage(BaseModel):
    """The machine's guess at the ticket: field -> {value, evidence, confidence}."""

    type: Literal["prefill.changed"] = "prefill.changed"
    call_id: str
    fields: dict[str, Any]


class QualityMessage(BaseModel):
    """A turn broke a rule of good service; supervisors get it, agents do not."""

    type: Literal["call.quality"] = "call.quality"
    call_id: str
    at: datetime
    rule: str
    detail: str
    turn: int
    text: str


class AlarmMessage(BaseModel):
    """Words of danger were heard; ``line``: the emergency line that they call for."""

    type: Literal["call.alarm"] = "call.alarm"
    call_id: str
    at: datetime
    line: str
    kind: str
    words: str
    urgent_only: bool


class TicketMessage(BaseModel):
    """A ticket was drafted (or filled anew) by the machine, or changed by a person."""

    type: Literal["ticket.drafted", "ticket.changed"]
    ticket: TicketView


class MissedCallMessage(BaseModel):
    """A number waits to be called back, or its entry has changed; ``closed_at``: not any more."""

    type: Literal["missed.changed"] = "missed.changed"
    missed_call: MissedCallView


class AgentStateMessage(BaseModel):
    """An agent's state."""

    type: Literal["agent.state"] = "agent.state"
    extension: str
    state: AgentState
    reason: str
    call_id: str
    at: datetime


class SupervisionMessage(BaseModel):
    """To supervisors: whose telephone rings, or hears which agent's call; ``over``: not any more.

    ``state``: ringing, listen, whisper, barge, over; ``reason`` of an end that was no leaving:
    busy, refused, no_answer, unreachable.
    """

    type: Literal["supervision.changed"] = "supervision.changed"
    supervisor: str
    by: str
    agent: str
    call_id: str
    state: str
    reason: str
    at: datetime


class LinkMessage(BaseModel):
    """Whether the service hears Asterisk; while it does not, calls go on but are not shown."""

    type: Literal["link.state"] = "link.state"
    state: LinkState
    reason: str


class Pong(BaseModel):
    """Answer to a ping."""

    type: Literal["pong"] = "pong"
    id: str | None = None


class Done(BaseModel):
    """A command was carried out; its effect comes as a message of its own."""

    type: Literal["done"] = "done"
    id: str | None = None


class ErrorMessage(BaseModel):
    """A command was refused; the connection goes on."""

    type: Literal["error"] = "error"
    id: str | None = None
    code: str
    message: str
    message_en: str


# ---- from the page ------------------------------------------------------------------------------

CommandId = Annotated[str, StringConstraints(max_length=64)]


class _Command(BaseModel):
    """``id`` comes back with the answer."""

    model_config = ConfigDict(extra="forbid")

    id: CommandId | None = None


class AuthCommand(_Command):
    """The first message of a client that has neither cookie nor token in the handshake."""

    type: Literal["auth"]
    token: str = Field(min_length=1, max_length=200)


class PingCommand(_Command):
    """Are you there?"""

    type: Literal["ping"]


class StateCommand(_Command):
    """Change the own state; ``reason`` is for breaks."""

    type: Literal["agent.state"]
    state: Literal["ready", "break", "logged_out"]
    reason: str = Field("", max_length=32)


class UnmaskCommand(_Command):
    """Show personal data in full on this connection; the reason goes into the audit trail."""

    type: Literal["unmask"]
    reason: UnmaskReason


class TicketCommand(_Command):
    """Change fields of a draft, named by its number or by its call."""

    type: Literal["ticket.patch"]
    ticket: str = Field("", max_length=20)
    call_id: str = Field("", max_length=64)
    fields: FieldValues

    @model_validator(mode="after")
    def _one_of_both(self) -> TicketCommand:
        if bool(self.ticket) == bool(self.call_id):
            raise ValueError("name either the ticket or the call_id")
        return self


Command = PingCommand | StateCommand | TicketCommand | UnmaskCommand
COMMANDS: TypeAdapter[Command] = TypeAdapter(Annotated[Command, Field(discriminator="type")])
ScreenPop.model_rebuild()
Snapshot.model_rebuild()
