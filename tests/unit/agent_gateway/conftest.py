from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from agent_gateway.store import Store, migrate
from telephony.events import EventBus
from tests.databases.database import Database, PostgresDatabase, SqliteDatabase
from tests.databases.server import PostgresServer
from tests.unit.agent_gateway.house import House, open_house


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty database with the newest schema; copied, because migrating takes a while."""
    file = tmp_path_factory.mktemp("schema") / "hotline.db"
    migrate(f"sqlite+aiosqlite:///{file}")
    return file


@pytest.fixture(scope="session")
def migrated_postgres(postgresql: PostgresServer) -> PostgresDatabase:
    """The same on the server; emptied for each test, because making one takes a while too."""
    name = asyncio.run(postgresql.create())
    migrate(postgresql.url(name))
    return PostgresDatabase(postgresql, name)


@pytest.fixture
def database_file(tmp_path: Path, migrated_file: Path) -> Path:
    """Of SQLite, for what is about the file."""
    file = tmp_path / "hotline.db"
    file.write_bytes(migrated_file.read_bytes())
    return file


@pytest.fixture
async def postgres_database(migrated_postgres: PostgresDatabase) -> PostgresDatabase:
    """Of PostgreSQL, for what is about the server."""
    await migrated_postgres.empty()
    return migrated_postgres


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> Database:
    """An empty database; every test that uses it, or the store, runs on both kinds."""
    if request.param == "sqlite":
        return SqliteDatabase(request.getfixturevalue("database_file"))
    found: PostgresDatabase = request.getfixturevalue("postgres_database")
    return found


@pytest.fixture
async def store(database: Database) -> AsyncIterator[Store]:
    store = Store(database.url, busy_timeout_ms=100)
    yield store
    await store.close()


@pytest.fixture
def bus() -> EventBus:
    return EventBus()


@pytest.fixture
async def house(store: Store, bus: EventBus, tmp_path: Path) -> AsyncIterator[House]:
    async with open_house(store, bus, tmp_path) as house:
        yield house
