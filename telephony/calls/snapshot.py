"""Rebuilding what is known from a list of what exists."""

from __future__ import annotations

from datetime import timedelta

from telephony.calls.bridging import enter, leave
from telephony.calls.dialling import answered, offer
from telephony.calls.ending import release
from telephony.calls.headers import Headers
from telephony.calls.legs import CallThread, Leg
from telephony.calls.outward import follow, is_outward
from telephony.calls.queueing import settle
from telephony.calls.switchboard import RING, RINGING, UP, Switchboard
from telephony.events import CallQueued, QueueLeaveReason

_CONFERENCES = {"confbridge", "meetme"}
# What the channel of somebody who is rung "executes".
_DIALLED_BY = {"appdial", "appdial2", "appqueue"}


def item(board: Switchboard, h: Headers) -> None:
    """CoreShowChannel or Status within a stream: kept until the list is complete."""
    board.listing.append(h)


def complete(board: Switchboard, h: Headers) -> None:
    """The list is complete. Absence counts only if the list is as long as Asterisk says."""
    items, board.listing = board.listing, []
    told = h.get("listitems", "items")
    whole = told.isdigit() and int(told) == len(items)
    take(board, items, None, complete=whole)


def take(
    board: Switchboard,
    items: list[Headers],
    entries: list[Headers] | None,
    *,
    complete: bool,
) -> None:
    """Bring the board to the state that the list shows.

    ``entries`` are QueueEntry messages; None when the queues were not asked.
    """
    listed: dict[Leg, Headers] = {}
    for h in sorted(items, key=_age, reverse=True):
        leg = _known(board, h)
        if leg is not None:
            listed[leg] = h
    if complete:
        for leg in list(board.legs.values()):
            if leg not in listed and leg.seen_at < board.arrived:
                leg.call.request = leg.call.soft = None
                _vanish(board, leg)
    _guests(board, listed)
    for leg in listed:
        _place(board, leg)
    _bridges(board, listed, complete=complete)
    if entries is not None:
        _queues(board, [h for h in entries if h.event == "queueentry"], complete=complete)


def _known(board: Switchboard, h: Headers) -> Leg | None:
    name, uniqueid = h.get("channel"), h.get("uniqueid")
    if not name:
        return None
    leg = board.find(uniqueid, name)
    if leg is None:
        leg = board.open(uniqueid or name, name, h.get("linkedid"))
        leg.heard_late = True
        leg.created_at = board.now - timedelta(seconds=_age(h))
        leg.call.started_at = min(leg.call.started_at, leg.created_at)
    if not leg.exten:
        leg.exten = h.get("extension")
    board.update(leg, h)
    if is_outward(leg.uniqueid):
        # the agent's leg, rung by the service: it is on nobody else's behalf
        return leg
    rung = leg.linkedid not in ("", leg.uniqueid) and leg.call.caller is not leg
    if rung or h.get("application").lower() in _DIALLED_BY:
        leg.dialled = True
    return leg


def _guests(board: Switchboard, listed: dict[Leg, Headers]) -> None:
    """Whom the system rang into a conference has a Linkedid of its own, but no line."""
    first: dict[str, Leg] = {}
    for leg, h in listed.items():
        if not leg.person or h.get("application").lower() not in _CONFERENCES:
            continue
        host = first.setdefault(h.get("bridgeid") or h.get("applicationdata"), leg)
        if leg.call is not host.call and not leg.account and not leg.call.announced:
            board.merge(leg.call, host.call)
            leg.answered = leg.guest = True


def _place(board: Switchboard, leg: Leg) -> None:
    call = leg.call
    follow(board, leg)
    calling = leg.person and not leg.dialled and not leg.guest and leg.state in (RING, UP)
    if not call.announced and calling and (leg.exten or leg.linkedid == leg.uniqueid):
        board.announce(call, leg)
    if not leg.dialled or not leg.person or leg is call.caller:
        return
    leg.dialled_by = leg.dialled_by or call.caller
    if leg.state == RINGING:
        offer(board, leg)
    elif leg.state == UP:
        answered(board, leg)


def _bridges(board: Switchboard, listed: dict[Leg, Headers], *, complete: bool) -> None:
    for leg, h in listed.items():
        present = h.get("bridgeid")
        if not h.has("bridgeid"):
            continue
        if complete:
            for bridge in sorted(leg.bridges - {present}):
                leave(board, leg, bridge)
        if present:
            conference = h.get("application").lower() == "confbridge"
            enter(board, leg, present, conference=conference)


def _queues(board: Switchboard, entries: list[Headers], *, complete: bool) -> None:
    waiting: dict[CallThread, Headers] = {}
    for h in entries:
        leg = board.find(h.get("uniqueid"), h.get("channel"))
        if leg is not None and leg.call.answered_by is None:
            waiting[leg.call] = h
    for call, h in waiting.items():
        position = h.number("position")
        if call.waiting_in == h.get("queue") or call.ended:
            continue
        call.waiting_in, call.position = h.get("queue"), position
        board.emit(
            call,
            CallQueued(
                at=board.now - timedelta(seconds=h.number("wait")),
                call_id=call.ident,
                queue=call.waiting_in,
                position=position,
            ),
        )
    if complete:
        for call in list(board.calls.values()):
            if call.waiting_in and call not in waiting and not call.ended:
                taken = call.answered_by is not None
                settle(board, call, QueueLeaveReason.ANSWERED if taken else QueueLeaveReason.OTHER)


def _vanish(board: Switchboard, leg: Leg) -> None:
    if leg.uniqueid in board.legs:
        leg.call.vanished = True
        release(board, leg, 0)


def _age(h: Headers) -> int:
    """Seconds the channel has existed: ``Duration`` (HH:MM:SS or seconds), ``Seconds``."""
    parts = h.get("duration", "seconds").split(":")
    seconds = 0
    for part in parts:
        seconds = seconds * 60 + (int(part) if part.isdigit() else 0)
    return seconds
