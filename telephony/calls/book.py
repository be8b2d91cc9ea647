"""The calls in progress: a fold of domain events."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from telephony.calls.model import Call, Party
from telephony.events import (
    CallAnswered,
    CallArrived,
    CallEnded,
    CallEvent,
    CallHeld,
    CallLeftQueue,
    CallOffered,
    CallQueued,
    CallResumed,
    Event,
    LineIdentified,
    OfferEnded,
    PartyJoined,
    PartyLeft,
)


class CallBook:
    """Holds every live call and no other; a call that has ended is gone from it."""

    def __init__(self) -> None:
        self._calls: dict[str, Call] = {}

    @property
    def calls(self) -> Mapping[str, Call]:
        """Live calls by call_id, oldest first."""
        return MappingProxyType(self._calls)

    def call(self, call_id: str) -> Call | None:
        """The live call of that id."""
        return self._calls.get(call_id)

    def by_channel(self, channel: str) -> Call | None:
        """The live call that the channel belongs to now."""
        return next((call for call in self._calls.values() if channel in call.channels), None)

    def apply(self, event: Event) -> None:
        """Fold one event in; events of calls not in the book change nothing."""
        if isinstance(event, CallArrived):
            self._calls[event.call_id] = Call(
                call_id=event.call_id,
                channel=event.channel,
                caller=event.caller,
                dialled=event.dialled,
                started_at=event.at,
                caller_name=event.caller_name,
            )
        elif isinstance(event, CallEnded):
            self._calls.pop(event.call_id, None)
        elif isinstance(event, CallEvent):
            call = self._calls.get(event.call_id)
            if call is not None:
                _fold(call, event)


def _fold(call: Call, event: CallEvent) -> None:
    match event:
        case LineIdentified():
            call.line, call.sip_call_id = event.line, event.sip_call_id
        case CallQueued():
            call.queue, call.position = event.queue, event.position
        case CallLeftQueue():
            call.queue, call.position = "", 0
        case CallOffered():
            call.ringing[event.channel] = event.endpoint
        case OfferEnded():
            call.ringing.pop(event.channel, None)
        case CallAnswered():
            call.ringing.pop(event.channel, None)
            if call.answered_at is None:
                call.answered_at, call.answered_by = event.at, event.endpoint
        case PartyJoined():
            call.parties[event.channel] = Party(event.channel, event.endpoint, event.bridge)
        case PartyLeft():
            # By the time of this message the party may be in another conversation already.
            party = call.parties.get(event.channel)
            if party is not None and party.bridge == event.bridge:
                del call.parties[event.channel]
        case CallHeld():
            call.held_by.add(event.channel)
        case CallResumed():
            call.held_by.discard(event.channel)
        case _:
            pass
