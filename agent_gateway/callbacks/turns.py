"""Dialling by itself for callers who asked for it while they waited, when their turn has come.

Their turn: an agent who serves their queue is free, and nobody who began to wait earlier still
does. Somebody who began to wait later is not delayed unfairly: they would have come later too.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

import structlog
from sqlalchemy.exc import SQLAlchemyError

from agent_gateway.callbacks.desk import CallbackDesk, CallbackError
from agent_gateway.store import MissedCall, Store
from config.calendar import CityClock
from config.settings import CallbackSettings
from telephony.agents import AGENT_ENDPOINT, AgentSnapshot
from telephony.calls import Call
from telephony.events import AgentState, AgentStateChanged, EventBus

log = structlog.get_logger(__name__)

EVERY_S = 5.0
# Longer after the request a call that nobody placed by hand surprises more than it helps. Hours in
# which nobody is dialled do not count.
LONGEST = timedelta(hours=4)
BY = "automatic"


class CallbackTurns:
    """Looks whenever an agent becomes free, and every few seconds.

    Args:
        store: where the requests are.
        bus: tells of agents.
        desk: places the calls.
        settings: how often, with what pause, and in which hours.
        clock: the city's time, and the calendar that is in force.
        agents: all agents' states.
        queues: those that an agent's interface takes calls of.
        live: the calls in progress, by id.
    """

    def __init__(
        self,
        store: Store,
        bus: EventBus,
        desk: CallbackDesk,
        settings: CallbackSettings,
        *,
        agents: Callable[[], Iterable[AgentSnapshot]],
        queues: Callable[[str], Awaitable[Mapping[str, int]]],
        live: Callable[[], Mapping[str, Call]],
        clock: CityClock,
    ) -> None:
        self._store = store
        self._bus = bus
        self._desk = desk
        self._settings = settings
        self._agents = agents
        self._queues = queues
        self._live = live
        self._clock = clock

    async def run(self) -> None:
        """Dial until the task is cancelled."""
        with self._bus.subscribe("callback-turns") as events:
            free = asyncio.Event()

            async def listen() -> None:
                async for event in events:
                    if isinstance(event, AgentStateChanged) and event.state is AgentState.READY:
                        free.set()

            async def dial() -> None:
                while True:
                    free.clear()
                    await self.look()
                    try:
                        async with asyncio.timeout(EVERY_S):
                            await free.wait()
                    except TimeoutError:
                        continue

            async with asyncio.TaskGroup() as group:
                group.create_task(listen())
                group.create_task(dial())

    async def look(self) -> None:
        """Dial for everybody whose turn it is."""
        if not self._clock.open(self._settings.hours):
            return
        free = sorted(
            (one for one in self._agents() if one.state is AgentState.READY and one.reachable),
            key=lambda one: one.since,
        )
        if not free:
            return
        try:
            await self._dial(free)
        except (SQLAlchemyError, OSError) as error:
            log.warning("callback.turns_unknown", reason=str(error)[:300])

    async def _dial(self, free: list[AgentSnapshot]) -> None:
        for missed, attempts, last_at in await self._store.callbacks.requested():
            if not self._due(missed, attempts, last_at, datetime.now(UTC)):
                continue
            call = await self._store.calls.get(missed.call_id)
            queue = call.queue if call is not None else ""
            if self._somebody_waits_longer(queue, missed.waiting_since):
                continue
            agent = await self._serving(free, queue)
            if agent is None:
                continue
            free.remove(agent)
            try:
                await self._desk.ask(
                    agent.extension,
                    missed.caller,
                    by=BY,
                    kind="queue",
                    line=missed.line,
                    missed_id=missed.id,
                )
            except CallbackError as error:
                log.info("callback.not_dialled", entry=missed.id, reason=str(error))

    async def _serving(self, free: Sequence[AgentSnapshot], queue: str) -> AgentSnapshot | None:
        for one in free:
            if not queue or queue in await self._queues(AGENT_ENDPOINT + one.extension):
                return one
        return None

    def _due(
        self, missed: MissedCall, attempts: int, last_at: datetime | None, now: datetime
    ) -> bool:
        pause = timedelta(minutes=self._settings.minutes_between)
        return (
            attempts < self._settings.attempts
            and (last_at is None or now - last_at >= pause)
            and self._clock.open_since(missed.waiting_since, self._settings.hours) <= LONGEST
        )

    def _somebody_waits_longer(self, queue: str, since: datetime) -> bool:
        waiting: Sequence[Call] = [one for one in self._live().values() if one.queue]
        return any(one.started_at < since and (not queue or one.queue == queue) for one in waiting)
