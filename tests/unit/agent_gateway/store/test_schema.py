from __future__ import annotations

import asyncio
import stat
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy.exc import IntegrityError, StatementError

from agent_gateway.store import Session, Store, migrate, newest_revision
from agent_gateway.store.migrate import alembic_config
from agent_gateway.store.types import storable
from tests.databases.database import Database, PostgresDatabase, SqliteDatabase
from tests.databases.server import PostgresServer

REVISIONS = sorted(
    script.revision for script in ScriptDirectory.from_config(alembic_config("")).walk_revisions()
)
AT = "'2026-03-02 01:00:00+00:00'"
# What an installation of that revision has, and must still have afterwards.
ROWS = {
    "0001": (
        "INSERT INTO users (username, password_hash, display_name, role, extension, sip_password,"
        f" active, created_at) VALUES ('zhang', 'x', '张', 'agent', '8001', '', TRUE, {AT})"
    ),
    "0002": (
        "INSERT INTO missed_calls (caller, line, call_id, calls, requested, waiting_since, last_at,"
        f" closed_by, result, note) VALUES ('139', '12345', '1.1', 1, FALSE, {AT}, {AT}, '', '','')"
    ),
    "0004": (
        "INSERT INTO surveys (call_id, at, line, agent, ticket, score)"
        f" VALUES ('1.1', {AT}, '12345', '8001', '', 5)"
    ),
    "0007": (
        "INSERT INTO listed_callers (list, number, reason, priority, until, created_at, created_by,"
        f" removed_by) VALUES ('blocked', '139', '骚扰', 0, {AT}, {AT}, 'boss', '')"
    ),
}


@pytest.fixture(params=["sqlite", "postgresql"])
async def bare_database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    """A database of the test's own, without a schema."""
    if request.param == "sqlite":
        yield SqliteDatabase(tmp_path / "bare.db")
        return
    server: PostgresServer = request.getfixturevalue("postgresql")
    name = await server.create()
    yield PostgresDatabase(server, name)
    await server.drop(name)


def differs(database: Database) -> str:
    """How the schema differs from the models; "" if it does not."""
    try:
        command.check(alembic_config(database.url))
    except CommandError as error:
        return str(error)
    return ""


def test_given_a_migrated_database_when_compared_with_the_models_then_nothing_differs(
    database: Database,
) -> None:
    assert differs(database) == ""


def test_given_a_database_when_migrated_down_and_up_then_it_works(bare_database: Database) -> None:
    migrate(bare_database.url)
    command.downgrade(alembic_config(bare_database.url), "base")
    migrate(bare_database.url)
    assert differs(bare_database) == ""


@pytest.mark.parametrize("revision", REVISIONS)
def test_given_an_older_installation_when_migrated_then_the_schema_is_new_and_the_rows_are_there(
    bare_database: Database, revision: str
) -> None:
    rows = {at: row for at, row in ROWS.items() if at <= revision}
    for step in REVISIONS[: REVISIONS.index(revision) + 1]:
        if step in rows or step == revision:
            command.upgrade(alembic_config(bare_database.url), step)
        if step in rows:
            asyncio.run(bare_database.ask(rows[step]))
    migrate(bare_database.url)
    assert differs(bare_database) == ""
    for row in rows.values():
        table = row.split()[2]
        assert asyncio.run(bare_database.ask(f"SELECT count(*) FROM {table}")) == [(1,)]


async def test_given_postgresql_when_migrated_then_json_and_times_are_native(
    postgres_database: PostgresDatabase,
) -> None:
    found = await postgres_database.ask(
        "SELECT data_type, count(*) FROM information_schema.columns"
        " WHERE table_schema = 'public' GROUP BY data_type"
    )
    kinds = {str(kind) for kind, _ in found}
    assert {"jsonb", "timestamp with time zone", "boolean"} <= kinds
    assert not {"json", "timestamp without time zone"} & kinds


@pytest.mark.parametrize(
    ("twice", "row"),
    [
        ("an open missed call of a number", ROWS["0002"]),
        ("an entry in force of a number", ROWS["0007"]),
    ],
)
async def test_given_what_may_be_there_once_when_it_comes_twice_then_refused_until_it_is_over(
    store: Store, database: Database, twice: str, row: str
) -> None:
    table = row.split()[2]
    over = "closed_at" if table == "missed_calls" else "removed_at"
    await database.ask(row)
    with pytest.raises(Exception, match=r"(?i)unique"):
        await database.ask(row)
    await database.ask(f"UPDATE {table} SET {over} = {AT}")
    await database.ask(row)
    assert await database.ask(f"SELECT count(*) FROM {table}") == [(2,)], twice


def test_given_no_database_when_migrated_then_only_its_owner_can_read_it(tmp_path: Path) -> None:
    file = tmp_path / "new" / "hotline.db"
    migrate(f"sqlite+aiosqlite:///{file}")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


async def test_given_an_old_process_when_migrate_runs_twice_at_once_then_both_succeed(
    bare_database: Database,
) -> None:
    store = Store(bare_database.url)
    await store.migrate()
    await asyncio.gather(store.migrate(), store.migrate())
    await store.ping()
    await store.close()


async def test_given_two_processes_when_both_migrate_an_empty_database_then_both_succeed(
    bare_database: Database,
) -> None:
    # two processes, for in one they take turns anyway
    script = "import sys; from agent_gateway.store import migrate; migrate(sys.argv[1])"
    both = [
        await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", script, bare_database.url), stderr=asyncio.subprocess.PIPE
        )
        for _ in range(2)
    ]
    for process in both:
        _, said = await process.communicate()
        assert process.returncode == 0, said.decode()
    assert await bare_database.ask("SELECT version_num FROM alembic_version") == [
        (newest_revision(),)
    ]


async def test_given_a_naive_datetime_when_kept_then_it_is_refused(store: Store) -> None:
    naive = datetime(2026, 1, 1)  # noqa: DTZ001 - that is the point
    login = Session(
        token_hash="x", user_id=1, created_at=naive, expires_at=datetime.now(UTC), ip=""
    )
    with pytest.raises(StatementError, match="no time zone"):
        await store.sessions.add(login)


async def test_given_a_session_of_nobody_when_kept_then_it_is_refused(store: Store) -> None:
    now = datetime.now(UTC)
    login = Session(token_hash="x", user_id=1, created_at=now, expires_at=now, ip="")
    with pytest.raises(IntegrityError):
        await store.sessions.add(login)


def test_given_text_no_database_can_keep_when_cleaned_then_the_rest_stays() -> None:
    dirty = {"a\x00": ["张\ud800三", ("b\x00", 1), float("nan")], "n": None}
    assert storable(dirty) == {"a": ["张?三", ["b", 1], None], "n": None}
