from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from agent_gateway.store import Store, migrate
from telephony.events import EventBus
from tests.unit.agent_gateway.house import House, open_house


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty database with the newest schema; copied, because migrating takes a while."""
    file = tmp_path_factory.mktemp("schema") / "hotline.db"
    migrate(f"sqlite+aiosqlite:///{file}")
    return file


@pytest.fixture
def database(tmp_path: Path, migrated_file: Path) -> Path:
    file = tmp_path / "hotline.db"
    file.write_bytes(migrated_file.read_bytes())
    return file


@pytest.fixture
async def store(database: Path) -> AsyncIterator[Store]:
    store = Store(f"sqlite+aiosqlite:///{database}", busy_timeout_ms=100)
    yield store
    await store.close()


@pytest.fixture
def bus() -> EventBus:
    return EventBus()


@pytest.fixture
async def house(store: Store, bus: EventBus, tmp_path: Path) -> AsyncIterator[House]:
    async with open_house(store, bus, tmp_path) as house:
        yield house
