"""The events themselves: frozen, typed, serialisable.

Times are aware UTC datetimes. ``call_id`` is the Linkedid of the caller's channel: Asterisk gives
it, so it exists even when this service does not, and it is the same in the CDR, in the recording's
file name and here. Events of one call are published in the order in which they happened.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import TypeAdapter


class Speaker(StrEnum):
    """Who speaks in a transcript."""

    CALLER = "caller"
    AGENT = "agent"
    THIRD = "third"


class HungUpBy(StrEnum):
    """Which side ended the call."""

    CALLER = "caller"
    AGENT = "agent"
    THIRD = "third"
    SYSTEM = "system"
    UNKNOWN = "unknown"


class QueueLeaveReason(StrEnum):
    """Why a caller is no longer waiting in a queue."""

    ANSWERED = "answered"
    ABANDONED = "abandoned"
    KEY = "key"
    TIMEOUT = "timeout"
    OTHER = "other"


class OfferOutcome(StrEnum):
    """How ringing one agent ended."""

    ANSWERED = "answered"
    NO_ANSWER = "no_answer"
    BUSY = "busy"
    REFUSED = "refused"
    CANCELLED = "cancelled"
    UNAVAILABLE = "unavailable"


class TransferKind(StrEnum):
    """The ways to hand a call on."""

    BLIND = "blind"
    CONSULT = "consult"
    THREE_WAY = "three_way"


class TransferOutcome(StrEnum):
    """How a hand-over ended."""

    STARTED = "started"
    COMPLETED = "completed"
    FAILED = "failed"


class TargetStep(StrEnum):
    """What became of ringing the target of a transfer."""

    DIALLING = "dialling"
    ANSWERED = "answered"
    BUSY = "busy"
    NO_ANSWER = "no_answer"
    REFUSED = "refused"
    UNKNOWN_NUMBER = "unknown_number"
    UNREACHABLE = "unreachable"


class SupervisionMode(StrEnum):
    """How a supervisor's telephone takes part in an agent's call.

    It hears both, and speaks to nobody (listen), to the agent (whisper) or to both (barge); or it
    has left (over).
    """

    LISTEN = "listen"
    WHISPER = "whisper"
    BARGE = "barge"
    OVER = "over"


class AgentState(StrEnum):
    """The states of an agent; the table of transitions is in ``telephony.agents``."""

    LOGGED_OUT = "logged_out"
    READY = "ready"
    RINGING = "ringing"
    TALKING = "talking"
    WRAP_UP = "wrap_up"
    BREAK = "break"


class LinkState(StrEnum):
    """Whether the service hears Asterisk."""

    UP = "up"
    DOWN = "down"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Anything that happened."""

    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkStateChanged(Event):
    """The AMI link came up (after state was rebuilt) or went down."""

    state: LinkState
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentStateChanged(Event):
    """An agent moved to another state; ``reason`` is the break reason or what caused it."""

    agent: str
    state: AgentState
    reason: str = ""
    call_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SupervisionChanged(Event):
    """A supervisor's telephone is rung (``ringing``), is in a call (a mode), or that is ``over``.

    ``reason`` of an end: busy, refused, no_answer, unreachable; "" when it was in the call.
    """

    supervisor: str
    agent: str
    call_id: str
    state: str
    by: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallEvent(Event):
    """Anything that happened to one call."""

    call_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CallArrived(CallEvent):
    """The first sign of a call. ``caller`` and ``dialled`` are raw, as the network gave them."""

    channel: str
    caller: str
    dialled: str
    caller_name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LineIdentified(CallEvent):
    """The line that was dialled; it stays on the call. ``sip_call_id`` is RFC 3261's Call-ID."""

    line: str
    sip_call_id: str = ""


