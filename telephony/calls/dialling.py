"""Who rings whom, and how that ends."""

from __future__ import annotations

from telephony.calls.channelname import number_in
from telephony.calls.headers import Headers
from telephony.calls.legs import CallThread, Leg
from telephony.calls.outward import follow
from telephony.calls.switchboard import RING, UP, Switchboard
from telephony.events import (
    CallAnswered,
    CallOffered,
    CallTransferred,
    OfferEnded,
    OfferOutcome,
    TransferKind,
)

_OUTCOMES = {
    "answer": OfferOutcome.ANSWERED,
    "busy": OfferOutcome.BUSY,
    "cancel": OfferOutcome.CANCELLED,
    "abort": OfferOutcome.CANCELLED,
    "noanswer": OfferOutcome.NO_ANSWER,
    "chanunavail": OfferOutcome.UNAVAILABLE,
    "congestion": OfferOutcome.UNAVAILABLE,
}
_CAUSE_OUTCOMES = {
    17: OfferOutcome.BUSY,
    18: OfferOutcome.NO_ANSWER,
    19: OfferOutcome.NO_ANSWER,
    21: OfferOutcome.REFUSED,
    26: OfferOutcome.CANCELLED,
}
_PLAIN_CAUSES = {0, 16, 31, 127}


def dial_begin(board: Switchboard, h: Headers) -> None:
    """DialBegin (12+), Dial with SubEvent Begin (1.6-11), Dial (1.4)."""
    source, target = _ends(board, h)
    if target is None:
        return
    target.dialled = True
    target.dial_string = h.get("dialstring") or target.dial_string
    follow(board, target)
    if source is None:
        return
    target.dialled_by = source
    if target.call is not source.call and not target.call.announced:
        board.merge(target.call, source.call)
    behind = person_behind(source)
    if not target.person:
        if behind is not None and not behind.originated:
            board.ensure_announced(source.call, behind)
        return
    if behind is None:
        # The other half of an originated Local channel: whom it rings is the one who calls.
        target.dialled_by = None
        return
    if not source.call.announced:
        dialled = source.exten if source.exten != "s" else ""
        dialled = dialled or number_in(target.dial_string) or target.name.resource
        board.announce(source.call, behind, dialled)
    _infer_transfer(board, source, target)
    offer(board, target)


def _infer_transfer(board: Switchboard, source: Leg, target: Leg) -> None:
    """Not every transfer is told: not those before 12, not a redirect. What follows one is.

    The party that had answered is gone (without hanging up, where that would be told), or has been
    masqueraded away, and the dialplan has taken the other one to another number.
    """
    call = source.call
    former = call.answered_by
    by = call.taken_from
    left = former is not None and former not in call.legs and source is call.caller
    redirected = left and bool(source.linkedid) and board.requests_told and call.request is None
    if by is None and left and (not source.linkedid or redirected):
        by = former if source.at_exten not in ("", "s", call.dialled) else None
    if by is None or call.moved:
        return
    call.moved, call.taken_from = True, None
    call.forget_evidence()
    board.emit(
        call,
        CallTransferred(
            at=board.now,
            call_id=call.ident,
            kind=TransferKind.BLIND,
            target=source.at_exten or number_in(target.dial_string) or target.name.endpoint,
            by="" if redirected else by.name.endpoint,
        ),
    )


def dial_end(board: Switchboard, h: Headers) -> None:
    """DialEnd (12+), Dial with SubEvent End (1.6-11, which does not name the target)."""
    source, target = _ends(board, h)
    status = h.get("dialstatus").lower()
    if source is not None and status == "cancel":
        source.call.cancelled = True
    if target is None:
        for leg in source.call.legs if source is not None else ():
            if leg.dialled_by is source and leg.offer and status != "answer":
                end_offer(board, leg, _OUTCOMES.get(status, OfferOutcome.UNAVAILABLE))
        return
    if status == "answer":
        if target.person and not target.originated:
            answered(board, target)
        elif target.originated:
            target.state = UP
        return
    outcome = _OUTCOMES.get(status)
    if outcome is not None and target.offer:
        if outcome is OfferOutcome.NO_ANSWER:
            # A refusal is reported as NOANSWER; the cause of the leg's release tells them apart.
            outcome = _CAUSE_OUTCOMES.get(target.cause, outcome)
        end_offer(board, target, outcome)


