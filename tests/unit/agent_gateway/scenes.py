"""Calls as the bus tells them, for tests: invented numbers, real event types."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

from telephony.events import (
    CallAnswered,
    CallArrived,
    CallEnded,
    CallEvent,
    CallLeftQueue,
    CallOffered,
    CallQueued,
    HungUpBy,
    IvrStep,
    LineIdentified,
    OfferEnded,
    OfferOutcome,
    QueueLeaveReason,
    Speaker,
    TranscriptFinal,
)

BEGIN = datetime(2026, 3, 2, 1, 0, 0, tzinfo=UTC)
CALLER = "13900000001"
AGENT = "PJSIP/agent-8001"
AGENT_CHANNEL = "PJSIP/agent-8001-00000002"


def at(seconds: float) -> datetime:
    """That many seconds after the scene's beginning."""
    return BEGIN + timedelta(seconds=seconds)


def arrival(call_id: str, *, caller: str = CALLER) -> list[CallEvent]:
    """A call comes in on 12328 and waits."""
    return [
        CallArrived(
            at=at(0),
            call_id=call_id,
            channel="PJSIP/trunk-00000001",
            caller=caller,
            dialled="093112328",
            caller_name="张三",
        ),
        LineIdentified(at=at(0.1), call_id=call_id, line="12328", sip_call_id=f"sip-{call_id}"),
        IvrStep(at=at(1), call_id=call_id, step="greeting-12328"),
        CallQueued(at=at(5), call_id=call_id, queue="hotline", position=1),
    ]


def offer(call_id: str, endpoint: str = AGENT, seconds: float = 6) -> CallOffered:
    """An agent's telephone rings."""
    return CallOffered(at=at(seconds), call_id=call_id, endpoint=endpoint, channel=f"{endpoint}-2")


def answer(call_id: str, endpoint: str = AGENT, seconds: float = 9) -> list[CallEvent]:
    """The agent answers."""
    channel = f"{endpoint}-2"
    return [
        OfferEnded(
            at=at(seconds),
            call_id=call_id,
            endpoint=endpoint,
            channel=channel,
            outcome=OfferOutcome.ANSWERED,
        ),
        CallLeftQueue(
            at=at(seconds), call_id=call_id, queue="hotline", reason=QueueLeaveReason.ANSWERED
        ),
        CallAnswered(at=at(seconds), call_id=call_id, endpoint=endpoint, channel=channel),
    ]


def said(call_id: str, turn: int, text: str, speaker: Speaker = Speaker.CALLER) -> TranscriptFinal:
    """A final turn."""
    return TranscriptFinal(
        at=at(12 + turn),
        call_id=call_id,
        speaker=speaker,
        turn=turn,
        text=text,
        start_ms=turn * 1000,
        end_ms=turn * 1000 + 900,
        started_at=at(11 + turn),
        confidence=0.8,
        engine="test",
    )


def end(call_id: str, seconds: float = 30, by: HungUpBy = HungUpBy.CALLER) -> CallEnded:
    """The caller is gone."""
    return CallEnded(
        at=at(seconds), call_id=call_id, hung_up_by=by, cause=16, cause_text="Normal Clearing"
    )


def whole_call(call_id: str, *, caller: str = CALLER) -> list[CallEvent]:
    """Answered, talked, hung up."""
    return [
        *arrival(call_id, caller=caller),
        offer(call_id),
        *answer(call_id),
        said(call_id, 0, "路灯坏了"),
        end(call_id),
    ]


async def until(
    condition: Callable[[], Awaitable[object]] | Callable[[], object], what: str = "condition"
) -> None:
    """Wait until the condition holds; fail with its name after ten seconds."""
    deadline = time.monotonic() + 10
    while True:
        result = condition()
        if isinstance(result, Awaitable):
            result = await result
        if result:
            return
        assert time.monotonic() < deadline, f"never happened: {what}"
        await asyncio.sleep(0.01)
