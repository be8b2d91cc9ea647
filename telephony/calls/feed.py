"""From the AMI link to the event bus and the book of calls."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import structlog

from telephony.ami import AmiError, AmiLink, AmiMessage, Snapshot
from telephony.calls.book import CallBook
from telephony.calls.translate import Translator
from telephony.events import Event, EventBus, LinkState, LinkStateChanged

log = structlog.get_logger(__name__)

RawListener = Callable[[AmiMessage, datetime], Awaitable[None]]
SnapshotListener = Callable[[Snapshot], Awaitable[None]]


class CallFeed:
    """Keeps the link, translates what it hears, publishes, and keeps the book.

    Attributes:
        link: for actions.
        book: the calls in progress, always as far as what was published.
    """

    def __init__(
        self,
        bus: EventBus,
        *,
        host: str,
        port: int,
        user: str,
        password: str,
        on_raw: RawListener | None = None,
        on_snapshot: SnapshotListener | None = None,
        resync_interval_s: float = 60.0,
    ) -> None:
        """Nothing is opened before :meth:`start`.

        Args:
            bus: gets every event.
            host: address of the manager interface.
            port: its TCP port.
            user: account.
            password: its secret.
            on_raw: also gets every AMI event (for the parts of telephony that read others than
                those of calls), after its domain events were published.
            on_snapshot: also gets every snapshot, before the link is said to be up.
            resync_interval_s: how often the channels are asked for anew, so that a call whose end
                was not heard does not stay for ever.
        """
        self._bus = bus
        self._on_raw = on_raw
        self._on_snapshot = on_snapshot
        self._resync_interval_s = resync_interval_s
        self._resyncing: asyncio.Task[None] | None = None
        self._translator = Translator(lenient=False, requests_told=True)
        self.book = CallBook()
        self.link = AmiLink(
            host,
            port,
            user,
            password,
            on_message=self._message,
            on_snapshot=self._snapshot,
            on_up=self._up,
            on_down=self._down,
        )

    async def start(self) -> None:
        """Connect, and stay connected; does not wait for success."""
        await self.link.start()
        self._resyncing = asyncio.create_task(self._resync(), name="ami-resync")

    async def stop(self) -> None:
        """Disconnect; calls go on without us."""
        if self._resyncing is not None:
            self._resyncing.cancel()
            await asyncio.wait({self._resyncing})
            self._resyncing = None
        await self.link.stop()

    async def _resync(self) -> None:
        while True:
            await asyncio.sleep(self._resync_interval_s)
            try:
                await self.link.resync()
            except AmiError as error:
                log.info("calls.resync_put_off", reason=str(error))

    async def _message(self, message: AmiMessage, at: datetime) -> None:
        self._publish(self._translator.feed(message, at=at))
        if self._on_raw is not None:
            await self._on_raw(message, at)

    async def _snapshot(self, snapshot: Snapshot) -> None:
        self._publish(
            self._translator.resync(
                snapshot.channels,
                snapshot.queues,
                at=snapshot.asked_at,
                complete=snapshot.channels_complete,
            )
        )
        if self._on_snapshot is not None:
            await self._on_snapshot(snapshot)

    async def _up(self) -> None:
        self._publish([LinkStateChanged(at=datetime.now(UTC), state=LinkState.UP)])

    async def _down(self, reason: str) -> None:
        self._publish([LinkStateChanged(at=datetime.now(UTC), state=LinkState.DOWN, reason=reason)])

    def _publish(self, events: list[Event]) -> None:
        for event in events:
            self.book.apply(event)
            self._bus.publish(event)
