"""Leaves the estimated waits where Asterisk finds them when it speaks to waiting callers."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import structlog

from telephony.agents.seats import AmiActions
from telephony.ami import actions
from telephony.events import AgentStateChanged, EventBus
from telephony.queues.estimate import WaitEstimate

log = structlog.get_logger(__name__)

EVERY_S = 5.0
# After this many seconds without a new one Asterisk no longer says an estimate.
HOLDS_S = 30


class WaitTeller:
    """Sets the global variables HL_WAITS and HL_WAITS_UNTIL (see ``say.conf``).

    Args:
        bus: agents' states come from here.
        ami: the link; while it is down nothing is told.
        working: how many agents take calls now.
    """

    def __init__(self, bus: EventBus, ami: AmiActions, working: Callable[[], int]) -> None:
        self._bus = bus
        self._ami = ami
        self._working = working
        self._estimate = WaitEstimate()

    async def run(self) -> None:
        """Follow the bus and tell, until the task is cancelled."""
        with self._bus.subscribe("wait-estimates") as events:

            async def listen() -> None:
                async for event in events:
                    if isinstance(event, AgentStateChanged):
                        self._estimate.heard(event)

            async with asyncio.TaskGroup() as group:
                group.create_task(listen())
                group.create_task(self._keep_telling())

    async def tell(self) -> None:
        """Tell once.

        Raises:
            OSError: Asterisk is away.
        """
        await self._ami.action(actions.setvar("HL_WAITS", self._estimate.spoken(self._working())))
        until = int(time.time()) + HOLDS_S
        await self._ami.action(actions.setvar("HL_WAITS_UNTIL", str(until)))

    async def _keep_telling(self) -> None:
        while True:
            try:
                await self.tell()
            except OSError as error:
                log.debug("queue.wait_not_told", reason=str(error))
            await asyncio.sleep(EVERY_S)
