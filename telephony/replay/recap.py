"""What became of each call: a fold of domain events."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from telephony.calls.channelname import parse_channel
from telephony.events import (
    CallAnswered,
    CallArrived,
    CallEnded,
    CallEvent,
    CallHeld,
    CallLeftQueue,
    CallOffered,
    CallQueued,
    CallTransferred,
    Event,
    HungUpBy,
    KeyPressed,
    LineIdentified,
    OfferEnded,
    OfferOutcome,
    PartyJoined,
    PartyLeft,
    QueueLeaveReason,
    TransferKind,
)

_JOINED = "joined to call "
_OUTCOME_DISPOSITIONS = {
    OfferOutcome.BUSY: "busy",
    OfferOutcome.REFUSED: "rejected",
    OfferOutcome.NO_ANSWER: "no_answer",
    OfferOutcome.UNAVAILABLE: "failed",
    OfferOutcome.CANCELLED: "no_answer",
}
_CAUSE_DISPOSITIONS = {17: "busy", 18: "no_answer", 19: "no_answer", 21: "rejected"}
_PLAIN_CAUSES = {0, 16, 31}


@dataclass(slots=True)
class CallRecap:
    """One call, from its first sign to its end. Times are UTC; None where not known.

    Attributes:
        disposition: answered; abandoned (the caller gave up); busy; rejected; no_answer; failed
            (could not be reached); automated (nobody was rung); joined (became part of
            ``joined_to``); in_progress (the recording ends first).
        answered_by: endpoint of the first answer; ``answers`` has all of them.
        agent: endpoint of the first answer if the call came through a queue, else "".
        hung_up_by: caller, agent (the answering party), third, system or unknown.
        hung_up_party: endpoint of the party that hung up.
        hung_up_basis: what ``hung_up_by`` rests on.
        talk_seconds: from the first answer to the end.
        wait_seconds: from joining the first queue to leaving the last.
    """

    call_id: str
    caller: str
    dialled: str
    channel: str
    started_at: datetime
    caller_name: str = ""
    line: str = ""
    queue: str = ""
    queue_result: str = ""
    wait_seconds: float | None = None
    offers: list[dict[str, str]] = field(default_factory=list)
    answered_by: str = ""
    answered_at: datetime | None = None
    answers: list[str] = field(default_factory=list)
    agent: str = ""
    parties: list[str] = field(default_factory=list)
    transfers: list[dict[str, str]] = field(default_factory=list)
    holds: int = 0
    keys: str = ""
    ended_at: datetime | None = None
    hung_up_by: str = ""
    hung_up_party: str = ""
    hung_up_basis: str = ""
    cause: int | None = None
    cause_text: str = ""
    joined_to: str = ""
    disposition: str = "in_progress"
    duration_seconds: float | None = None
    talk_seconds: float | None = None
    _queued_at: datetime | None = None
    _known: set[str] = field(default_factory=set)
    _present: dict[str, dict[str, str]] = field(default_factory=dict)

    def to_json(self, *, timed: bool) -> dict[str, Any]:
        """Plain JSON values; without recorded times only ``started_at`` is given."""
        values = {name: value for name, value in asdict(self).items() if not name.startswith("_")}
        for name in ("started_at", "answered_at", "ended_at"):
            moment = values[name]
            known = moment is not None and moment.year > 1970
            values[name] = moment.isoformat() if known and (timed or name == "started_at") else None
        if not timed:
            values |= {"duration_seconds": None, "talk_seconds": None, "wait_seconds": None}
        return values


def recapitulate(events: Iterable[Event]) -> list[CallRecap]:
    """One recap for each call, in order of arrival."""
    calls: dict[str, CallRecap] = {}
    order: list[CallRecap] = []
    for event in events:
        if isinstance(event, CallArrived):
            call = CallRecap(
                call_id=event.call_id,
                caller=event.caller,
                dialled=event.dialled,
                channel=event.channel,
                started_at=event.at,
                caller_name=event.caller_name,
            )
            calls[event.call_id] = call
            order.append(call)
        elif isinstance(event, CallEvent) and event.call_id in calls:
            _fold(calls[event.call_id], event)
    return sorted(order, key=lambda call: call.started_at)


def _fold(call: CallRecap, event: CallEvent) -> None:
    match event:
        case LineIdentified():
            call.line = event.line
        case CallQueued():
            call.queue = event.queue
            call._queued_at = call._queued_at or event.at
        case CallLeftQueue():
            call.queue_result = event.reason.value
            if call._queued_at is not None:
                call.wait_seconds = _seconds(call._queued_at, event.at)
        case CallOffered():
            call._known.add(event.channel)
            call.offers.append({"endpoint": event.endpoint, "channel": event.channel})
        case OfferEnded():
            for offer in call.offers:
                if offer["channel"] == event.channel:
                    offer["outcome"] = event.outcome.value
        case CallAnswered():
            _answered(call, event)
        case PartyJoined():
            _joined(call, event)
        case PartyLeft():
            call._present.get(event.bridge, {}).pop(event.channel, None)
        case CallTransferred():
            call.transfers.append(
                {
                    "kind": event.kind.value,
                    "target": event.target,
                    "by": event.by,
                    "outcome": event.outcome.value,
                }
            )
        case CallHeld():
            call.holds += 1
        case KeyPressed() if event.channel == call.channel:
            call.keys += event.digit
        case CallEnded():
            _ended(call, event)
        case _:
            pass


def _answered(call: CallRecap, event: CallAnswered) -> None:
    call._known.add(event.channel)
    call.answers.append(event.endpoint)
    if not call.answered_by:
        call.answered_by, call.answered_at = event.endpoint, event.at
        if call.queue and call.queue_result in ("", QueueLeaveReason.ANSWERED.value):
            call.agent = event.endpoint


def _joined(call: CallRecap, event: PartyJoined) -> None:
    if event.endpoint not in call.parties:
        call.parties.append(event.endpoint)
    present = call._present.setdefault(event.bridge, {})
    present[event.channel] = event.endpoint
    if len(present) < 3:
        return
    for channel, endpoint in present.items():
        if channel != call.channel and channel not in call._known:
            # Nobody rang it for this call, yet it takes part: brought in from outside.
            call._known.add(channel)
            call.transfers.append(
                {
                    "kind": TransferKind.THREE_WAY.value,
                    "target": endpoint,
                    "by": "",
                    "outcome": "completed",
                }
            )


def _ended(call: CallRecap, event: CallEnded) -> None:
    call.ended_at = event.at
    call.hung_up_by = event.hung_up_by.value
    call.hung_up_party = parse_channel(event.channel).endpoint if event.channel else ""
    call.hung_up_basis = event.basis
    call.cause, call.cause_text = event.cause, event.cause_text
    call.duration_seconds = _seconds(call.started_at, event.at)
    if call.answered_at is not None:
        call.talk_seconds = _seconds(call.answered_at, event.at)
    if event.cause_text.startswith(_JOINED):
        call.joined_to = event.cause_text.removeprefix(_JOINED)
    call.disposition = _disposition(call, event)


def _disposition(call: CallRecap, event: CallEnded) -> str:
    if call.joined_to:
        return "joined"
    if call.answered_by:
        return "answered"
    if event.hung_up_by is HungUpBy.CALLER:
        return "abandoned"
    if event.cause in _CAUSE_DISPOSITIONS:
        return _CAUSE_DISPOSITIONS[event.cause]
    outcomes = [offer["outcome"] for offer in call.offers if "outcome" in offer]
    if outcomes:
        return _OUTCOME_DISPOSITIONS.get(OfferOutcome(outcomes[-1]), "failed")
    if event.cause not in _PLAIN_CAUSES:
        return "failed"
    return "no_answer" if call.queue or call.offers else "automated"


def _seconds(start: datetime, end: datetime) -> float:
    return round(max(0.0, (end - start).total_seconds()), 3)
