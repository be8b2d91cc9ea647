"""Supervision put together: the desk, and what it hears of Asterisk's own events."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from agent_gateway.http import GatewayContext
from agent_gateway.supervision.teller import FigureTeller
from telephony.ami import AmiMessage
from telephony.background import Work
from telephony.calls import CallFeed
from telephony.supervision import AmiSpy, SupervisionDesk


class Ears:
    """Passes Asterisk's events on to parts that are made later than the feed."""

    def __init__(self) -> None:
        self.desk: SupervisionDesk | None = None

    async def heard(self, message: AmiMessage, _at: datetime) -> None:
        """One event."""
        if self.desk is not None:
            self.desk.heard(message)


class Supervising:
    """Gives the context its supervision and its figures.

    Args:
        context: complete but for these.
        feed: of calls, which hands its events to ``ears``.
        ears: made before it.
    """

    def __init__(self, context: GatewayContext, feed: CallFeed, ears: Ears) -> None:
        settings, bus = context.settings, context.bus
        control = AmiSpy(feed.link, ring_s=settings.agents.ring_seconds)
        self._desk = ears.desk = context.supervision = SupervisionDesk(bus, feed.book, control)
        self._figures = context.figures = FigureTeller(
            bus, context.store, settings, context.queues, context.live.tell_leaders
        )

    def work(self) -> Iterable[tuple[str, Work]]:
        """What goes on as long as the service does, by name."""
        yield "supervision", self._desk.run()
        yield "figures", self._figures.run()
