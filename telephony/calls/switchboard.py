"""The state that all subjects of the translation share: legs, calls, and what to publish."""

from __future__ import annotations

from collections import OrderedDict
from datetime import UTC, datetime

from telephony.calls.channelname import number_in, parse_channel
from telephony.calls.headers import Headers
from telephony.calls.legs import CallThread, Leg
from telephony.events import CallArrived, CallEnded, Event, HungUpBy, LineIdentified

_REMEMBERED_ENDS = 2000
RING, RINGING, UP = 4, 5, 6


class Switchboard:
    """Finds, makes and moves legs; announces calls; collects events.

    Attributes:
        lenient: a channel heard of for the first time in mid-life is taken up (recordings that
            begin late); a live stream knows all channels from its snapshot.
        requests_told: the stream tells of requests to hang up (Asterisk 1.8 and later do).
        now: time of the message being translated.
        arrived: its time of arrival.
        out: events to publish.
    """

    def __init__(self, *, lenient: bool, requests_told: bool) -> None:
        self.lenient = lenient
        self.requests_told = requests_told
        self.now = datetime.min.replace(tzinfo=UTC)
        self.arrived = self.now
        self.out: list[Event] = []
        self.legs: dict[str, Leg] = {}
        self.calls: dict[str, CallThread] = {}
        self.bridges: dict[str, dict[Leg, None]] = {}
        self.listing: list[Headers] = []
        self._names: dict[str, Leg] = {}
        self._ended: OrderedDict[str, None] = OrderedDict()

    # ---- legs

    def find(self, uniqueid: str, name: str = "") -> Leg | None:
        """The leg with this Uniqueid, or else with this channel name."""
        if uniqueid and uniqueid in self.legs:
            return self.legs[uniqueid]
        if name and (not uniqueid or name in self._names):
            leg = self._names.get(name)
            if leg is not None and leg.uniqueid in self.legs:
                return leg
        return None

    def leg(self, h: Headers, prefix: str = "") -> Leg | None:
        """The leg a message speaks of under ``prefix``, brought up to date; see ``lenient``."""
        uniqueid, name = h.get(prefix + "uniqueid"), h.get(prefix + "channel")
        leg = self.find(uniqueid, name)
        if leg is None:
            if not self.lenient or not name:
                return None
            leg = self.open(uniqueid or name, name, h.get(prefix + "linkedid"))
            leg.heard_late = True
            leg.dialled = leg.linkedid not in ("", leg.uniqueid)
        self.update(leg, h, prefix)
        return leg

    def open(self, uniqueid: str, name: str, linkedid: str) -> Leg:
        """A new leg, in the call of its Linkedid, of its Local other half, or in one of its own."""
        parsed = parse_channel(name)
        call = self.calls.get(linkedid) if linkedid else None
        if call is None and parsed.pair:
            halves = (self._names.get(f"{parsed.pair}{mark}{n}") for mark in ";," for n in "12")
            call = next((half.call for half in halves if half and half.call.legs), None)
        if call is None:
            call = CallThread(linkedid or uniqueid, self.now)
            call.ended = call.announced = call.ident in self._ended
            self.calls[call.ident] = call
        leg = Leg(uniqueid, parsed, call, self.now, self.arrived, linkedid=linkedid)
        call.legs.append(leg)
        self.legs[uniqueid] = leg
        leg.names.add(name)
        self._names[name] = leg
        return leg

    def update(self, leg: Leg, h: Headers, prefix: str = "") -> None:
        """Take over what a message says of a leg."""
        leg.seen_at = self.arrived
        state = h.state(prefix)
        if state is not None:
            if state == UP and leg.up_at is None:
                leg.up_at = self.now
            leg.state = state
            leg.outgoing = leg.outgoing or state == RINGING
        caller = h.caller(prefix)
        if caller:
            leg.caller = caller
        leg.caller_name = h.known(prefix + "calleridname") or leg.caller_name
        exten = h.get(prefix + "exten")
        leg.at_exten = exten or leg.at_exten
        if exten and not leg.call.announced:
            leg.exten = exten
        account = h.get(prefix + "accountcode", prefix + "account")
        if account and account != leg.account:
            leg.account = account
            if leg.call.caller is leg:
                self.identify_line(leg.call, account, "")

    def rename(self, leg: Leg, name: str) -> None:
        """The leg's channel has another name from now on."""
        leg.name = parse_channel(name)
        leg.names.add(name)
        self._names[name] = leg

    def by_name(self, name: str) -> Leg | None:
        """The last leg of that name, gone or not."""
        return self._names.get(name)

    def close(self, leg: Leg) -> None:
        """The channel does not exist any more."""
        self.legs.pop(leg.uniqueid, None)
        for bridge in leg.bridges:
            members = self.bridges.get(bridge)
            if members is not None:
                members.pop(leg, None)
                if not members:
                    del self.bridges[bridge]
        for name in leg.names:
            if self._names.get(name) is leg:
                del self._names[name]
        if leg in leg.call.legs:
            leg.call.legs.remove(leg)
        if not leg.call.legs and self.calls.get(leg.call.ident) is leg.call:
            del self.calls[leg.call.ident]

    # ---- calls

    def move(self, leg: Leg, call: CallThread) -> None:
        """Put a leg into another call."""
        old = leg.call
        if old is call:
            return
        old.legs.remove(leg)
        call.legs.append(leg)
        leg.call = call
        if not old.legs:
            if old.announced and not old.ended:
                self.end_joined(old, call)
            if self.calls.get(old.ident) is old:
                del self.calls[old.ident]

    def merge(self, call: CallThread, into: CallThread) -> None:
        """Put all legs of a call into another; an announced one ends by that."""
        if call is into:
            return
        if call.announced and not call.ended:
            self.end_joined(call, into)
        for leg in list(call.legs):
            self.move(leg, into)

    def end_joined(self, call: CallThread, into: CallThread) -> None:
        """A call is over because its parties have become part of another."""
        call.ended = True
        self.remember_end(call)
        self.out.append(
            CallEnded(
                at=self.now,
                call_id=call.ident,
                hung_up_by=HungUpBy.SYSTEM,
                cause=16,
                cause_text=f"joined to call {into.ident}",
            )
        )

    def remember_end(self, call: CallThread) -> None:
        """So that late messages do not bring the call to life again."""
        self._ended[call.ident] = None
        while len(self._ended) > _REMEMBERED_ENDS:
            self._ended.popitem(last=False)

    def announce(self, call: CallThread, caller: Leg, dialled: str = "") -> None:
        """Say that the call exists, once."""
        if call.announced:
            return
        call.announced = True
        call.caller = caller
        if not caller.linkedid and call.ident != caller.uniqueid:
            # Without Linkedid a call is known by its caller's channel, whichever came first.
            if self.calls.get(call.ident) is call:
                del self.calls[call.ident]
            call.ident = caller.uniqueid
            self.calls[call.ident] = call
        number = caller.caller
        if caller.dialled or caller.outgoing:
            number = own_number(caller) or number
        call.dialled = dialled or caller.exten
        self.out.append(
            CallArrived(
                at=min(self.now, caller.created_at),
                call_id=call.ident,
                channel=caller.name.full,
                caller=number,
                dialled=call.dialled,
                caller_name=caller.caller_name,
            )
        )
        if caller.account:
            self.identify_line(call, caller.account, call.sip_call_id)

    def identify_line(self, call: CallThread, line: str, sip_call_id: str) -> None:
        """Say which line was dialled, if that is news."""
        sip_call_id = sip_call_id or call.sip_call_id
        if (line, sip_call_id) == (call.line, call.sip_call_id):
            return
        call.line, call.sip_call_id = line, sip_call_id
        self.emit(
            call,
            LineIdentified(at=self.now, call_id=call.ident, line=line, sip_call_id=sip_call_id),
        )

    def emit(self, call: CallThread, event: Event) -> None:
        """Publish an event of a call that is known and not over."""
        if call.announced and not call.ended:
            self.out.append(event)

    def ensure_announced(self, call: CallThread, hint: Leg | None = None) -> bool:
        """Announce a call whose beginning was not heard; False if nobody is in it."""
        if not call.announced:
            people = call.persons
            caller = next((leg for leg in people if not leg.dialled and not leg.guest), None)
            if caller is None and hint is not None and hint in people:
                # Whom the system rang may call on; whom a caller rang has lost that caller.
                caller = hint if self.lenient or hint.originated else None
            if caller is None and self.lenient:
                caller = next(iter(people), None)
            if caller is None:
                return False
            self.announce(call, caller)
        return not call.ended


def own_number(leg: Leg) -> str:
    """The number of a telephone that the system rang."""
    if leg.dial_string:
        number = number_in(leg.dial_string)
        return number.rpartition("-")[2] if number == leg.name.resource else number
    resource = leg.name.resource.partition("/")[2] or leg.name.resource
    digits = resource.rpartition("-")[2]
    return digits if digits.isdigit() else ""
