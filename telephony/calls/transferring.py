"""Handing a call on: transfers, masquerades, pickup, parking."""

from __future__ import annotations

from telephony.calls.dialling import answered
from telephony.calls.headers import Headers
from telephony.calls.legs import CallThread, Leg
from telephony.calls.switchboard import UP, Switchboard
from telephony.events import (
    CallHeld,
    CallResumed,
    CallTransferred,
    TransferKind,
    TransferOutcome,
)


def blind(board: Switchboard, h: Headers) -> None:
    """BlindTransfer (12+)."""
    leg = board.leg(h, "transferer")
    if leg is None:
        leg = board.leg(h, "transferee")
    if leg is not None:
        target = h.get("extension", "exten")
        _handed_on(board, leg, TransferKind.BLIND, target, _worked(h))


def attended(board: Switchboard, h: Headers) -> None:
    """AttendedTransfer (12+)."""
    first = board.leg(h, "origtransferer")
    second = board.leg(h, "secondtransferer")
    if first is None or second is None:
        return
    worked = _worked(h) and h.get("desttype").lower() != "fail"
    reached = board.leg(h, "transfertarget") if h.get("transfertargetchannel") else None
    target = second.call.dialled if second.call is not first.call else ""
    if not target and reached is not None:
        name = reached.name
        target = name.resource.partition("@")[0] if name.pair else name.endpoint
    target = target or h.get("destapp", "destbridgeuniqueid")
    three_way = h.get("desttype").lower() == "threeway"
    kind = TransferKind.THREE_WAY if three_way else TransferKind.CONSULT
    _handed_on(board, first, kind, target, worked)
    if worked and not three_way:
        second.handed_over = True
        _join_calls(board, second.call, first.call)


def old_transfer(board: Switchboard, h: Headers) -> None:
    """Transfer (1.6-11): TransferType Blind or Attended."""
    leg = board.leg(h)
    if leg is None:
        return
    if h.get("transfertype").lower() != "attended":
        _handed_on(board, leg, TransferKind.BLIND, h.get("transferexten", "exten"), worked=True)
        return
    second = board.find(h.get("targetuniqueid"), h.get("targetchannel"))
    target = second.call.dialled if second is not None else ""
    _handed_on(board, leg, TransferKind.CONSULT, target or h.get("targetchannel"), worked=True)
    if second is not None:
        second.handed_over = True
        _join_calls(board, second.call, leg.call)


def renamed(board: Switchboard, h: Headers) -> None:
    """Rename: after a masquerade, a channel continues under another's name."""
    old, new = h.get("channel", "oldname"), h.get("newname")
    leg = board.find(h.get("uniqueid"), old)
    if leg is None or not new:
        return
    before, former = leg.name, board.by_name(new)
    board.rename(leg, new)
    if former is None or former is leg or leg.name.ghost:
        return
    if former.uniqueid not in board.legs or "masq" not in former.name.full.lower():
        return
    if before.technology.lower() == "asyncgoto" and not former.call.moved:
        # A party without a dialplan of its own is sent into one: the other handed it on.
        peers = [p for p in former.call.persons if p is not leg and p.state == UP]
        if len(peers) == 1:
            former.call.taken_from = peers[0]
            peers[0].handed_over = True
    _take_over(board, leg, former, before.endpoint)


def picked_up(board: Switchboard, h: Headers) -> None:
    """Pickup: somebody takes a call that rings at another's telephone."""
    picker = board.leg(h)
    target = board.leg(h, "target")
    if picker is None or target is None or picker.call is target.call:
        return
    picker.handed_over = True
    own = picker.call
    board.merge(own, target.call)
    answered(board, picker)


def parked(board: Switchboard, h: Headers) -> None:
    """ParkedCall: the party waits in a parking space; whoever put it there is free to go."""
    prefix = "parkee" if h.has("parkeechannel") else ""
    leg = board.leg(h, prefix)
    if leg is None or not board.ensure_announced(leg.call, leg):
        return
    for other in leg.call.persons:
        if other is not leg and other.state == UP:
            other.handed_over = True
            if other is leg.call.caller:
                leg.call.caller = leg
    if leg.name.full not in leg.call.held_by:
        leg.call.held_by.add(leg.name.full)
        board.emit(leg.call, CallHeld(at=board.now, call_id=leg.call.ident, channel=leg.name.full))


def unparked(board: Switchboard, h: Headers) -> None:
    """UnParkedCall: somebody fetched the party."""
    prefix = "parkee" if h.has("parkeechannel") else ""
    leg = board.leg(h, prefix)
    retriever = board.leg(h, "retriever") or board.find("", h.get("from"))
    if leg is None:
        return
    if leg.name.full in leg.call.held_by:
        leg.call.held_by.discard(leg.name.full)
        board.emit(
            leg.call, CallResumed(at=board.now, call_id=leg.call.ident, channel=leg.name.full)
        )
    if retriever is not None and retriever.call is not leg.call:
        board.merge(retriever.call, leg.call)
        answered(board, retriever)


def _worked(h: Headers) -> bool:
    return h.get("result").lower() in ("success", "")


def _handed_on(board: Switchboard, leg: Leg, kind: TransferKind, target: str, worked: bool) -> None:
    call = leg.call
    if not board.ensure_announced(call, leg):
        return
    if worked and kind is not TransferKind.THREE_WAY:
        leg.handed_over = True
        call.moved = True
        call.forget_evidence()
    board.emit(
        call,
        CallTransferred(
            at=board.now,
            call_id=call.ident,
            kind=kind,
            target=target,
            by=leg.name.endpoint,
            outcome=TransferOutcome.COMPLETED if worked else TransferOutcome.FAILED,
        ),
    )


def _join_calls(board: Switchboard, other: CallThread, call: CallThread) -> None:
    """The consultation becomes part of the call it was made for."""
    if other is not call:
        for leg in other.legs:
            leg.answered = leg.answered or leg is not other.caller
        board.merge(other, call)


def _take_over(board: Switchboard, leg: Leg, former: Leg, by: str) -> None:
    """``leg`` is now what ``former`` was: same telephone, same role."""
    if leg.dialled and not leg.answered and leg.offer and former.call is not leg.call:
        # A ringing leg that gets another's telephone: the call was picked up there.
        board.merge(former.call, leg.call)
        former.handed_over = True
        answered(board, leg)
        return
    call = former.call
    if leg.call is not call:
        if leg.call.announced and not leg.handed_over and not call.moved:
            transferer = next((p for p in call.persons if p.name.endpoint == by), None)
            if transferer is not None:
                target = leg.call.dialled
                _handed_on(board, transferer, TransferKind.CONSULT, target, worked=True)
        _join_calls(board, leg.call, call)
    if call.caller is former:
        call.caller = leg
    leg.answered = former.answered
    leg.handed_over = False
    leg.dialled, leg.dialled_by = former.dialled, former.dialled_by
    leg.caller, leg.account = former.caller or leg.caller, former.account or leg.account
    leg.state = UP
    former.handed_over = True
