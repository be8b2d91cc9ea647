"""What is pinned now, in memory: it is there without the database, and comes and goes on time."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime

import structlog
from sqlalchemy.exc import SQLAlchemyError

from agent_gateway.pinned.views import PinnedView
from agent_gateway.store import PinnedTarget, Store

log = structlog.get_logger(__name__)

RETRY_S = 5.0
LOOK_AGAIN_S = 60.0


class PinnedBoard:
    """The targets of the moment.

    Args:
        store: where they are kept.
        tell: called with all of them whenever one has come or gone.
    """

    def __init__(self, store: Store, tell: Callable[[list[PinnedView]], None]) -> None:
        self._store = store
        self._tell = tell
        self._rows: Sequence[PinnedTarget] = ()
        self._shown: list[PinnedView] = []
        self._changed = asyncio.Event()

    @property
    def views(self) -> list[PinnedView]:
        """All that are on the desks now."""
        return [PinnedView.of(row) for row in self._active()]

    def get(self, number: str) -> PinnedTarget | None:
        """The one with this id, if it is on the desks now."""
        return next((row for row in self._active() if str(row.id) == number), None)

    async def refresh(self) -> None:
        """Read them anew, and tell what has changed.

        Raises:
            SQLAlchemyError: the store does not answer; what was known stays.
        """
        self._rows = await self._store.pinned.open(datetime.now(UTC))
        self._show()
        self._changed.set()

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Keep them up to date within the block."""
        task = asyncio.create_task(self._run(), name="pinned")
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _run(self) -> None:
        while True:
            pause = LOOK_AGAIN_S
            try:
                await self.refresh()
            except (SQLAlchemyError, OSError) as error:
                log.warning("pinned.not_read", reason=str(error)[:200])
                pause = RETRY_S
            self._changed.clear()
            loop = asyncio.get_running_loop()
            until = loop.time() + pause
            while (left := until - loop.time()) > 0:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(min(left, self._next_change_s())):
                        await self._changed.wait()
                self._changed.clear()
                self._show()

    def _active(self) -> list[PinnedTarget]:
        now = datetime.now(UTC)
        return [row for row in self._rows if row.starts_at <= now < row.ends_at]

    def _show(self) -> None:
        views = self.views
        if views != self._shown:
            self._shown = views
            self._tell(views)

    def _next_change_s(self) -> float:
        now = datetime.now(UTC)
        moments = [at for row in self._rows for at in (row.starts_at, row.ends_at) if at > now]
        return (min(moments) - now).total_seconds() if moments else LOOK_AGAIN_S
