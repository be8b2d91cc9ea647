"""Calls that the service itself places.

Their call id is given by the service and begins with ``out-``, so everybody can tell them from the
citizens' calls, in every event, record, CDR and file name. When an agent calls, the agent's
telephone is rung first and carries the call; the citizen's number is what is dialled. In a survey
call (``out-survey-``) only the citizen is rung, whose leg carries the call as a caller's does.
"""

from __future__ import annotations

from datetime import datetime
from secrets import randbelow
from typing import TYPE_CHECKING, Literal

from telephony.calls.channelname import number_in
from telephony.events import CallAnswered, CallArrived, CallOffered, OfferEnded, OfferOutcome

if TYPE_CHECKING:
    from telephony.calls.legs import CallThread, Leg
    from telephony.calls.switchboard import Switchboard

PREFIX = "out-"
SURVEY_PREFIX = "out-survey-"
_SHORTEST = 5
_UP = 6


def is_outward(call_id: str) -> bool:
    """Whether the service placed this call."""
    return call_id.startswith(PREFIX)


def is_survey(call_id: str) -> bool:
    """Whether the service placed this call to ask a citizen."""
    return call_id.startswith(SURVEY_PREFIX)


def by_agent(call_id: str) -> bool:
    """Whether an agent calls a citizen, so that the agent's leg carries the call."""
    return is_outward(call_id) and not is_survey(call_id)


def kind_of(call_id: str) -> Literal["call", "callback", "survey"]:
    """A citizen's call, an agent's call to a citizen, or a survey call."""
    if is_survey(call_id):
        return "survey"
    return "callback" if is_outward(call_id) else "call"


def new_call_id(at: datetime, prefix: str = PREFIX) -> str:
    """An id for a call that is to be placed, in the form of Asterisk's own."""
    return f"{prefix}{int(at.timestamp())}.{randbelow(10**9)}"


def follow(board: Switchboard, leg: Leg) -> None:
    """Tell of the leg that carries such a call what is new; of other legs nothing."""
    call = leg.call
    if leg.uniqueid != call.ident or not is_outward(call.ident) or call.ended:
        return
    if not call.announced:
        number = _number(leg)
        if not number:
            return
        call.announced, call.caller, call.dialled = True, leg, number
        said = {"at": leg.created_at, "call_id": call.ident, "channel": leg.name.full}
        board.out.append(
            CallArrived(**said, caller=number, dialled=number)  # type: ignore[arg-type]  # as said
        )
        if leg.account:
            board.identify_line(call, leg.account, "")
        if by_agent(call.ident):
            leg.offer = True
            board.out.append(CallOffered(**said, endpoint=leg.name.endpoint))  # type: ignore[arg-type]
    if leg.state == _UP and not leg.answered and by_agent(call.ident):
        _picked_up(board, call, leg)


def _picked_up(board: Switchboard, call: CallThread, leg: Leg) -> None:
    leg.answered, leg.offer = True, False
    ident, channel, endpoint = call.ident, leg.name.full, leg.name.endpoint
    board.out.append(
        OfferEnded(
            at=board.now,
            call_id=ident,
            channel=channel,
            endpoint=endpoint,
            outcome=OfferOutcome.ANSWERED,
        )
    )
    board.out.append(CallAnswered(at=board.now, call_id=ident, channel=channel, endpoint=endpoint))


def _number(leg: Leg) -> str:
    """Whom it is a call to: shown to the agent's telephone, later dialled; or rung."""
    rung = number_in(leg.dial_string) if is_survey(leg.uniqueid) else leg.caller
    for number in (leg.at_exten, rung):
        if number.isdigit() and len(number) >= _SHORTEST:
            return number
    return ""
