"""Keeps the figures and tells supervisors what has changed in them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime

import structlog
from pydantic import BaseModel
from sqlalchemy.exc import SQLAlchemyError

from agent_gateway.store import CallFilter, Store
from agent_gateway.supervision.figures import FigureBoard
from agent_gateway.supervision.views import Figures, FiguresMessage
from config.queues import QueuePlan
from config.settings import Settings
from telephony.events import EventBus

log = structlog.get_logger(__name__)

# Changes of a moment are told together.
TOGETHER_S = 0.2
SEATS_EVERY_S = 5.0
MOST_CALLS = 50_000


class FigureTeller:
    """Follows the bus.

    Args:
        bus: calls and agents.
        store: the day's calls from before, and the agents' skills.
        settings: the service level and the time zone.
        queues: all queues.
        tell: takes a message for all supervisors.
    """

    def __init__(
        self,
        bus: EventBus,
        store: Store,
        settings: Settings,
        queues: QueuePlan,
        tell: Callable[[BaseModel], None],
    ) -> None:
        self._bus = bus
        self._store = store
        self._zone = settings.city.zone
        self._queues = queues
        self._tell = tell
        self._board = FigureBoard(
            queues, in_time_s=settings.queue.service_level_seconds, zone=self._zone
        )
        self._told = Figures(queues=[], lines=[], agents=[])
        self._changed = asyncio.Event()
        self._seated_at = -SEATS_EVERY_S

    async def run(self) -> None:
        """Until the bus closes or the task is cancelled."""
        with self._bus.subscribe("figures") as events:
            await self._remember()

            async def listen() -> None:
                async for event in events:
                    if self._board.apply(event):
                        self._changed.set()

            async with asyncio.TaskGroup() as group:
                group.create_task(listen())
                group.create_task(self._keep_telling())

    async def figures(self) -> Figures:
        """All figures now."""
        await self._read_seats()
        return self._board.figures(datetime.now(UTC))

    async def _keep_telling(self) -> None:
        while True:
            await self._changed.wait()
            self._changed.clear()
            self._tell_changes(await self.figures())
            await asyncio.sleep(TOGETHER_S)

    def _tell_changes(self, now: Figures) -> None:
        before = self._told
        self._told = now
        message = FiguresMessage(
            queues=[one for one in now.queues if one not in before.queues],
            lines=[one for one in now.lines if one not in before.lines],
            agents=[one for one in now.agents if one not in before.agents],
        )
        if message.queues or message.lines or message.agents:
            self._tell(message)

    async def _remember(self) -> None:
        now = datetime.now(UTC)
        midnight = now.astimezone(self._zone).replace(hour=0, minute=0, second=0, microsecond=0)
        try:
            calls, _ = await self._store.calls.page(
                CallFilter(since=midnight.astimezone(UTC)), limit=MOST_CALLS, offset=0
            )
        except (SQLAlchemyError, OSError) as error:
            log.warning("figures.day_unknown", reason=str(error)[:200])
            return
        self._board.remember(calls, now)

    async def _read_seats(self) -> None:
        clock = asyncio.get_running_loop().time()
        if clock - self._seated_at < SEATS_EVERY_S:
            return
        try:
            users = await self._store.users.agents()
        except (SQLAlchemyError, OSError) as error:
            # the figures go on with the seats that were known last
            log.warning("figures.seats_unknown", reason=str(error)[:200])
            return
        self._seated_at = clock
        self._board.seats(
            {user.extension or "": self._queues.levels(user.skills) for user in users}
        )
