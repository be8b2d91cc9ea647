"""The end of channels and calls: who hung up, and why."""

from __future__ import annotations

from datetime import timedelta

from telephony.calls.causes import cause_text
from telephony.calls.channelname import number_in
from telephony.calls.dialling import answered, end_offer, outcome_of_release
from telephony.calls.headers import Headers
from telephony.calls.legs import CallThread, Leg, Release
from telephony.calls.outward import by_agent
from telephony.calls.queueing import settle
from telephony.calls.switchboard import UP, Switchboard, own_number
from telephony.events import CallEnded, HungUpBy, PartyLeft, QueueLeaveReason

# Drivers that report a request to hang up from the far end; an analogue line, for one, does not.
_TELL_REQUESTS = {"pjsip", "sip", "iax2"}
_PLAIN_CAUSES = {0, 16, 31}
_AT_ONCE = timedelta(seconds=1)


def requested(board: Switchboard, h: Headers) -> None:
    """HangupRequest: the far end of this channel hung up."""
    leg = board.leg(h)
    board.requests_told = True
    if leg is None:
        return
    leg.cause = h.number("cause") or leg.cause
    call = leg.call
    if not leg.person or leg.handed_over or call.request is not None:
        return
    rung_by_system = leg.originated and leg.state == UP and not call.announced
    takes_part = leg is call.caller or leg.answered or rung_by_system
    if not takes_part or (leg is not call.caller and call.others(leg)):
        return
    call.request = Release(leg, "hangup request", board.now)


def soft_requested(board: Switchboard, h: Headers) -> None:
    """SoftHangupRequest: Asterisk ends the channel, for an action, a limit or of necessity."""
    leg = board.leg(h)
    board.requests_told = True
    if leg is None or not leg.person or leg.handed_over or leg is not leg.call.caller:
        return
    call = leg.call
    # After somebody left, it is only how Asterisk ends the rest.
    if call.soft is None and call.request is None and call.first_to_leave is None:
        call.soft = Release(leg, "ordered by the system", board.now)


def hung_up(board: Switchboard, h: Headers) -> None:
    """Hangup: the channel is gone."""
    leg = board.find(h.get("uniqueid"), h.get("channel"))
    if leg is None:
        return
    # A channel's last message may carry the caller's number for the first time.
    board.update(leg, h)
    release(board, leg, h.number("cause"))


def release(board: Switchboard, leg: Leg, cause: int) -> None:
    """Take a channel out of everything, and end its call if it was the caller's."""
    call = leg.call
    leg.cause = cause or leg.cause
    if leg.offer:
        end_offer(board, leg, outcome_of_release(leg, call))
    for bridge in sorted(leg.bridges):
        if leg.person:
            board.emit(
                call,
                PartyLeft(
                    at=board.now,
                    call_id=call.ident,
                    channel=leg.name.full,
                    endpoint=leg.name.endpoint,
                    bridge=bridge,
                ),
            )
    took_part = leg.person and not leg.handed_over and (leg is call.caller or leg.answered)
    if took_part and call.first_gone is None:
        call.first_gone = Release(leg, "hung up first", board.now)
    if not call.announced and leg.person and not leg.name.ghost:
        _announce_late(board, call, leg)
    if leg is call.caller and not call.ended:
        heirs = [other for other in call.persons if other is not leg and other.state == UP]
        if (leg.handed_over or leg.name.ghost) and heirs:
            call.caller = heirs[0]
        else:
            end(board, call, leg)
    board.close(leg)
    if call.announced and not call.ended and not call.persons:
        end(board, call, leg)


def end(board: Switchboard, call: CallThread, leg: Leg) -> None:
    """Say that the call is over."""
    by, party, basis = _who(board, call, leg)
    if call.waiting_in or call.left:
        gave_up = by is HungUpBy.CALLER and bool(call.waiting_in)
        reason = QueueLeaveReason.ABANDONED if gave_up else QueueLeaveReason.TIMEOUT
        settle(board, call, reason)
    cause = leg.cause
    if call.answered_by is None and cause in _PLAIN_CAUSES and by is not HungUpBy.CALLER:
        cause = call.offer_cause or cause
    board.emit(
        call,
        CallEnded(
            at=board.now,
            call_id=call.ident,
            hung_up_by=by,
            cause=cause,
            cause_text=cause_text(cause),
            channel=party.name.full if party is not None else "",
            basis=basis,
        ),
    )
    call.ended = True
    board.remember_end(call)


