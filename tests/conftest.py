from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.databases.server import PostgresServer, postgres_server
from tests.spread import CallsFirst

ROOT = Path(__file__).parents[1]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> CallsFirst | None:
    """The order in which the workers get the tests, if these go to them file by file."""
    return CallsFirst(config, log) if config.getvalue("dist") == "loadfile" else None


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgresServer]:
    """A real server, of this session alone."""
    with postgres_server(ROOT / "var" / "postgresql") as server:
        yield server
