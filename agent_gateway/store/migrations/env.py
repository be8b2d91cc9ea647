"""What Alembic runs to reach the database."""

from __future__ import annotations

import asyncio

from alembic import context
from sqlalchemy import Connection
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from agent_gateway.store.engine import CONNECT_S, WRITERS
from agent_gateway.store.models import Base


def _run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        # SQLite cannot alter most of a table in place; Alembic then copies it.
        render_as_batch=True,
        compare_type=True,
    )
    with context.begin_transaction():
        if connection.dialect.name == "postgresql":
            # no other process migrates or writes meanwhile
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({WRITERS})")
        context.run_migrations()


async def _online() -> None:
    url = make_url(context.config.attributes["url"])
    timeouts = {} if url.get_backend_name() == "sqlite" else {"timeout": CONNECT_S}
    engine = create_async_engine(url, poolclass=NullPool, connect_args=timeouts)
    try:
        async with engine.connect() as connection:
            await connection.run_sync(_run)
            await connection.commit()
    finally:
        await engine.dispose()


asyncio.run(_online())