# Steps that decide how a call without an answer ended.
VOICEMAIL_STEP = "voicemail"
# The dialplan rings the office or centre behind a number, it answered, it did not.
# A number out of service is announced before the answer.
ANNOUNCEMENT_STEP = "announcement"
HANDED_ON_STEPS = ("handing_on", "handed_on", "not_handed_on")
CALLBACK_STEP = "callback_requested"
EMERGENCY_REACHED_STEP = "emergency_reached"
BLOCKED_STEP = "blocked"
# The agent hung up first; the caller's channel lives on for the survey.
AGENT_LEFT_STEP = "agent_left"
# The agent's telephone was lost in mid-call; the caller is back in the queue.
AGENT_LOST_STEP = "agent_lost"
# The citizen has answered a survey call; the detail is the call that it is about.
SURVEY_CALL_STEP = "survey_call"


@dataclass(frozen=True, slots=True, kw_only=True)
class IvrStep(CallEvent):
    """One step of the caller's way through prompts and menus."""

    step: str
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyPressed(CallEvent):
    """A party pressed a key (0-9, *, #, A-D)."""

    channel: str
    digit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CallQueued(CallEvent):
    """The caller waits in a queue. ``position`` counts from 1."""

    queue: str
    position: int
    waiting: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class CallLeftQueue(CallEvent):
    """The caller no longer waits."""

    queue: str
    reason: QueueLeaveReason
    position: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class CallOffered(CallEvent):
    """A target is being rung. ``endpoint`` is technology/name, e.g. ``PJSIP/agent-8001``."""

    endpoint: str
    channel: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferEnded(CallEvent):
    """Ringing a target ended."""

    endpoint: str
    channel: str
    outcome: OfferOutcome


@dataclass(frozen=True, slots=True, kw_only=True)
class CallAnswered(CallEvent):
    """A person answered (prompts do not count as an answer)."""

    endpoint: str
    channel: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PartyJoined(CallEvent):
    """A channel entered a conversation (bridge or conference)."""

    channel: str
    endpoint: str
    bridge: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PartyLeft(CallEvent):
    """A channel left a conversation."""

    channel: str
    endpoint: str
    bridge: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CallHeld(CallEvent):
    """A party put the other on hold."""

    channel: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CallResumed(CallEvent):
    """A held party is back."""

    channel: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CallTransferred(CallEvent):
    """A hand-over to ``target`` (number, endpoint or context)."""

    kind: TransferKind
    target: str
    by: str = ""
    outcome: TransferOutcome = TransferOutcome.COMPLETED


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferTarget(CallEvent):
    """One step of ringing a transfer's target.

    ``target`` is the number that was dialled, ``via`` the endpoint it was dialled by (a trunk or a
    seat), ``cause`` a Q.850 cause, 0 when there is none. ``last`` False: another trunk is tried.
    """

    target: str
    step: TargetStep
    via: str = ""
    channel: str = ""
    cause: int = 0
    last: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferChanged(CallEvent):
    """A transfer came into another state (the table is in ``telephony.transfers``).

    ``reason`` says what led to it; ``drill`` marks exercises of emergency transfers; ``location``
    is what an emergency line is told of the place.
    """

    state: str
    kind: TransferKind
    target: str
    name: str = ""
    by: str = ""
    reason: str = ""
    drill: bool = False
    location: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallSupervised(CallEvent):
    """From now on a supervisor is in the call in this way; ``over``: not any more.

    ``supervisor`` and ``agent`` are extensions, ``by`` is the supervisor's user name.
    """

    supervisor: str
    agent: str
    mode: SupervisionMode
    by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallEnded(CallEvent):
    """The caller's side is gone. ``cause`` is a Q.850 cause code; 0 when unknown.

    ``channel`` is that of the party that hung up ("" for the system or when unknown); ``basis``
    says in a few words what ``hung_up_by`` rests on, for some Asterisk versions let one only guess.
    """

    hung_up_by: HungUpBy
    cause: int = 0
    cause_text: str = ""
    channel: str = ""
    basis: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingStarted(CallEvent):
    """Asterisk writes this call's audio."""

    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingSealed(CallEvent):
    """The recording is in the archive; ``path`` is relative to the archive's root.

    ``part``: "" for the call's own, else which of its consultations (``consult<time>``).
    """

    sha256: str
    path: str
    duration_ms: int
    size: int
    retain_until: datetime
    part: str = ""

    @property
    def recording_id(self) -> str:
        """The recording's own name: the call's, and its part."""
        return f"{self.call_id}-{self.part}" if self.part else self.call_id


