"""Calls that the service itself places: an agent's telephone is rung first, then the citizen's.

Their call id is given by the service and begins with ``out-``, so everybody can tell them from the
citizens' calls, in every event, record, CDR and file name. The agent's leg carries the call; the
citizen's number is what is dialled.
"""

from __future__ import annotations

from datetime import datetime
from secrets import randbelow
from typing import TYPE_CHECKING

from telephony.events import CallAnswered, CallArrived, CallOffered, OfferEnded, OfferOutcome

if TYPE_CHECKING:
    from telephony.calls.legs import CallThread, Leg
    from telephony.calls.switchboard import Switchboard

PREFIX = "out-"
_SHORTEST = 5
_UP = 6


def is_outward(call_id: str) -> bool:
    """Whether the service placed this call."""
    return call_id.startswith(PREFIX)


def new_call_id(at: datetime) -> str:
    """An id for a call that is to be placed, in the form of Asterisk's own."""
    return f"{PREFIX}{int(at.timestamp())}.{randbelow(10**9)}"


def follow(board: Switchboard, leg: Leg) -> None:
    """Tell of the agent's leg of such a call what is new; of other legs nothing."""
    call = leg.call
    if leg.uniqueid != call.ident or not is_outward(call.ident) or call.ended:
        return
    if not call.announced:
        number = _number(leg)
        if not number:
            return
        call.announced, call.caller, call.dialled = True, leg, number
        leg.offer = True
        said = {"at": leg.created_at, "call_id": call.ident, "channel": leg.name.full}
        board.out.append(
            CallArrived(**said, caller=number, dialled=number)  # type: ignore[arg-type]  # as said
        )
        if leg.account:
            board.identify_line(call, leg.account, "")
        board.out.append(CallOffered(**said, endpoint=leg.name.endpoint))  # type: ignore[arg-type]
    if leg.state == _UP and not leg.answered:
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
    """Whom the agent is to talk to: shown to the agent's telephone, later dialled."""
    for number in (leg.at_exten, leg.caller):
        if number.isdigit() and len(number) >= _SHORTEST:
            return number
    return ""
