from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.databases.server import PostgresServer, postgres_server

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgresServer]:
    """A real server, of this session alone."""
    with postgres_server(ROOT / "var" / "postgresql") as server:
        yield server
