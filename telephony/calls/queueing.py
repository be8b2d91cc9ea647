"""Waiting in queues, and the agents they ring."""

from __future__ import annotations

from datetime import timedelta

from telephony.calls.dialling import answered, end_offer, offer, person_behind
from telephony.calls.headers import Headers
from telephony.calls.legs import CallThread, Leg
from telephony.calls.switchboard import UP, Switchboard
from telephony.events import CallLeftQueue, CallQueued, OfferOutcome, QueueLeaveReason

_KEY_WINDOW = timedelta(seconds=1)


def joined(board: Switchboard, h: Headers) -> None:
    """QueueCallerJoin (12+), Join."""
    leg = board.leg(h)
    if leg is None:
        return
    call = leg.call
    queue = h.get("queue")
    if not board.ensure_announced(call, leg) or call.waiting_in == queue:
        return
    call.waiting_in, call.abandoned, call.keyed_at, call.queued = queue, False, None, True
    call.position = h.number("position")
    board.emit(
        call,
        CallQueued(
            at=board.now,
            call_id=call.ident,
            queue=queue,
            position=call.position,
            waiting=h.number("count"),
        ),
    )


def left(board: Switchboard, h: Headers) -> None:
    """QueueCallerLeave (12+), Leave: says that, not why."""
    leg = board.leg(h)
    if leg is None or not leg.call.waiting_in:
        return
    call = leg.call
    call.position = h.number("position") or call.position
    call.left, call.waiting_in = call.waiting_in, ""
    call.left = h.get("queue") or call.left
    if any(other.state == UP for other in call.legs if other.dialled and other is not call.caller):
        settle(board, call, QueueLeaveReason.ANSWERED)
    elif call.request is not None and call.request.leg is call.caller:
        settle(board, call, QueueLeaveReason.ABANDONED)
    elif call.keyed_at is not None and board.now - call.keyed_at <= _KEY_WINDOW:
        settle(board, call, QueueLeaveReason.KEY)
    elif call.abandoned and not board.requests_told:
        settle(board, call, QueueLeaveReason.ABANDONED)
    elif call.abandoned:
        # Asterisk reports "abandon" for a time-out as well; nobody asked to hang up.
        settle(board, call, QueueLeaveReason.TIMEOUT)


def settle(board: Switchboard, call: CallThread, reason: QueueLeaveReason) -> None:
    """Say why the caller has left the queue; nothing if that was said, or there was none."""
    queue = call.left or call.waiting_in
    if not queue:
        return
    call.left = call.waiting_in = ""
    board.emit(
        call,
        CallLeftQueue(
            at=board.now, call_id=call.ident, queue=queue, reason=reason, position=call.position
        ),
    )


def abandoned(board: Switchboard, h: Headers) -> None:
    """QueueCallerAbandon: the caller hung up, or (in some versions) the time was up."""
    leg = board.leg(h)
    if leg is None:
        return
    leg.call.abandoned = True
    leg.call.position = h.number("position") or leg.call.position
    if leg.call.left:
        told = board.requests_told
        settle(board, leg.call, QueueLeaveReason.TIMEOUT if told else QueueLeaveReason.ABANDONED)


def agent_called(board: Switchboard, h: Headers) -> None:
    """AgentCalled: a member is about to be rung for a caller."""
    caller, member = _caller_and_member(board, h)
    if caller is None or member is None:
        return
    if member.call is not caller.call and not member.call.announced:
        board.merge(member.call, caller.call)
    member.dialled = True
    member.dialled_by = member.dialled_by or caller
    if board.ensure_announced(caller.call, caller):
        offer(board, member)


def agent_connected(board: Switchboard, h: Headers) -> None:
    """AgentConnect: a member has the caller now."""
    caller, member = _caller_and_member(board, h)
    if caller is None:
        return
    call = caller.call
    if not board.ensure_announced(call, caller):
        return
    settle(board, call, QueueLeaveReason.ANSWERED)
    if member is None:
        return
    if member.call is not call and not member.call.announced:
        board.merge(member.call, call)
    if member.person:
        answered(board, member)
        return
    real = next((leg for leg in call.persons if leg.dialled and leg.state == UP), None)
    if real is not None:
        answered(board, real)


def agent_completed(board: Switchboard, h: Headers) -> None:
    """AgentComplete: the caller's time with a member is over; Reason says by whom."""
    caller, _ = _caller_and_member(board, h)
    if caller is not None:
        caller.call.reason = h.get("reason").lower()


def agent_did_not_answer(board: Switchboard, h: Headers) -> None:
    """AgentRingNoAnswer: a member was rung in vain."""
    caller, member = _caller_and_member(board, h)
    if member is not None and member.offer and caller is not None:
        end_offer(board, member, OfferOutcome.NO_ANSWER)


def _caller_and_member(board: Switchboard, h: Headers) -> tuple[Leg | None, Leg | None]:
    """Both ends of an Agent… event, in the ways of its many versions."""
    if h.has("destchannel"):
        return board.leg(h), board.leg(h, "dest")
    # Before 12: Uniqueid is the caller's; Channel the member's (AgentCalled: ChannelCalling is
    # the caller's, DestinationChannel the member's).
    calling = h.get("channelcalling")
    caller = board.find(h.get("uniqueid"), calling)
    member_name = h.get("destinationchannel") or ("" if calling else h.get("channel"))
    member = board.find("", member_name) if member_name else None
    if caller is None and calling and board.lenient:
        caller = board.open(h.get("uniqueid") or calling, calling, "")
    if caller is None and member is not None and person_behind(member) is not None:
        caller = member.call.caller
    if member is None and member_name and board.lenient and caller is not None:
        member = board.open(member_name, member_name, "")
        board.move(member, caller.call)
        member.dialled = True
    return caller, member
