"""A call's record is the fold of its events. Folding an event twice changes nothing."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from agent_gateway.journal.disposition import disposition
from agent_gateway.journal.supervised import supervised
from agent_gateway.store import Call
from telephony.calls import by_agent, is_outward
from telephony.events import (
    AGENT_LEFT_STEP,
    CallAnswered,
    CallArrived,
    CallEnded,
    CallEvent,
    CallLeftQueue,
    CallOffered,
    CallQueued,
    CallSupervised,
    CallTransferred,
    EmergencyHeard,
    HungUpBy,
    IvrStep,
    KeyPressed,
    LineIdentified,
    OfferEnded,
    SurveyAnswered,
    TransferTarget,
)

AGENT_PREFIX = "PJSIP/agent-"
# A caller who holds a key down must not grow the record without end; the events are kept anyway.
MAX_STEPS = 500


def agent_of(endpoint: str) -> str:
    """The agent's extension; another endpoint's own name (an external party)."""
    return endpoint.removeprefix(AGENT_PREFIX)


def fold_call(call: Call, event: CallEvent) -> str | None:
    """Bring the record up to date by one event.

    Returns:
        The extension of the agent who answered, when the event tells of one.
    """
    # The defaults of a new row are only set when it is written.
    call.path = call.path or []
    call.arrived_at = min(call.arrived_at, event.at)
    answered_by = None
    match event:
        case CallArrived():
            call.channel = call.channel or event.channel[:128]
            call.caller = call.caller or event.caller[:64]
            call.caller_name = call.caller_name or event.caller_name[:128]
            call.dialled = call.dialled or event.dialled[:64]
        case LineIdentified():
            # The last word counts: a forwarded call is first taken for the line it was sent to.
            call.line = event.line[:32] or call.line
            call.sip_call_id = call.sip_call_id or event.sip_call_id[:256]
        case IvrStep():
            _step(call, event, "ivr", prompt=event.step, detail=event.detail)
        case KeyPressed():
            _step(call, event, "key", digit=event.digit)
        case CallQueued():
            call.queue = event.queue[:64]
            call.queued_at = _earliest(call.queued_at, event.at)
            _step(call, event, "queued", queue=event.queue, position=event.position)
        case CallLeftQueue():
            _step(call, event, "left_queue", queue=event.queue, reason=event.reason.value)
        case CallOffered():
            call.first_offered_at = _earliest(call.first_offered_at, event.at)
            _step(call, event, "offered", endpoint=event.endpoint)
        case OfferEnded():
            _step(call, event, "offer_ended", endpoint=event.endpoint, outcome=event.outcome.value)
        case TransferTarget() if by_agent(call.id):
            _step(call, event, "citizen", result=event.step.value, via=event.via, last=event.last)
        case CallAnswered() if by_agent(call.id) and not event.endpoint.startswith(AGENT_PREFIX):
            # the citizen; the agent picked up before
            call.answered_at = _earliest(call.answered_at, event.at)
            _step(call, event, "answered", endpoint=event.endpoint)
        case CallAnswered() if by_agent(call.id):
            answered_by = call.agent = agent_of(event.endpoint)[:64]
            _step(call, event, "picked_up", endpoint=event.endpoint)
        case CallAnswered():
            call.answered_at = _earliest(call.answered_at, event.at)
            answered_by = call.agent = agent_of(event.endpoint)[:64]
            _step(call, event, "answered", endpoint=event.endpoint)
        case CallTransferred():
            _step(
                call,
                event,
                "transferred",
                kind=event.kind.value,
                target=event.target,
                by=event.by,
                outcome=event.outcome.value,
            )
        case SurveyAnswered():
            _step(call, event, "survey", score=event.score, solved=event.solved)
        case EmergencyHeard():
            _step(call, event, "alarm", line=event.line, words=event.words[:100])
        case CallSupervised():
            supervised(call, event)
        case CallEnded():
            supervised(call, event)
            # An end that was only concluded (nothing was heard of the call) gives way.
            concluded = call.recovered and not call.cause
            call.ended_at = event.at if concluded else _earliest(call.ended_at, event.at)
            if concluded or not call.hung_up_by:
                call.hung_up_by = event.hung_up_by.value
            call.cause = call.cause or event.cause
            call.cause_text = call.cause_text or event.cause_text[:200]
        case _:
            return None
    _derive(call)
    return answered_by


def _step(call: Call, event: CallEvent, name: str, **values: Any) -> None:
    step = {"at": event.at.isoformat(), "step": name, **values}
    if step not in call.path and len(call.path) < MAX_STEPS:
        # a new list: the database sees a change of the whole value only
        call.path = [*call.path, step]


def _derive(call: Call) -> None:
    call.queue_seconds = _waited(call)
    left_at = _agent_left_at(call)
    if call.answered_at and (over_at := left_at or call.ended_at):
        call.talk_seconds = max(0.0, (over_at - call.answered_at).total_seconds())
    if left_at and call.ended_at:
        # what follows is the survey; whoever ends that has not ended the conversation
        call.hung_up_by = HungUpBy.AGENT.value
    call.disposition = disposition(
        answered=call.answered_at is not None,
        ended=call.ended_at is not None,
        hung_up_by=call.hung_up_by or "",
        cause=call.cause or 0,
        path=call.path,
        outward=is_outward(call.id),
    )


def _waited(call: Call) -> float:
    """Seconds in queues, summed over all visits; an open visit ends with the answer or the call."""
    total, since = 0.0, None
    for step in call.path:
        at = datetime.fromisoformat(step["at"])
        if step["step"] == "queued":
            since = since or at
        elif step["step"] in ("left_queue", "answered") and since:
            total += max(0.0, (at - since).total_seconds())
            since = None
    if since and call.ended_at:
        total += max(0.0, (call.ended_at - since).total_seconds())
    return total


def _agent_left_at(call: Call) -> datetime | None:
    """When the agent hung up and the caller stayed for the survey."""
    for step in call.path:
        if step["step"] == "ivr" and step["prompt"] == AGENT_LEFT_STEP:
            return datetime.fromisoformat(step["at"])
    return None


def _earliest(known: datetime | None, at: datetime) -> datetime:
    return at if known is None else min(known, at)
