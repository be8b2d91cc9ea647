"""What the recogniser, the recordings and the IVR ask of the calls in progress."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from asr.attach import LiveParty
from telephony.agents import AGENT_ENDPOINT
from telephony.calls import CallBook, CallFeed, by_agent
from telephony.events import (
    CallEnded,
    CallLeftQueue,
    CallQueued,
    Event,
    EventBus,
    Speaker,
)


class LiveParties:
    """Who can be listened to now (``asr.attach.LiveCalls``)."""

    def __init__(self, book: CallBook) -> None:
        self._book = book

    def parties(self) -> Iterable[LiveParty]:
        """The callers who are offered to somebody or talk, and everybody on the other side."""
        for call in self._book.calls.values():
            others = call.ringing | {
                party.channel: party.endpoint for party in call.parties.values()
            }
            if by_agent(call.call_id):
                for channel, endpoint in others.items():
                    ours = endpoint.startswith(AGENT_ENDPOINT)
                    speaker = Speaker.AGENT if ours else Speaker.CALLER
                    yield LiveParty(call.call_id, channel, speaker)
                continue
            others.pop(call.channel, None)
            if not others and call.channel not in call.parties:
                continue
            yield LiveParty(call.call_id, call.channel, Speaker.CALLER)
            for channel, endpoint in others.items():
                of_agent = endpoint.startswith(AGENT_ENDPOINT)
                speaker = Speaker.AGENT if of_agent else Speaker.THIRD
                yield LiveParty(call.call_id, channel, speaker)


def live_call_ids(feed: CallFeed) -> Collection[str] | None:
    """Calls that Asterisk carries now; None while nobody can know."""
    return set(feed.book.calls) if feed.link.up else None


class QueuePlaces:
    """Where callers stood when they left the queue (``ivr.waiting.QueuePositions``)."""

    def __init__(self, bus: EventBus) -> None:
        self._bus = bus
        self._places: dict[str, int] = {}

    def last_position(self, call_id: str) -> int | None:
        """The caller's last place, from 1; None when unknown."""
        return self._places.get(call_id)

    async def run(self) -> None:
        """Follow the bus until it closes or the task is cancelled."""
        with self._bus.subscribe("queue-places") as events:
            async for event in events:
                self._heard(event)

    def _heard(self, event: Event) -> None:
        match event:
            case CallQueued(position=position) | CallLeftQueue(position=position) if position > 0:
                self._places[event.call_id] = position
            case CallEnded():
                self._places.pop(event.call_id, None)
            case _:
                pass