def offer(board: Switchboard, leg: Leg) -> None:
    """Say that a leg is being rung, once."""
    call = leg.call
    if leg.offer or leg.answered or leg is call.caller or not leg.person:
        return
    leg.offer = True
    board.emit(
        call,
        CallOffered(
            at=board.now, call_id=call.ident, endpoint=leg.name.endpoint, channel=leg.name.full
        ),
    )


def end_offer(board: Switchboard, leg: Leg, outcome: OfferOutcome) -> None:
    """Say how ringing a leg ended, once."""
    if not leg.offer:
        return
    leg.offer = False
    if outcome is not OfferOutcome.ANSWERED and leg.cause not in _PLAIN_CAUSES:
        leg.call.offer_cause = leg.cause
    board.emit(
        leg.call,
        OfferEnded(
            at=board.now,
            call_id=leg.call.ident,
            endpoint=leg.name.endpoint,
            channel=leg.name.full,
            outcome=outcome,
        ),
    )


def answered(board: Switchboard, leg: Leg) -> None:
    """Say that a leg takes part as an answering party, once."""
    call = leg.call
    if leg.answered or leg is call.caller or not board.ensure_announced(call):
        return
    if leg is call.caller:
        return
    leg.answered = True
    leg.state = UP
    end_offer(board, leg, OfferOutcome.ANSWERED)
    call.forget_evidence()
    if call.answered_by is None:
        call.answered_by = leg
    board.emit(
        call,
        CallAnswered(
            at=board.now, call_id=call.ident, endpoint=leg.name.endpoint, channel=leg.name.full
        ),
    )


def outcome_of_release(leg: Leg, call: CallThread) -> OfferOutcome:
    """How ringing ended when nothing but the channel's end tells."""
    if leg.cause in _CAUSE_OUTCOMES:
        return _CAUSE_OUTCOMES[leg.cause]
    if leg.cause not in _PLAIN_CAUSES:
        return OfferOutcome.UNAVAILABLE
    if call.request is not None or any(other.answered for other in call.legs):
        return OfferOutcome.CANCELLED
    return OfferOutcome.CANCELLED if call.cancelled else OfferOutcome.NO_ANSWER


def person_behind(leg: Leg, depth: int = 0) -> Leg | None:
    """The telephone at the far end of a chain of Local channels; the leg itself if it is one."""
    if leg.person or depth > 8:
        return leg if leg.person else None
    for half in leg.call.legs:
        if half is leg or half.name.pair != leg.name.pair:
            continue
        if half.dialled_by is not None:
            return person_behind(half.dialled_by, depth + 1)
        for other in half.call.legs:
            if other.person and other.state == UP and _rung_by(other, half):
                return other
    caller = leg.call.caller
    return caller if caller is not None and leg.dialled_by is None else None


def _rung_by(leg: Leg, half: Leg) -> bool:
    return leg.dialled and (leg.dialled_by is half or leg.dialled_by is None)


def _ends(board: Switchboard, h: Headers) -> tuple[Leg | None, Leg | None]:
    if h.event != "dial":
        source = board.leg(h) if h.get("channel") else None
        target = board.leg(h, "dest") if h.get("destchannel") else None
        return source, target
    name = h.get("channel", "source", "src")
    source = _old_leg(board, h.get("srcuniqueid", "uniqueid"), name)
    if source is not None and not source.caller:
        source.caller = h.caller()
    target_name = h.get("destination")
    target = _old_leg(board, h.get("destuniqueid"), target_name) if target_name else None
    if source is not None and source.state is None:
        source.state = RING
    return source, target


def _old_leg(board: Switchboard, uniqueid: str, name: str) -> Leg | None:
    leg = board.find(uniqueid, name)
    if leg is None and board.lenient and name:
        leg = board.open(uniqueid or name, name, "")
    return leg
