"""How calls begin: channels, what they ask for, and the line they came in on."""

from __future__ import annotations

from telephony.calls import outward
from telephony.calls.dialling import answered
from telephony.calls.headers import Headers
from telephony.calls.legs import Leg, Release
from telephony.calls.switchboard import RING, UP, Switchboard
from telephony.events import (
    AGENT_LEFT_STEP,
    CallSupervised,
    IvrStep,
    KeyPressed,
    SupervisionMode,
    TargetStep,
    TransferTarget,
)

_NO_NUMBER = {"", "h", "failed"}
_TARGET_STEPS = {"dialling": TargetStep.DIALLING, "answered": TargetStep.ANSWERED}
# Q.850. The dial status alone does not tell a refusal from a silent telephone.
_TARGET_CAUSES = {
    1: TargetStep.UNKNOWN_NUMBER,
    17: TargetStep.BUSY,
    18: TargetStep.NO_ANSWER,
    19: TargetStep.NO_ANSWER,
    21: TargetStep.REFUSED,
    28: TargetStep.UNKNOWN_NUMBER,
}


def new_channel(board: Switchboard, h: Headers) -> None:
    """Newchannel: someone rings us (state Ring), or someone is about to be rung (Down)."""
    name, uniqueid = h.get("channel"), h.get("uniqueid")
    if not name:
        return
    leg = board.find(uniqueid) if uniqueid else board.find("", name)
    if leg is None:
        leg = board.open(uniqueid or name, name, h.get("linkedid"))
    board.update(leg, h)
    outward.follow(board, leg)
    _greet(board, leg)


def new_state(board: Switchboard, h: Headers) -> None:
    """Newstate: rings, is up."""
    leg = board.leg(h)
    if leg is None:
        return
    outward.follow(board, leg)
    if leg.state == UP and leg.dialled and not leg.originated and leg.person:
        answered(board, leg)
    else:
        _greet(board, leg)


def new_extension(board: Switchboard, h: Headers) -> None:
    """Newexten: a step of the dialplan; tells the dialled number where Newchannel did not."""
    leg = board.leg(h)
    if leg is None:
        return
    leg.last_application = h.get("application")
    exten = h.get("extension", "exten")
    leg.at_exten = exten if exten not in _NO_NUMBER else leg.at_exten
    if leg.call.announced or exten in _NO_NUMBER or (leg.dialled and not leg.originated):
        return
    if leg.exten in ("", "s"):
        leg.exten = exten
    # Somebody the system rang may be on the way into another call's conference: wait and see.
    if leg.state == 0 or not leg.person or leg.name.ghost or leg.dialled or leg.outgoing:
        return
    if leg.exten == "s":
        return
    if leg.linkedid in ("", leg.uniqueid):
        board.announce(leg.call, leg)


def new_caller(board: Switchboard, h: Headers) -> None:
    """Newcallerid, NewAccountCode and whatever else only brings a leg up to date."""
    leg = board.leg(h)
    if leg is not None:
        outward.follow(board, leg)


def originated(board: Switchboard, h: Headers) -> None:
    """OriginateResponse: the system had this channel rung."""
    leg = board.find(h.get("uniqueid"), h.get("channel"))
    if leg is not None and leg.dialled_by is None and not leg.call.announced:
        leg.dialled = True


def user_event(board: Switchboard, h: Headers) -> None:
    """UserEvent: the dialplan says which line a call came in on, and what it does by itself."""
    told = h.get("userevent").lower()
    if told == "hotlinetarget":
        transfer_target(board, h)
        return
    if told == "hotlinesupervision":
        supervised(board, h)
        return
    if told not in ("hotlinecall", "hotlinestep"):
        return
    leg = board.leg(h)
    if leg is not None and h.flag("outside"):
        # the office or centre behind a number: takes part, never as the call's agent
        leg.answered = leg.guest = True
    call = leg.call if leg is not None else board.calls.get(h.get("linkedid", "callid"))
    if call is not None and told == "hotlinestep" and h.get("step"):
        if h.get("step") == AGENT_LEFT_STEP and call.request is None:
            # An agent whose telephone was told to hang up asked for nothing itself.
            call.request = Release(call.answered_by, "left before the caller", board.now)
        board.emit(
            call,
            IvrStep(at=board.now, call_id=call.ident, step=h.get("step"), detail=h.get("detail")),
        )
    elif call is not None and h.get("line"):
        if leg is not None:
            board.ensure_announced(call, leg)
        board.identify_line(call, h.get("line"), h.get("sipcallid"))


def supervised(board: Switchboard, h: Headers) -> None:
    """UserEvent HotlineSupervision: how a supervisor's telephone takes part from now on."""
    board.leg(h)
    call = board.calls.get(h.get("call"))
    if call is None or h.get("mode") not in list(SupervisionMode):
        return
    board.emit(
        call,
        CallSupervised(
            at=board.now,
            call_id=call.ident,
            supervisor=h.get("supervisor"),
            agent=h.get("agent"),
            mode=SupervisionMode(h.get("mode")),
            by=h.get("by"),
        ),
    )


def transfer_target(board: Switchboard, h: Headers) -> None:
    """UserEvent HotlineTarget: the dialplan rings the target of a transfer, or that ended.

    The target's channel has a Linkedid of its own until it enters the room: the event says to
    which call it belongs.
    """
    call = board.calls.get(h.get("call"))
    if call is None:
        return
    cause = h.number("cause")
    step = _TARGET_STEPS.get(h.get("step").lower())
    if step is None:
        step = _TARGET_CAUSES.get(cause, TargetStep.UNREACHABLE)
        if h.get("step").lower() == "noanswer" and cause not in _TARGET_CAUSES:
            step = TargetStep.NO_ANSWER
    leg = board.leg(h)
    channel = ""
    if leg is not None and step in (TargetStep.DIALLING, TargetStep.ANSWERED):
        channel = leg.name.full
        board.merge(leg.call, call)
        if h.flag("outside") and not outward.by_agent(call.ident):
            # nobody of ours: takes part in the conversation, never as the call's agent
            leg.answered = leg.guest = True
    board.emit(
        call,
        TransferTarget(
            at=board.now,
            call_id=call.ident,
            target=h.get("target"),
            step=step,
            via=h.get("via"),
            channel=channel,
            cause=cause,
            last=h.flag("last"),
        ),
    )


def key_pressed(board: Switchboard, h: Headers) -> None:
    """DTMFEnd (10+), DTMF with End: Yes."""
    if h.event == "dtmf" and not h.flag("end"):
        return
    leg = board.leg(h)
    if leg is None or not leg.person or h.get("direction").lower() == "sent":
        return
    if leg is leg.call.caller:
        leg.call.keyed_at = board.now
    board.emit(
        leg.call,
        KeyPressed(
            at=board.now, call_id=leg.call.ident, channel=leg.name.full, digit=h.get("digit")
        ),
    )


def _greet(board: Switchboard, leg: Leg) -> None:
    call = leg.call
    if call.announced or leg.state != RING or not leg.person or leg.dialled:
        return
    if leg.exten in _NO_NUMBER or leg.exten == "s":
        # A line that tells no number: what it is connected to will say more.
        return
    if leg.linkedid in ("", leg.uniqueid):
        board.announce(call, leg)
