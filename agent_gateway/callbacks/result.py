"""What came of a call to a citizen, as its record tells."""

from __future__ import annotations

from enum import StrEnum

from agent_gateway.store import Call
from telephony.events import TargetStep


class Result(StrEnum):
    """How it ended.

    Attributes:
        REACHED: agent and citizen were connected.
        BUSY, NO_ANSWER, REFUSED, UNKNOWN_NUMBER: the citizen's side, as the carrier told.
        UNREACHABLE: no trunk could place the call.
        CANCELLED: the agent hung up before the citizen answered.
        AGENT_ABSENT: the agent's telephone was not answered; nobody was dialled.
        WRONG_NUMBER: somebody else answered; only a person knows.
    """

    REACHED = "reached"
    BUSY = "busy"
    NO_ANSWER = "no_answer"
    REFUSED = "refused"
    UNKNOWN_NUMBER = "unknown_number"
    UNREACHABLE = "unreachable"
    CANCELLED = "cancelled"
    AGENT_ABSENT = "agent_absent"
    WRONG_NUMBER = "wrong_number"


_STEPS = {
    TargetStep.BUSY: Result.BUSY,
    TargetStep.NO_ANSWER: Result.NO_ANSWER,
    TargetStep.REFUSED: Result.REFUSED,
    TargetStep.UNKNOWN_NUMBER: Result.UNKNOWN_NUMBER,
    TargetStep.UNREACHABLE: Result.UNREACHABLE,
}


def result_of(call: Call) -> Result:
    """The result of a call that is over. A record completed from the CDR tells less."""
    if call.answered_at is not None:
        return Result.REACHED
    if not call.agent:
        return Result.NO_ANSWER if call.recovered else Result.AGENT_ABSENT
    outcomes = [step["result"] for step in call.path if step["step"] == "citizen" and step["last"]]
    return _STEPS.get(outcomes[-1], Result.CANCELLED) if outcomes else Result.CANCELLED
