"""In-process publish/subscribe with order kept and subscribers kept apart."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager

import structlog

from telephony.events.vocabulary import Event

log = structlog.get_logger(__name__)

_CLOSED = object()


class Subscription:
    """One listener's own queue of events, in publication order.

    The queue is bounded: a listener that stops reading loses the oldest events (counted in
    ``dropped`` and logged once per thousand) instead of taking the process's memory.
    """

    def __init__(self, name: str, limit: int) -> None:
        self.name = name
        self.dropped = 0
        self._queue: asyncio.Queue[object] = asyncio.Queue(maxsize=limit)

    def put(self, event: object) -> None:
        """Append without waiting; drops the oldest when full."""
        if self._queue.full():
            self._queue.get_nowait()
            self.dropped += 1
            if self.dropped % 1000 == 1:
                log.error("event.listener_too_slow", listener=self.name, dropped=self.dropped)
        self._queue.put_nowait(event)

    def close(self) -> None:
        """End the iteration after the events already queued."""
        self.put(_CLOSED)

    async def __aiter__(self) -> AsyncIterator[Event]:
        while True:
            item = await self._queue.get()
            if item is _CLOSED:
                return
            assert isinstance(item, Event)
            yield item


class EventBus:
    """Delivers every published event to every open subscription."""

    def __init__(self) -> None:
        self._subscriptions: list[Subscription] = []

    def publish(self, event: Event) -> None:
        """Hand the event to all listeners; never blocks, never raises for a listener's sake."""
        for subscription in self._subscriptions:
            subscription.put(event)

    @contextmanager
    def subscribe(self, name: str, *, limit: int = 100_000) -> Iterator[Subscription]:
        """Listen from now until the ``with`` block ends."""
        subscription = Subscription(name, limit)
        self._subscriptions.append(subscription)
        try:
            yield subscription
        finally:
            self._subscriptions.remove(subscription)

    def close(self) -> None:
        """End all subscriptions."""
        for subscription in list(self._subscriptions):
            subscription.close()
