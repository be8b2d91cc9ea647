"""The connection to the database: transactions, turns of the writers, what counts as an outage."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import Connection, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import (
    DataError,
    DBAPIError,
    IntegrityError,
    ProgrammingError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine

from agent_gateway.store.types import storable

_WRITE = "hotline_write"
BUSY_TIMEOUT_MS = 5000
CONNECT_S = 5.0
# Longer than any honest query; what is left of a server that froze or vanished is given up then.
COMMAND_S = 15.0
WRITERS = 0x686F746C696E65  # "hotline": PostgreSQL's name for the writers' turn, of this database
# SQLSTATE classes: data exception, integrity constraint violation, program limit exceeded
_FAULTY_DATA = ("22", "23", "54")


def sqlstate(error: BaseException) -> str:
    """PostgreSQL's code of what it refused, "" for none (another kind of error or database)."""
    orig = getattr(error, "orig", None)
    return str(getattr(orig, "sqlstate", None) or "")


def is_outage(error: BaseException) -> bool:
    """Whether the database is at fault (retry later) and not the data (never will fit)."""
    if isinstance(error, OSError | PoolTimeoutError):
        return True
    if not isinstance(error, DBAPIError):
        return False
    if code := sqlstate(error):
        # a missing table or right is among the rest: whoever mends it finds nothing lost
        return not code.startswith(_FAULTY_DATA)
    if isinstance(error.orig and error.orig.__cause__, ValueError):
        return False  # asyncpg, before anything was sent
    return not isinstance(error, IntegrityError | DataError | ProgrammingError)


class Engine:
    """Read and write transactions on one database.

    There is one writer at a time, with SQLite because it has no more, with PostgreSQL so that what
    is read, changed and written back needs no second thought there either (ADR 21).

    Args:
        url: SQLAlchemy URL with an async driver.
        busy_timeout_ms: how long a writer waits for those of other processes before it gives up.
        read_only: leave a SQLite file as it is, also what it says of itself.
    """

    def __init__(
        self, url: str, *, busy_timeout_ms: int = BUSY_TIMEOUT_MS, read_only: bool = False
    ) -> None:
        self.url = url
        is_sqlite = make_url(url).get_backend_name() == "sqlite"
        options = {} if is_sqlite else _over_network(busy_timeout_ms)
        self._engine: AsyncEngine = create_async_engine(url, json_serializer=_json, **options)
        if is_sqlite:
            _prepare_sqlite(self._engine, busy_timeout_ms, read_only=read_only)
        else:
            _prepare_postgresql(self._engine)
        self._writer = self._engine.execution_options(**{_WRITE: True})
        # In this process writers queue here, in order: they do not wear out the busy timeout,
        # which is for other processes, and do not hold all connections while they wait.
        self._turn = asyncio.Lock()

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


def _json(value: Any) -> str:
    return json.dumps(storable(value))


def _prepare_sqlite(engine: AsyncEngine, busy_timeout_ms: int, *, read_only: bool) -> None:
    @event.listens_for(engine.sync_engine, "connect")
    def _connect(connection: Any, _record: object) -> None:
        # The driver's own transaction handling would begin too late; _begin does it.
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout={busy_timeout_ms:d}")
        if read_only:
            cursor.execute("PRAGMA query_only=ON")
        else:
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


def _over_network(busy_timeout_ms: int) -> dict[str, Any]:
    return {
        # a server that was restarted has dropped its connections: that is found out before use
        "pool_pre_ping": True,
        "pool_timeout": CONNECT_S,
        "connect_args": {
            "timeout": CONNECT_S,
            "command_timeout": COMMAND_S,
            "server_settings": {
                "application_name": "hotline",
                "lock_timeout": f"{busy_timeout_ms}ms",
                # a process that was frozen in its turn loses it
                "idle_in_transaction_session_timeout": f"{int(COMMAND_S)}s",
            },
        },
    }


def _prepare_postgresql(engine: AsyncEngine) -> None:
    @event.listens_for(engine.sync_engine, "begin")
    def _begin(connection: Connection) -> None:
        # PostgreSQL has begun; until the end of the transaction it is this writer's turn
        if connection.get_execution_options().get(_WRITE):
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({WRITERS})")
