"""The calls of the moment, as the screens show them: a fold of events, in memory only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from agent_gateway.advice.views import AdviceMessage
from agent_gateway.calls.views import CallSummary
from agent_gateway.journal import agent_of
from agent_gateway.live.messages import AlarmMessage, QualityMessage, ScreenPop, Turn
from agent_gateway.tickets.views import TicketSummary, TicketView
from telephony.calls import is_outward, kind_of
from telephony.events import (
    CallAnswered,
    CallArrived,
    CallEnded,
    CallEvent,
    CallLeftQueue,
    CallOffered,
    CallQueued,
    EmergencyHeard,
    ExtractionEnded,
    IvrStep,
    KeyPressed,
    LineIdentified,
    OfferEnded,
    PrefillChanged,
    QualityHint,
    RecordingSealed,
    TicketDrafted,
    TranscriptDelayed,
    TranscriptFinal,
    TranscriptPartial,
    TransferChanged,
)

MAX_LIVE = 5_000
MAX_ENDED = 500
_MAX_STEPS = 200
_NO_SIGN_OF_LIFE = (
    CallEnded, ExtractionEnded, RecordingSealed, TicketDrafted,
    TranscriptDelayed, TranscriptFinal, TranscriptPartial,
)  # fmt: skip
_MAX_TURNS = 2_000
_MAX_HINTS = 100


@dataclass(slots=True)
class LiveCall:
    """One call. ``ringing`` and ``agents`` are extensions; ``history`` None: not looked up yet."""

    call_id: str
    arrived_at: datetime
    line: str = ""
    dialled: str = ""
    caller: str = ""
    caller_name: str = ""
    queue: str = ""
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    ringing: list[str] = field(default_factory=list)
    agents: list[str] = field(default_factory=list)
    path: list[dict[str, Any]] = field(default_factory=list)
    history: Sequence[CallSummary] | None = None
    open_tickets: Sequence[TicketSummary] | None = None
    turns: dict[tuple[str, int], Turn] = field(default_factory=dict)
    delays: dict[str, int] = field(default_factory=dict)
    prefill: dict[str, Any] = field(default_factory=dict)
    transfer: dict[str, Any] | None = None
    ticket: TicketView | None = None
    alarm: AlarmMessage | None = None
    advice: AdviceMessage | None = None
    hints: list[QualityMessage] = field(default_factory=list)

    @property
    def audience(self) -> set[str]:
        """Extensions of the agents whom this call concerns."""
        return {*self.ringing, *self.agents}

    def apply(self, event: CallEvent) -> None:
        """Fold one event."""
        match event:
            case CallArrived():
                self.arrived_at = min(self.arrived_at, event.at)
                self.caller, self.caller_name = event.caller, event.caller_name
                self.dialled = event.dialled
            case LineIdentified():
                self.line = event.line
            case IvrStep():
                self._step(event, "ivr", prompt=event.step, detail=event.detail)
            case KeyPressed():
                self._step(event, "key", digit=event.digit)
            case CallQueued():
                self.queue = event.queue
                self._step(event, "queued", queue=event.queue, position=event.position)
            case CallLeftQueue():
                self._step(event, "left_queue", queue=event.queue, reason=event.reason.value)
            case CallOffered():
                self._add(self.ringing, agent_of(event.endpoint))
            case OfferEnded():
                self._remove(self.ringing, agent_of(event.endpoint))
            case CallAnswered():
                extension = agent_of(event.endpoint)
                self.answered_at = self.answered_at or event.at
                self._remove(self.ringing, extension)
                self._add(self.agents, extension)
                self._step(event, "answered", endpoint=event.endpoint)
            case CallEnded():
                self.ended_at = event.at
                self.ringing.clear()
            case TranscriptPartial() | TranscriptFinal():
                self._turn(event)
            case TranscriptDelayed():
                self.delays[event.speaker.value] = event.behind_ms
            case EmergencyHeard():
                self._step(event, "alarm", line=event.line, words=event.words)
                self.alarm = AlarmMessage(
                    call_id=event.call_id,
                    at=event.at,
                    line=event.line,
                    kind=event.kind,
                    words=event.words,
                    urgent_only=event.urgent_only,
                )
            case QualityHint():
                if len(self.hints) < _MAX_HINTS:
                    self.hints.append(quality_message(event))
            case PrefillChanged():
                self.prefill = self.prefill | event.fields
            case TransferChanged():
                self.transfer = {
                    "state": event.state,
                    "kind": event.kind.value,
                    "target": event.target,
                    "name": event.name,
                    "reason": event.reason,
                    "drill": event.drill,
                    "location": event.location,
                }

    def pop(self, line_names: Mapping[str, str], *, hints: bool = False) -> ScreenPop:
        """The call as a message; ``hints``: with what only supervisors are told."""
        return ScreenPop(
            call_id=self.call_id,
            direction="outbound" if is_outward(self.call_id) else "inbound",
            kind=kind_of(self.call_id),
            line=self.line,
            line_name=line_names.get(self.line, ""),
            dialled=self.dialled,
            caller=self.caller,
            caller_name=self.caller_name,
            arrived_at=self.arrived_at,
            answered_at=self.answered_at,
            ended_at=self.ended_at,
            queue=self.queue,
            ringing=list(self.ringing),
            agents=list(self.agents),
            path=list(self.path),
            history=None if self.history is None else list(self.history),
            open_tickets=None if self.open_tickets is None else list(self.open_tickets),
            turns=list(self.turns.values()),
            delays={speaker: late for speaker, late in self.delays.items() if late},
            prefill=self.prefill,
            transfer=self.transfer,
            ticket=self.ticket,
            alarm=self.alarm,
            advice=self.advice,
            hints=list(self.hints) if hints else [],
        )

    def _turn(self, event: TranscriptPartial | TranscriptFinal) -> None:
        key = (event.speaker.value, event.turn)
        final = isinstance(event, TranscriptFinal)
        known = self.turns.get(key)
        if known is not None and known.final and not final:
            return
        if known is None and len(self.turns) >= _MAX_TURNS:
            del self.turns[next(iter(self.turns))]
        self.turns[key] = Turn(
            speaker=event.speaker.value,
            turn=event.turn,
            text=event.text,
            start_ms=event.start_ms,
            end_ms=event.end_ms,
            final=final,
            confidence=event.confidence if isinstance(event, TranscriptFinal) else -1.0,
            readable=event.readable if isinstance(event, TranscriptFinal) else "",
        )

    def _step(self, event: CallEvent, name: str, **values: Any) -> None:
        if len(self.path) < _MAX_STEPS:
            self.path.append({"at": event.at.isoformat(), "step": name, **values})

    @staticmethod
    def _add(names: list[str], name: str) -> None:
        if name not in names:
            names.append(name)

    @staticmethod
    def _remove(names: list[str], name: str) -> None:
        if name in names:
            names.remove(name)


def quality_message(event: QualityHint) -> QualityMessage:
    """The hint as supervisors get it."""
    return QualityMessage(
        call_id=event.call_id,
        at=event.at,
        rule=event.rule,
        detail=event.detail,
        turn=event.turn,
        text=event.text,
    )


class CallBoard:
    """All calls that go on, and the last ones that ended (their late words still arrive)."""

    def __init__(self) -> None:
        self._calls: dict[str, LiveCall] = {}
        self._ended: dict[str, None] = {}

    @property
    def live(self) -> int:
        """How many calls go on."""
        return len(self._calls) - len(self._ended)

    def get(self, call_id: str) -> LiveCall | None:
        """A call that is on the board."""
        return self._calls.get(call_id)

    def apply(self, event: CallEvent) -> tuple[LiveCall | None, bool]:
        """Fold one event; returns its call and whether the call is new on the board.

        None for what is told of a call after its end when the board does not have it any more
        (a recording sealed late, a ticket of a recovered call).
        """
        call = self._calls.get(event.call_id)
        new = call is None
        if call is None:
            if isinstance(event, _NO_SIGN_OF_LIFE):
                return None, False
            call = self._calls[event.call_id] = LiveCall(event.call_id, event.at)
        call.apply(event)
        if isinstance(event, CallEnded):
            self._ended[event.call_id] = None
        self._forget()
        return call, new

    def concerning(self, extension: str | None) -> list[LiveCall]:
        """Calls of one agent, with the last ended one; None: all that go on."""
        if extension is None:
            return [call for call in self._calls.values() if call.ended_at is None]
        mine = [call for call in self._calls.values() if extension in call.audience]
        ended = [call for call in mine if call.ended_at is not None]
        return [call for call in mine if call.ended_at is None] + ended[-1:]

    def _forget(self) -> None:
        while len(self._ended) > MAX_ENDED:
            oldest = next(iter(self._ended))
            del self._ended[oldest]
            del self._calls[oldest]
        while self.live > MAX_LIVE:
            # calls whose end was never heard
            oldest = next(one for one in self._calls if one not in self._ended)
            del self._calls[oldest]
