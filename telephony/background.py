"""Work that goes on beside its owner, and ends with it."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Coroutine, Mapping
from functools import cached_property
from types import TracebackType
from typing import Any, Self

import structlog

log = structlog.get_logger(__name__)

Work = Coroutine[Any, Any, None]


class Tasks:
    """What its owner has begun and does not wait for.

    An error that ends a piece of work is logged: nobody else would hear of it.

    Args:
        owner: name in the log of what gets no name of its own.
    """

    def __init__(self, owner: str) -> None:
        self._owner = owner
        self._running: set[asyncio.Task[None]] = set()

    def start(self, work: Work, name: str = "") -> None:
        """Run it, until it ends or :meth:`stop`."""
        task = asyncio.create_task(work, name=name or self._owner)
        self._running.add(task)
        task.add_done_callback(self._ended)

    async def settled(self) -> None:
        """Wait until nothing runs any more."""
        while self._running:
            await asyncio.gather(*self._running, return_exceptions=True)

    async def stop(self) -> None:
        """Cancel what still runs and wait for its end."""
        tasks = list(self._running)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.critical("background.failed", work=task.get_name(), exc_info=error)


class InBackground(ABC):
    """Whoever inherits is used as ``async with``; what :meth:`_work` names runs within the block.

    At the block's end the work is cancelled and waited for.
    """

    @cached_property
    def _tasks(self) -> Tasks:
        return Tasks(type(self).__name__)

    @abstractmethod
    def _work(self) -> Mapping[str, Work]:
        """Name → coroutine, made when the block begins."""

    async def __aenter__(self) -> Self:
        for name, work in self._work().items():
            self._tasks.start(work, name)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._tasks.stop()
