"""One test's own database, of either kind, and what can happen to it."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, closing
from pathlib import Path
from typing import Any, Protocol

from agent_gateway.store.engine import WRITERS
from tests.databases.server import PostgresServer

# far quicker than TRUNCATE, which makes new files; the children of a table go with it
EMPTY = """
DO $$
DECLARE name text;
BEGIN
    FOR name IN SELECT tablename FROM pg_tables
        WHERE schemaname = 'public' AND tablename <> 'alembic_version'
    LOOP
        EXECUTE format('DELETE FROM %I', name);
    END LOOP;
    PERFORM setval(sequencename::regclass, 1, false) FROM pg_sequences WHERE schemaname = 'public';
END $$
"""


class Database(Protocol):
    """What a test may do to it from beside the store."""

    @property
    def url(self) -> str:
        """For a store."""

    async def ask(self, statement: str) -> list[tuple[Any, ...]]:
        """The rows of a statement, which is committed."""

    def locked(self) -> AbstractAsyncContextManager[None]:
        """Somebody else has the writers' turn while the block lasts."""

    def away(self) -> AbstractAsyncContextManager[None]:
        """It refuses everything while the block lasts."""


class SqliteDatabase:
    """A file."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.url = f"sqlite+aiosqlite:///{file}"

    async def ask(self, statement: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self.file)) as connection, connection:
            return connection.execute(statement).fetchall()

    @contextlib.asynccontextmanager
    async def locked(self) -> AsyncIterator[None]:
        with closing(sqlite3.connect(self.file, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            yield
            other.execute("ROLLBACK")

    @contextlib.asynccontextmanager
    async def away(self) -> AsyncIterator[None]:
        with closing(sqlite3.connect(self.file)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        good = self.file.read_bytes()
        # in place: also connections that are open see it
        self.file.write_bytes(b"this is no database" * (len(good) // 19 + 1))
        try:
            yield
        finally:
            for file in self.file.parent.glob(f"{self.file.name}-*"):
                file.unlink()
            self.file.write_bytes(good)


class PostgresDatabase:
    """One of a server's databases."""

    def __init__(self, server: PostgresServer, name: str) -> None:
        self.server = server
        self.name = name
        self.url = server.url(name)

    async def empty(self) -> None:
        """As after the migration."""
        async with self._beside(self.name) as connection:
            await connection.execute(EMPTY)

    async def ask(self, statement: str) -> list[tuple[Any, ...]]:
        async with self._beside(self.name) as connection:
            return [tuple(row) for row in await connection.fetch(statement)]

    @contextlib.asynccontextmanager
    async def locked(self) -> AsyncIterator[None]:
        async with self._beside(self.name) as other:
            await other.execute(f"SELECT pg_advisory_lock({WRITERS})")
            yield

    @contextlib.asynccontextmanager
    async def away(self) -> AsyncIterator[None]:
        async with self._beside("postgres") as other:
            await other.execute(f'ALTER DATABASE "{self.name}" ALLOW_CONNECTIONS false')
            await other.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1",
                self.name,
            )
            try:
                yield
            finally:
                await other.execute(f'ALTER DATABASE "{self.name}" ALLOW_CONNECTIONS true')

    @contextlib.asynccontextmanager
    async def _beside(self, name: str) -> AsyncIterator[Any]:
        connection = await self.server.connect(name)
        try:
            yield connection
        finally:
            await connection.close()