def _who(board: Switchboard, call: CallThread, last: Leg) -> tuple[HungUpBy, Leg | None, str]:
    """Which side ended the call, its leg, and what says so."""
    if call.vanished:
        return HungUpBy.UNKNOWN, None, "its end was not heard"
    if call.request is not None:
        return _side(call, call.request.leg), call.request.leg, call.request.basis
    if call.answered_by is not None:
        if call.reason in ("caller", "agent") and not call.moved:
            leg = call.caller if call.reason == "caller" else call.answered_by
            by = HungUpBy.CALLER if call.reason == "caller" else HungUpBy.AGENT
            return by, leg, "queue's report"
        if call.soft is not None:
            return HungUpBy.SYSTEM, None, call.soft.basis
        if board.requests_told and _tells(last):
            return HungUpBy.SYSTEM, None, "no party asked for it"
        if call.first_to_leave is not None:
            leg = call.first_to_leave.leg
            return _side(call, leg), leg, call.first_to_leave.basis
        first = call.first_gone
        if first is not None:
            sure = first.leg is call.caller or board.now - first.at >= _AT_ONCE
            basis = first.basis if sure else "hung up first, by little"
            return _side(call, first.leg), first.leg, basis
        return HungUpBy.UNKNOWN, None, ""
    if call.cancelled or (call.abandoned and not board.requests_told):
        return HungUpBy.CALLER, call.caller, "gave up waiting"
    if board.requests_told and _tells(last):
        return HungUpBy.SYSTEM, None, "no party asked for it"
    if call.offer_cause or last.cause not in _PLAIN_CAUSES:
        return HungUpBy.SYSTEM, None, "nobody could be reached"
    if last.last_application.lower() in ("hangup", "busy", "congestion", "playtones"):
        return HungUpBy.SYSTEM, None, "dialplan"
    return HungUpBy.UNKNOWN, None, ""


def _side(call: CallThread, leg: Leg | None) -> HungUpBy:
    if leg is None:
        return HungUpBy.UNKNOWN
    if by_agent(call.ident):
        return HungUpBy.AGENT if leg is call.caller else HungUpBy.CALLER
    if leg is call.caller and leg is not call.answered_by:
        return HungUpBy.CALLER
    if leg is not call.answered_by and (call.moved or leg.guest):
        return HungUpBy.THIRD
    return HungUpBy.AGENT


def _tells(leg: Leg) -> bool:
    return leg.name.technology.lower() in _TELL_REQUESTS


def _announce_late(board: Switchboard, call: CallThread, leg: Leg) -> None:
    """A call nobody was said to be in: placed by the system, or its beginning was not heard."""
    if call.caller is not None or call.ended or (leg.heard_late and not board.lenient):
        return
    if not leg.linkedid and leg.state != UP and _somebody_queued(board):
        # Before 12 nothing ties a queue's member to the caller until it answers.
        return
    if leg.heard_late and leg.state != UP:
        return
    if leg.originated or (leg.outgoing and not leg.dialled):
        number = own_number(leg) or number_in(leg.dial_string) or leg.name.resource
        leg.dialled = leg.outgoing = False
        leg.caller = leg.caller_name = ""
        board.announce(call, leg, number)
        if leg.state == UP:
            hung_up_at, request = board.now, call.request
            board.now = leg.up_at or hung_up_at
            call.caller = None
            answered(board, leg)
            board.now, call.caller, call.request = hung_up_at, leg, request
        return
    people = call.persons
    caller = next((p for p in people if p.linkedid == p.uniqueid), None)
    if leg.heard_late:
        # It was there before we listened; only a conversation is worth telling.
        if leg.state == UP and (caller is not None or not leg.linkedid):
            board.announce(call, caller or leg)
    elif leg.linkedid or leg.state not in (0, None):
        board.announce(call, caller or leg)


def _somebody_queued(board: Switchboard) -> bool:
    return any(call.queued and not call.ended for call in board.calls.values())
