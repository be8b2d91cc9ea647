"""Moving all records of one database into another, empty one."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Table, func, insert, inspect, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from agent_gateway.store.engine import Engine
from agent_gateway.store.migrate import newest_revision
from agent_gateway.store.models import Base

# SQLite is read and PostgreSQL written in turns; each takes far less than COMMAND_S with so many
ROWS_AT_ONCE = 1000

Progress = Callable[[str, int, int], None]


class CopyError(Exception):
    """The records cannot be copied; the message says why. Neither database was changed."""


async def copy_records(file: Path, target: str, progress: Progress) -> dict[str, int]:
    """Copy every table, the referred ones first, in one transaction of the target.

    Args:
        file: SQLite; read as it is at one moment, not changed.
        target: URL of a migrated database whose tables are empty.
        progress: called with the table, how many of its rows are copied, and how many it has.

    Returns:
        How many rows each table has, there and here.

    Raises:
        CopyError: a schema is not this version's, the target holds something, or rows are missing
            in it.
        SQLAlchemyError, OSError: a database does not answer or refuses; nothing was copied.
    """
    url = URL.create("sqlite+aiosqlite", database=str(file)).render_as_string()
    reader, writer = Engine(url, read_only=True), Engine(target)
    try:
        async with reader.read() as reading, writer.write() as writing:
            await _check_schema(reading, str(file))
            await _check_schema(writing, "the target")
            return await _copy_all(reading, writing, progress)
    finally:
        await reader.dispose()
        await writer.dispose()


async def _copy_all(
    reading: AsyncSession, writing: AsyncSession, progress: Progress
) -> dict[str, int]:
    tables = Base.metadata.sorted_tables
    for table in tables:
        if rows := await _count(writing, table):
            raise CopyError(f"the target is not empty: {table.name} has {rows} rows")
    counts = {table.name: await _copy(reading, writing, table, progress) for table in tables}
    for table in tables:
        if (there := await _count(writing, table)) != counts[table.name]:
            raise CopyError(f"of {counts[table.name]} rows of {table.name} {there} arrived")
        await _continue_numbers(writing, table)
    return counts


async def _copy(
    reading: AsyncSession, writing: AsyncSession, table: Table, progress: Progress
) -> int:
    total, done = await _count(reading, table), 0
    progress(table.name, done, total)
    async for rows in _batches(reading, table):
        await writing.execute(insert(table), rows)
        done += len(rows)
        progress(table.name, done, total)
    if done != total:
        raise CopyError(f"of {total} rows of {table.name} {done} could be read")
    return total


async def _batches(reading: AsyncSession, table: Table) -> AsyncIterator[list[dict[str, Any]]]:
    found = await reading.stream(select(table))
    async for rows in found.mappings().partitions(ROWS_AT_ONCE):
        yield [dict(row) for row in rows]


async def _count(session: AsyncSession, table: Table) -> int:
    return int((await session.execute(select(func.count()).select_from(table))).scalar_one())


async def _check_schema(session: AsyncSession, name: str) -> None:
    connection, found = await session.connection(), ""
    if await connection.run_sync(lambda sync: inspect(sync).has_table("alembic_version")):
        row = await session.execute(text("SELECT version_num FROM alembic_version"))
        found = str(row.scalar_one_or_none() or "")
    if found != (newest := newest_revision()):
        raise CopyError(f"{name} has schema {found or 'none'}, this version needs {newest}")


async def _continue_numbers(writing: AsyncSession, table: Table) -> None:
    """Let PostgreSQL count on from the highest number; SQLite does so by itself."""
    column = table.autoincrement_column
    if column is None or (await writing.connection()).dialect.name != "postgresql":
        return
    highest = (await writing.execute(select(func.max(column)))).scalar_one()
    if highest is not None:
        sequence = func.pg_get_serial_sequence(table.name, column.name)
        await writing.execute(select(func.setval(sequence, highest)))
