"""The connection to the database: pragmas, transactions, what counts as an outage."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from typing import Any

from sqlalchemy import Connection, event
from sqlalchemy.exc import (
    DataError,
    DBAPIError,
    IntegrityError,
    ProgrammingError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine

_WRITE = "hotline_write"
BUSY_TIMEOUT_MS = 5000


def is_outage(error: BaseException) -> bool:
    """Whether the database is at fault (retry later) and not the data (never will fit)."""
    if isinstance(error, OSError | PoolTimeoutError):
        return True
    faulty_data = IntegrityError | DataError | ProgrammingError
    return isinstance(error, DBAPIError) and not isinstance(error, faulty_data)


class Engine:
    """Read and write transactions on one database."""

    def __init__(self, url: str, *, busy_timeout_ms: int = BUSY_TIMEOUT_MS) -> None:
        self.url = url
        # a file does not drop its connections: asking before each use would only cost time
        over_network = not url.startswith("sqlite")
        self._engine: AsyncEngine = create_async_engine(url, pool_pre_ping=over_network)
        if self._engine.dialect.name == "sqlite":
            _prepare_sqlite(self._engine, busy_timeout_ms)
        self._writer = self._engine.execution_options(**{_WRITE: True})
        # SQLite has one writer. In this process they queue here, in order, and do not wear out
        # the busy timeout, which is for other processes.
        self._turn = asyncio.Lock() if self._engine.dialect.name == "sqlite" else nullcontext()

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncSession]:
        """A transaction that only reads."""
        async with AsyncSession(self._engine, expire_on_commit=False) as session:
            yield session

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncSession]:
        """A transaction that is committed at the end of the block, or rolled back by its error."""
        async with (
            self._turn,
            AsyncSession(self._writer, expire_on_commit=False) as session,
            session.begin(),
        ):
            yield session

    async def dispose(self) -> None:
        """Close all connections."""
        await self._engine.dispose()


def _prepare_sqlite(engine: AsyncEngine, busy_timeout_ms: int) -> None:
    @event.listens_for(engine.sync_engine, "connect")
    def _connect(connection: Any, _record: object) -> None:
        # The driver's own transaction handling would begin too late; _begin does it.
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout={busy_timeout_ms:d}")
        cursor.execute("PRAGMA journal_mode=WAL")
        # A committed record must survive a power cut.
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def _begin(connection: Connection) -> None:
        # A reader that turns writer is refused at once when another wrote meanwhile; a writer
        # that says so from the beginning waits its turn.
        options = connection.get_execution_options()
        connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get(_WRITE) else "BEGIN")
