"""The transfer's state machine as a table."""

from __future__ import annotations

from enum import StrEnum


class TransferState(StrEnum):
    """Where the three parties of a call are.

    Attributes:
        TOGETHER: caller and agent talk; no transfer is going on.
        BLIND_RINGING: the agent is gone, the caller hears music, the target rings.
        CONSULT_RINGING: the caller hears music, the agent waits for the target.
        CONSULTING: the caller hears music, agent and target talk.
        THREE_WAY_RINGING: caller and agent talk, the target rings.
        THREE_WAY: all three talk.
        HANDED_OVER: caller and target talk, the agent is gone.
        RETURNED: the caller waits for an agent again, before everybody else.
    """

    TOGETHER = "together"
    BLIND_RINGING = "blind_ringing"
    CONSULT_RINGING = "consult_ringing"
    CONSULTING = "consulting"
    THREE_WAY_RINGING = "three_way_ringing"
    THREE_WAY = "three_way"
    HANDED_OVER = "handed_over"
    RETURNED = "returned"


class Trigger(StrEnum):
    """What moves a transfer from one state to another.

    ``LINE_JOINED``: an emergency line that the agent called by keys has answered in the room.
    """

    BLIND = "blind"
    CONSULT = "consult"
    INVITE = "invite"
    MERGE = "merge"
    COMPLETE = "complete"
    ABORT = "abort"
    TARGET_ANSWERED = "target_answered"
    TARGET_FAILED = "target_failed"
    TARGET_LEFT = "target_left"
    AGENT_LEFT = "agent_left"
    LINE_JOINED = "line_joined"


_S = TransferState
_T = Trigger

TRANSITIONS: dict[tuple[TransferState, Trigger], TransferState] = {
    (_S.TOGETHER, _T.BLIND): _S.BLIND_RINGING,
    (_S.TOGETHER, _T.CONSULT): _S.CONSULT_RINGING,
    (_S.TOGETHER, _T.INVITE): _S.THREE_WAY_RINGING,
    (_S.TOGETHER, _T.LINE_JOINED): _S.THREE_WAY,
    (_S.BLIND_RINGING, _T.TARGET_ANSWERED): _S.HANDED_OVER,
    (_S.BLIND_RINGING, _T.TARGET_FAILED): _S.RETURNED,
    (_S.CONSULT_RINGING, _T.TARGET_ANSWERED): _S.CONSULTING,
    (_S.CONSULT_RINGING, _T.TARGET_FAILED): _S.TOGETHER,
    (_S.CONSULT_RINGING, _T.ABORT): _S.TOGETHER,
    (_S.CONSULT_RINGING, _T.COMPLETE): _S.BLIND_RINGING,
    (_S.CONSULT_RINGING, _T.MERGE): _S.THREE_WAY_RINGING,
    (_S.CONSULT_RINGING, _T.AGENT_LEFT): _S.BLIND_RINGING,
    (_S.CONSULTING, _T.MERGE): _S.THREE_WAY,
    (_S.CONSULTING, _T.COMPLETE): _S.HANDED_OVER,
    (_S.CONSULTING, _T.ABORT): _S.TOGETHER,
    (_S.CONSULTING, _T.TARGET_LEFT): _S.TOGETHER,
    (_S.CONSULTING, _T.AGENT_LEFT): _S.HANDED_OVER,
    (_S.THREE_WAY_RINGING, _T.TARGET_ANSWERED): _S.THREE_WAY,
    (_S.THREE_WAY_RINGING, _T.TARGET_FAILED): _S.TOGETHER,
    (_S.THREE_WAY_RINGING, _T.ABORT): _S.TOGETHER,
    (_S.THREE_WAY_RINGING, _T.AGENT_LEFT): _S.BLIND_RINGING,
    (_S.THREE_WAY, _T.COMPLETE): _S.HANDED_OVER,
    (_S.THREE_WAY, _T.ABORT): _S.TOGETHER,
    (_S.THREE_WAY, _T.TARGET_LEFT): _S.TOGETHER,
    (_S.THREE_WAY, _T.AGENT_LEFT): _S.HANDED_OVER,
    # the dialplan itself takes the caller back to the queue
    (_S.HANDED_OVER, _T.TARGET_LEFT): _S.RETURNED,
}


def next_state(state: TransferState, trigger: Trigger) -> TransferState | None:
    """The state after ``trigger``, or None when the trigger means nothing in ``state``."""
    return TRANSITIONS.get((state, trigger))


def table() -> str:
    """The state machine for people: one line per transition."""
    rows = [
        f"{state.value:18} {trigger.value:16} {after.value}"
        for (state, trigger), after in TRANSITIONS.items()
    ]
    return "\n".join(rows)
