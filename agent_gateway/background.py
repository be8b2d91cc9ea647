"""Work that goes on as long as somebody's ``async with`` block does."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Coroutine, Mapping
from types import TracebackType
from typing import Any, Self

import structlog

log = structlog.get_logger(__name__)

Work = Coroutine[Any, Any, None]


class InBackground(ABC):
    """Whoever inherits is used as ``async with``; what :meth:`_work` names runs within the block.

    At the block's end the work is cancelled and waited for. Work that ends by an error is logged:
    nobody else would hear of it.
    """

    _running: tuple[asyncio.Task[None], ...] = ()

    @abstractmethod
    def _work(self) -> Mapping[str, Work]:
        """Name → coroutine, made when the block begins."""

    async def __aenter__(self) -> Self:
        self._running = tuple(start(work, name) for name, work in self._work().items())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await stop(*self._running)


def start(work: Work, name: str) -> asyncio.Task[None]:
    """Run it; an error that ends it is logged with this name."""
    task = asyncio.create_task(work, name=name)
    task.add_done_callback(_ended)
    return task


async def stop(*tasks: asyncio.Task[None]) -> None:
    """Cancel and wait."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def _ended(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        log.critical("service.part_failed", part=task.get_name(), exc_info=error)
