"""The records of a SQLite installation go on in PostgreSQL."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from alembic import command
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    Float,
    Integer,
    String,
    Table,
    insert,
    select,
)
from sqlalchemy.exc import IntegrityError

from agent_gateway.store import CopyError, Store, copy_records
from agent_gateway.store.copying import ROWS_AT_ONCE
from agent_gateway.store.engine import Engine
from agent_gateway.store.migrate import alembic_config
from agent_gateway.store.models import Base
from agent_gateway.store.types import Prose, UtcDateTime, Words
from tests.databases.database import PostgresDatabase

TABLES = Base.metadata.sorted_tables
# what constraints ask for
OF_CONSTRAINTS = {
    "role": "agent",
    "status": "draft",
    "list": "priority",
    "state": "waiting",
    "kind": "topic",
}
ROWS = 3
# so that the last batch is no whole one
EVENTS = 2 * ROWS_AT_ONCE + 1


def value(column: Column[Any], number: int) -> Any:
    """Something that the column may hold, other than its default, and another in each row."""
    match column.type:
        case UtcDateTime():
            return datetime(2026, 3, 2, tzinfo=UTC) + timedelta(minutes=number, microseconds=7)
        case Date():
            return date(2026, 3, 2) + timedelta(days=number)
        case Boolean():
            return bool(number % 2)
        case Float():
            return number + 0.125
        case BigInteger():
            return 2**40 + number
        case Integer():
            return number
        case Words():
            text = OF_CONSTRAINTS.get(column.name, f"{number}-{column.name}-文")
            return text[: cast("String", column.type.impl_instance).length]
        case Prose():
            return f"文'\n{number}"
    return {"值": [number, None, "文", 0.5]}


def row(table: Table, number: int) -> dict[str, Any]:
    values = {column.name: value(column, number) for column in table.columns}
    for key in table.foreign_keys:
        values[key.parent.name] = value(key.column, number)
    return values


@pytest.fixture
async def filled(database_file: Path) -> Path:
    """A SQLite installation with rows in every table."""
    engine = Engine(f"sqlite+aiosqlite:///{database_file}")
    async with engine.write() as session:
        for table in TABLES:
            rows = EVENTS if table.name == "call_events" else ROWS
            await session.execute(insert(table), [row(table, n) for n in range(1, rows + 1)])
    await engine.dispose()
    return database_file


async def contents(url: str) -> dict[str, list[tuple[Any, ...]]]:
    engine = Engine(url)
    async with engine.read() as session:
        found = {
            table.name: sorted(
                (tuple(row) for row in await session.execute(select(table))), key=repr
            )
            for table in TABLES
        }
    await engine.dispose()
    return found


async def test_given_records_in_every_table_when_copied_then_each_is_there_and_numbers_go_on(
    filled: Path, postgres_database: PostgresDatabase
) -> None:
    before, told = filled.read_bytes(), list[tuple[str, int, int]]()
    counts = await copy_records(filled, postgres_database.url, lambda *one: told.append(one))
    assert counts == {
        table.name: EVENTS if table.name == "call_events" else ROWS for table in TABLES
    }
    there = await contents(postgres_database.url)
    assert there == await contents(f"sqlite+aiosqlite:///{filled}")
    assert [one for one in told if one[0] == "call_events"] == [
        ("call_events", done, EVENTS) for done in (0, ROWS_AT_ONCE, 2 * ROWS_AT_ONCE, EVENTS)
    ]
    assert filled.read_bytes() == before

    store = Store(postgres_database.url)
    await store.audit.add("boss", "test")
    newest = (await store.audit.latest(1))[0]
    await store.close()
    assert newest.id == max(row[0] for row in there["audit"]) + 1
    for table in TABLES:
        column = table.autoincrement_column
        if column is not None and table.name != "audit":
            [(following,)] = await postgres_database.ask(
                f"SELECT nextval(pg_get_serial_sequence('{table.name}', '{column.name}'))"
            )
            assert following == ROWS + 1, table.name


async def test_given_no_rows_when_copied_then_numbers_begin_at_one(
    database_file: Path, postgres_database: PostgresDatabase
) -> None:
    counts = await copy_records(database_file, postgres_database.url, lambda *_: None)
    assert set(counts.values()) == {0}
    store = Store(postgres_database.url)
    await store.audit.add("boss", "test")
    assert [row.id for row in await store.audit.latest()] == [1]
    await store.close()


async def test_given_a_target_with_a_record_when_copied_then_refused_and_it_stays_as_it_was(
    filled: Path, postgres_database: PostgresDatabase
) -> None:
    store = Store(postgres_database.url)
    await store.audit.add("boss", "test")
    await store.close()
    with pytest.raises(CopyError, match="not empty: audit has 1 rows"):
        await copy_records(filled, postgres_database.url, lambda *_: None)
    there = await contents(postgres_database.url)
    assert {name: len(rows) for name, rows in there.items() if rows} == {"audit": 1}


async def test_given_a_record_that_is_refused_at_last_when_copied_then_nothing_is_there(
    filled: Path, postgres_database: PostgresDatabase
) -> None:
    with closing(sqlite3.connect(filled)) as connection, connection:
        # a login of nobody, which SQLite takes from whoever does not ask for more
        connection.execute("UPDATE sessions SET user_id = 99 WHERE user_id = 3")
    with pytest.raises(IntegrityError):
        await copy_records(filled, postgres_database.url, lambda *_: None)
    assert not any((await contents(postgres_database.url)).values())


@pytest.mark.parametrize("older", ["source", "target"])
async def test_given_an_older_schema_when_copied_then_refused(
    filled: Path, postgres_database: PostgresDatabase, tmp_path: Path, older: str
) -> None:
    file, url = filled, postgres_database.url
    name = ""
    if older == "source":
        await asyncio.to_thread(
            command.downgrade, alembic_config(f"sqlite+aiosqlite:///{file}"), "0010"
        )
    else:
        name = await postgres_database.server.create()
        url = postgres_database.server.url(name)
    with pytest.raises(CopyError, match=r"has schema (0010|none), this version needs"):
        await copy_records(file, url, lambda *_: None)
    if name:
        await postgres_database.server.drop(name)
