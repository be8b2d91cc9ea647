"""The agent's state machine as a table."""

from __future__ import annotations

from enum import StrEnum

from telephony.events import AgentState


class Trigger(StrEnum):
    """What moves an agent from one state to another."""

    LOGIN = "login"
    LOGOUT = "logout"
    READY = "ready"
    BREAK = "break"
    OFFERED = "offered"
    OFFER_ENDED = "offer_ended"
    MISSED_TOO_OFTEN = "missed_too_often"
    ANSWERED = "answered"
    CALL_OVER = "call_over"
    WRAP_UP_OVER = "wrap_up_over"


_S = AgentState
_T = Trigger

TRANSITIONS: dict[tuple[AgentState, Trigger], AgentState] = {
    (_S.LOGGED_OUT, _T.LOGIN): _S.READY,
    (_S.READY, _T.LOGIN): _S.READY,
    (_S.READY, _T.READY): _S.READY,
    (_S.READY, _T.LOGOUT): _S.LOGGED_OUT,
    (_S.READY, _T.BREAK): _S.BREAK,
    (_S.READY, _T.OFFERED): _S.RINGING,
    (_S.READY, _T.ANSWERED): _S.TALKING,
    (_S.RINGING, _T.OFFER_ENDED): _S.READY,
    (_S.RINGING, _T.MISSED_TOO_OFTEN): _S.BREAK,
    (_S.RINGING, _T.ANSWERED): _S.TALKING,
    (_S.TALKING, _T.CALL_OVER): _S.WRAP_UP,
    (_S.WRAP_UP, _T.WRAP_UP_OVER): _S.READY,
    (_S.WRAP_UP, _T.READY): _S.READY,
    (_S.WRAP_UP, _T.BREAK): _S.BREAK,
    (_S.WRAP_UP, _T.LOGOUT): _S.LOGGED_OUT,
    # The queue may have picked the seat in the moment in which it was paused.
    (_S.WRAP_UP, _T.OFFERED): _S.RINGING,
    (_S.BREAK, _T.OFFERED): _S.RINGING,
    (_S.LOGGED_OUT, _T.OFFERED): _S.RINGING,
    (_S.WRAP_UP, _T.ANSWERED): _S.TALKING,
    (_S.BREAK, _T.ANSWERED): _S.TALKING,
    (_S.LOGGED_OUT, _T.ANSWERED): _S.TALKING,
    (_S.BREAK, _T.READY): _S.READY,
    (_S.BREAK, _T.BREAK): _S.BREAK,
    (_S.BREAK, _T.LOGIN): _S.READY,
    (_S.BREAK, _T.LOGOUT): _S.LOGGED_OUT,
}


def next_state(state: AgentState, trigger: Trigger) -> AgentState | None:
    """The state after ``trigger``, or None when the trigger means nothing in ``state``."""
    return TRANSITIONS.get((state, trigger))
