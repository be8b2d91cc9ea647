from __future__ import annotations

import asyncio
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic import command
from alembic.util import CommandError
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import StatementError
from sqlalchemy.schema import CreateIndex, CreateTable

from agent_gateway.store import Session, Store, migrate
from agent_gateway.store.migrate import alembic_config
from agent_gateway.store.models import Base
from agent_gateway.store.types import storable


def test_given_a_migrated_database_when_compared_with_the_models_then_nothing_differs(
    database_file: Path,
) -> None:
    try:
        command.check(alembic_config(f"sqlite+aiosqlite:///{database_file}"))
    except CommandError as error:
        pytest.fail(str(error))


def test_given_a_database_when_migrated_down_and_up_then_it_works(database_file: Path) -> None:
    url = f"sqlite+aiosqlite:///{database_file}"
    command.downgrade(alembic_config(url), "base")
    migrate(url)
    command.check(alembic_config(url))


def test_given_the_models_when_compiled_for_postgresql_then_json_and_zones_are_native() -> None:
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]  # untyped in SQLAlchemy
    ddl = "\n".join(
        str(CreateTable(table).compile(dialect=dialect)) for table in Base.metadata.sorted_tables
    )
    assert "JSONB" in ddl
    assert "TIMESTAMP WITH TIME ZONE" in ddl
    assert "TIMESTAMP WITHOUT" not in ddl
    for table in Base.metadata.sorted_tables:
        for index in table.indexes:
            str(CreateIndex(index).compile(dialect=dialect))


def test_given_no_database_when_migrated_then_only_its_owner_can_read_it(tmp_path: Path) -> None:
    file = tmp_path / "new" / "hotline.db"
    migrate(f"sqlite+aiosqlite:///{file}")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


async def test_given_an_old_process_when_migrate_runs_twice_at_once_then_both_succeed(
    tmp_path: Path,
) -> None:
    store = Store(f"sqlite+aiosqlite:///{tmp_path / 'hotline.db'}")
    await store.migrate()
    await asyncio.gather(store.migrate(), store.migrate())
    await store.ping()
    await store.close()


async def test_given_a_naive_datetime_when_kept_then_it_is_refused(store: Store) -> None:
    naive = datetime(2026, 1, 1)  # noqa: DTZ001 - that is the point
    login = Session(
        token_hash="x", user_id=1, created_at=naive, expires_at=datetime.now(UTC), ip=""
    )
    with pytest.raises(StatementError, match="no time zone"):
        await store.sessions.add(login)


def test_given_text_no_database_can_keep_when_cleaned_then_the_rest_stays() -> None:
    dirty = {"a\x00": ["张\ud800三", ("b\x00", 1)], "n": None}
    assert storable(dirty) == {"a": ["张?三", ["b", 1]], "n": None}
