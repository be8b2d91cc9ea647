"""Conversations: bridges, conferences, hold."""

from __future__ import annotations

from telephony.calls.dialling import answered
from telephony.calls.headers import Headers
from telephony.calls.legs import CallThread, Leg, Release
from telephony.calls.switchboard import UP, Switchboard
from telephony.events import CallHeld, CallResumed, PartyJoined, PartyLeft

_PAIR = 2


def entered(board: Switchboard, h: Headers) -> None:
    """BridgeEnter (12+)."""
    leg = board.leg(h)
    if leg is None or h.get("bridgetechnology").lower() == "holding_bridge":
        return
    conference = h.get("bridgecreator").lower() == "confbridge" or (
        h.get("bridgetechnology").lower() == "softmix"
    )
    enter(board, leg, h.get("bridgeuniqueid"), conference=conference)


def departed(board: Switchboard, h: Headers) -> None:
    """BridgeLeave (12+)."""
    leg = board.leg(h)
    if leg is not None:
        leave(board, leg, h.get("bridgeuniqueid"))


def conference_joined(board: Switchboard, h: Headers) -> None:
    """ConfbridgeJoin, MeetmeJoin; in 12+ BridgeEnter has said it already."""
    leg = board.leg(h)
    if leg is not None:
        enter(board, leg, _conference(h), conference=True)


def conference_left(board: Switchboard, h: Headers) -> None:
    """ConfbridgeLeave, MeetmeLeave; in 12+ BridgeLeave follows."""
    leg = board.leg(h)
    if leg is not None:
        leave(board, leg, _conference(h))


def linked(board: Switchboard, h: Headers) -> None:
    """Bridge with Bridgestate Link (1.6-11), Link (1.4)."""
    first, second = _pair(board, h)
    if first is None or second is None:
        return
    if second.call is not first.call:
        if not second.call.announced:
            board.merge(second.call, first.call)
        elif not first.call.announced:
            board.merge(first.call, second.call)
    bridge = _pair_name(first, second)
    enter(board, first, bridge, conference=False)
    enter(board, second, bridge, conference=False)


def unlinked(board: Switchboard, h: Headers) -> None:
    """Bridge with Bridgestate Unlink, Unlink: does not say who left."""
    first, second = _pair(board, h)
    if first is None or second is None:
        return
    bridge = _pair_name(first, second)
    for leg in (first, second):
        leave(board, leg, bridge, together=True)


def enter(board: Switchboard, leg: Leg, bridge: str, *, conference: bool) -> None:
    """A leg joins a conversation; unannounced parties become part of an announced call in it."""
    members = board.bridges.setdefault(bridge, {})
    if not bridge or leg in members:
        return
    members[leg] = None
    leg.bridges.add(bridge)
    leg.state = UP
    _gather(board, members)
    people = [member for member in members if member.person]
    if leg.person and (conference or len(people) > 1):
        for call in dict.fromkeys(member.call for member in people):
            if not call.announced and len(people) > 1:
                board.ensure_announced(call, people[0])
    if len(people) >= _PAIR:
        for call in {member.call: None for member in people}:
            call.first_to_leave = call.request = call.soft = None
        if conference:
            for member in people:
                if member is not member.call.caller and not member.answered:
                    member.answered = member.guest = True
        else:
            _answer_all(board, people)
    for call in dict.fromkeys(member.call for member in people):
        _say_joined(board, call, people, leg, bridge)


def leave(board: Switchboard, leg: Leg, bridge: str, *, together: bool = False) -> None:
    """A leg leaves a conversation."""
    members = board.bridges.get(bridge, {})
    if leg not in members:
        return
    people = [member for member in members if member.person]
    del members[leg]
    leg.bridges.discard(bridge)
    if not members:
        board.bridges.pop(bridge, None)
    if not leg.person:
        return
    for call in dict.fromkeys(member.call for member in people):
        if call.first_to_leave is None and not together and len(people) <= _PAIR:
            call.first_to_leave = Release(leg, "left the conversation first", board.now)
        if call is leg.call or call.announced:
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


def hold(board: Switchboard, h: Headers) -> None:
    """Hold (12+), Hold with Status On or Off (1.6-11)."""
    if h.get("status").lower() == "off":
        unhold(board, h)
        return
    leg = board.leg(h)
    if leg is not None and leg.name.full not in leg.call.held_by:
        leg.call.held_by.add(leg.name.full)
        board.emit(leg.call, CallHeld(at=board.now, call_id=leg.call.ident, channel=leg.name.full))


def unhold(board: Switchboard, h: Headers) -> None:
    """Unhold; Asterisk sends it for parties that were not on hold, too."""
    leg = board.leg(h)
    if leg is not None and leg.name.full in leg.call.held_by:
        leg.call.held_by.discard(leg.name.full)
        board.emit(
            leg.call, CallResumed(at=board.now, call_id=leg.call.ident, channel=leg.name.full)
        )


def _gather(board: Switchboard, members: dict[Leg, None]) -> None:
    """Legs of calls that were never announced belong to the announced call they meet."""
    calls = list(dict.fromkeys(member.call for member in members if member.person))
    known = next((call for call in calls if call.announced), None)
    if known is None and len(calls) > 1:
        known = calls[0]
    for call in calls:
        if known is not None and call is not known and not call.announced:
            board.merge(call, known)


def _answer_all(board: Switchboard, people: list[Leg]) -> None:
    for member in people:
        call = member.call
        if member is call.caller or member.answered or member.handed_over:
            continue
        if call.caller in people:
            answered(board, member)


def _say_joined(
    board: Switchboard, call: CallThread, people: list[Leg], leg: Leg, bridge: str
) -> None:
    # A guest from another call hears of those already here, and they of the guest.
    new = people if leg.call is call and any(p.call is not call for p in people) else [leg]
    for member in new:
        if not member.person or (member is not leg and member.call is call):
            continue
        board.emit(
            call,
            PartyJoined(
                at=board.now,
                call_id=call.ident,
                channel=member.name.full,
                endpoint=member.name.endpoint,
                bridge=bridge,
            ),
        )


def _conference(h: Headers) -> str:
    return h.get("bridgeuniqueid") or f"conference {h.get('conference', 'meetme', 'bridgename')}"


def _pair(board: Switchboard, h: Headers) -> tuple[Leg | None, Leg | None]:
    legs: list[Leg | None] = []
    for mark in ("1", "2"):
        uniqueid, name = h.get("uniqueid" + mark), h.get("channel" + mark)
        leg = board.find(uniqueid, name)
        if leg is None and board.lenient and name:
            leg = board.open(uniqueid or name, name, "")
            leg.caller = h.known("callerid" + mark)
        if leg is not None:
            leg.state = UP
        legs.append(leg)
    return legs[0], legs[1]


def _pair_name(first: Leg, second: Leg) -> str:
    return "link " + "|".join(sorted((first.uniqueid, second.uniqueid)))
