"""How a call ended, in one word."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Any

from telephony.events import (
    BLOCKED_STEP,
    CALLBACK_STEP,
    EMERGENCY_REACHED_STEP,
    SURVEY_CALL_STEP,
    VOICEMAIL_STEP,
    HungUpBy,
    OfferOutcome,
)


class Disposition(StrEnum):
    """How a call ended.

    Attributes:
        IN_PROGRESS: it has not ended.
        ANSWERED: a person spoke with the caller.
        EMERGENCY: the caller reached an emergency line, and no agent.
        ABANDONED_IN_IVR: the caller hung up during prompts or before the queue.
        ABANDONED_IN_QUEUE: the caller hung up while waiting, with nobody's telephone ringing.
        ABANDONED_RINGING: the caller hung up while an agent's telephone rang.
        CALLBACK_REQUESTED: the caller waited and chose to be called back.
        VOICEMAIL: the caller waited and chose to leave a message.
        NO_ANSWER: the caller waited in a queue, or for the office or centre behind the number, and
            the system ended the call unanswered.
        ANNOUNCED: a number out of service: the call ended during or after its announcement.
        VACANT: a number out of service: the call was released without a word.
        HANDED_ON: the office or centre behind the dialled number took the call.
        BLOCKED: the caller's number is restricted; the call ended during or after being told so.
        COMPLETED_IN_IVR: the announcement or self-service ended the call in the ordinary way.
        NOT_REACHED: a call to a citizen that was not answered.
        FAILED: the system ended the call before a queue, with a cause that is a fault.
    """

    IN_PROGRESS = "in_progress"
    ANSWERED = "answered"
    EMERGENCY = "emergency"
    ABANDONED_IN_IVR = "abandoned_in_ivr"
    ABANDONED_IN_QUEUE = "abandoned_in_queue"
    ABANDONED_RINGING = "abandoned_ringing"
    CALLBACK_REQUESTED = "callback_requested"
    VOICEMAIL = "voicemail"
    NO_ANSWER = "no_answer"
    ANNOUNCED = "announced"
    VACANT = "vacant"
    HANDED_ON = "handed_on"
    BLOCKED = "blocked"
    COMPLETED_IN_IVR = "completed_in_ivr"
    FAILED = "failed"
    NOT_REACHED = "not_reached"


# Numbers out of service or with somebody behind them (the dialplan tells of them) and blocked
# callers; when another step follows, it is a call like others.
_BEFORE_ANY_QUEUE = {
    "announcement": Disposition.ANNOUNCED,
    "vacant": Disposition.VACANT,
    "handing_on": Disposition.ABANDONED_RINGING,
    "handed_on": Disposition.HANDED_ON,
    "not_handed_on": Disposition.NO_ANSWER,
    BLOCKED_STEP: Disposition.BLOCKED,
}
# Q.850: unknown, vacant number, normal.
_ORDINARY_CAUSES = frozenset({0, 1, 16})


def disposition(
    *,
    answered: bool,
    ended: bool,
    hung_up_by: str,
    cause: int,
    path: Sequence[dict[str, Any]],
    outward: bool = False,
) -> Disposition:
    """The one word for a call with this path (steps ``queued``, ``offered``, ``offer_ended`` …)."""
    if answered:
        return Disposition.ANSWERED if ended else Disposition.IN_PROGRESS
    if not ended:
        return Disposition.IN_PROGRESS
    chosen = {step["prompt"] for step in path if step["step"] == "ivr"}
    if outward and SURVEY_CALL_STEP not in chosen:
        return Disposition.NOT_REACHED
    if EMERGENCY_REACHED_STEP in chosen:
        return Disposition.EMERGENCY
    if VOICEMAIL_STEP in chosen:
        return Disposition.VOICEMAIL
    if CALLBACK_STEP in chosen:
        return Disposition.CALLBACK_REQUESTED
    queued = any(step["step"] == "queued" for step in path)
    prompts = [step["prompt"] for step in path if step["step"] == "ivr"]
    if prompts and not queued and (turned_away := _BEFORE_ANY_QUEUE.get(prompts[-1])):
        return turned_away
    if hung_up_by in (HungUpBy.CALLER, HungUpBy.UNKNOWN, ""):
        if _ringing_at_the_end(path):
            return Disposition.ABANDONED_RINGING
        return Disposition.ABANDONED_IN_QUEUE if queued else Disposition.ABANDONED_IN_IVR
    if queued:
        return Disposition.NO_ANSWER
    heard = any(step["step"] == "ivr" for step in path)
    return (
        Disposition.COMPLETED_IN_IVR if heard and cause in _ORDINARY_CAUSES else Disposition.FAILED
    )


def _ringing_at_the_end(path: Sequence[dict[str, Any]]) -> bool:
    # An offer that ended as cancelled after the caller's hang-up was ringing at the hang-up.
    open_offers: dict[str, bool] = {}
    for step in path:
        if step["step"] == "offered":
            open_offers[step["endpoint"]] = True
        elif step["step"] == "offer_ended":
            open_offers[step["endpoint"]] = step["outcome"] == OfferOutcome.CANCELLED
    return any(open_offers.values())