@dataclass(frozen=True, slots=True, kw_only=True)
class TranscriptPartial(CallEvent):
    """What a party seems to be saying; replaced by the next partial or the final of the same turn.

    ``turn`` counts from 0 per call and speaker; times are milliseconds from the start of the
    party's audio stream.
    """

    speaker: Speaker
    turn: int
    text: str
    start_ms: int
    end_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TranscriptFinal(CallEvent):
    """What a party said.

    ``text`` is as it was heard, ``readable`` the same with figures and punctuation ("": not made).
    ``confidence`` is 0..1, or -1 when the engine gives none.
    """

    speaker: Speaker
    turn: int
    text: str
    start_ms: int
    end_ms: int
    started_at: datetime
    confidence: float = -1.0
    engine: str = ""
    readable: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TranscriptDelayed(CallEvent):
    """A party's words come late, or (``behind_ms`` 0) no longer.

    ``deferred``: they will come when the machine has time, at the latest after the calls.
    """

    speaker: Speaker
    behind_ms: int
    deferred: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PrefillChanged(CallEvent):
    """What a turn has changed of the machine's guess: field -> {value, evidence, confidence}.

    ``evidence``: pieces {speaker, turn, start, end, words}; ``previous``, if the value replaces
    another one that was told before.
    """

    fields: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtractionEnded(CallEvent):
    """A language model was asked about the call so far.

    ``result``: ok, timeout, unreachable, status, garbage or failed; ``fields``: field -> {value,
    evidence, confidence, source} that could be believed, as in :class:`PrefillChanged`.
    """

    result: str
    seconds: float
    fields: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class EmergencyHeard(CallEvent):
    """Words of danger were heard; told once a call and emergency line, within the sentence.

    ``line`` is the emergency line they call for (110, 119, 120, 122), ``kind`` the danger's name,
    ``words`` the stretch that was heard. ``urgent_only``: nobody is in danger but every minute
    counts (money just sent to a swindler).
    """

    line: str
    kind: str
    words: str
    speaker: Speaker
    turn: int
    urgent_only: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class QualityHint(CallEvent):
    """A turn broke a rule of good service (``config/defaults/quality.toml``); for supervisors.

    ``rule``: forbidden, greeting, interruption or silence; ``detail``: the words, or how long. A
    silence is told while it lasts, with the turn before it; nobody's is turn 0 without words.
    """

    rule: str
    detail: str
    speaker: Speaker
    turn: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketDrafted(CallEvent):
    """A draft ticket exists for the call."""

    ticket_number: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SurveyAnswered(CallEvent):
    """A citizen rated a call: ``score`` 1 to 5, 5 the best; ``solved`` None: not answered.

    ``about``: the call that was rated; "" for this one.
    """

    score: int
    solved: bool | None = None
    about: str = ""


_ADAPTERS: dict[str, TypeAdapter[Event]] = {}


def _register(cls: type[Event]) -> None:
    _ADAPTERS[cls.__name__] = TypeAdapter(cls)
    for sub in cls.__subclasses__():
        _register(sub)


_register(Event)


def event_to_json(event: Event) -> dict[str, Any]:
    """The event as plain JSON values, with its class name under ``type``."""
    name = type(event).__name__
    return {"type": name, **_ADAPTERS[name].dump_python(event, mode="json")}


def event_from_json(data: dict[str, Any]) -> Event:
    """The inverse of :func:`event_to_json`.

    Raises:
        ValueError: for an unknown type or fields that do not fit it.
    """
    values = dict(data)
    name = values.pop("type", None)
    if name not in _ADAPTERS:
        raise ValueError(f"unknown event type {name!r}")
    return _ADAPTERS[name].validate_python(values)
