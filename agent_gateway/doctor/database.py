"""The database, by its kind."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import SQLAlchemyError

from agent_gateway.doctor.finding import Finding, fail, ok, warn
from agent_gateway.store import ServerInfo, Store, newest_revision, sqlstate
from config.settings import Settings

ANSWER_S = 7.0  # longer than the store waits for a connection, so that its own words are heard
OLDEST_POSTGRESQL = 14
# What PostgreSQL says when it lets nobody in, by SQLSTATE (Appendix A of its manual).
REFUSALS = {
    "28P01": (
        "{place} refuses the password of user {user}",
        "correct the password in database.url (special characters as %40 …), or set it on the "
        "server: \\password {user} in psql",
    ),
    "28000": (
        "{place} does not let user {user} in from this machine",
        "make the role, and add a line for it and this machine's address to the server's "
        "pg_hba.conf; where TLS is asked for, add ?ssl=require to database.url",
    ),
    "3D000": (
        "{place} has no database {database}",
        'make it: CREATE DATABASE "{database}" OWNER "{user}"',
    ),
    "42501": (
        "user {user} may not use database {database} of {place}",
        'make the user its owner: ALTER DATABASE "{database}" OWNER TO "{user}"',
    ),
    "53300": (
        "{place} has no connection left",
        "raise max_connections there, or find out who has them: SELECT * FROM pg_stat_activity",
    ),
    "57P03": ("{place} is starting, or being shut down", "wait a moment, or look at its log"),
}
NO_TABLE = "42P01"


def check_database(settings: Settings) -> Iterator[Finding]:
    """Whether the database answers and has this version's schema."""
    url = make_url(settings.database_url)
    # asking SQLite would create the file
    if url.get_backend_name() == "sqlite" and url.database and not Path(url.database).is_file():
        yield warn("database", f"{url.database} is not there yet", "hotline run creates it")
        return
    try:
        server, revision = asyncio.run(_ask(settings.database_url))
    except (OSError, SQLAlchemyError) as error:
        yield _failed(url, error)
        return
    shown = f"{server.kind} {server.version}"
    if server.kind == "PostgreSQL":
        shown += f" at {_place(url)}"
        if server.major < OLDEST_POSTGRESQL:
            needed = f"PostgreSQL {OLDEST_POSTGRESQL} or newer"
            yield fail("database", f"{shown} is too old", needed)
            return
        if server.encoding != "UTF8":
            yield fail(
                "database",
                f"{shown}: database {url.database} is in {server.encoding}, which has not all "
                "Chinese characters",
                f"CREATE DATABASE \"{url.database}\" ENCODING 'UTF8' TEMPLATE template0, "
                "and take the data over with pg_dump",
            )
            return
    newest = newest_revision()
    if revision == newest:
        yield ok("database", f"{shown}, schema {revision}")
    elif not revision:
        yield warn("database", f"{shown} has no schema yet", "hotline run makes it")
    else:
        yield fail(
            "database",
            f"its schema is {revision}, this version needs {newest}",
            "start the hotline (hotline run), which migrates it; never go back to an older version",
        )


def _failed(url: URL, error: Exception) -> Finding:
    first = str(error).splitlines()[0] if str(error) else "no answer in time"
    if url.get_backend_name() == "sqlite":
        return fail("database", f"{url.database}: {first}", "check database.url and the file")
    who = {"place": _place(url), "user": url.username, "database": url.database}
    if refusal := REFUSALS.get(sqlstate(error)):
        return fail("database", *(text.format(**who) for text in refusal))
    if isinstance(error, OSError):
        return fail(
            "database",
            f"no PostgreSQL answers at {_place(url)}: {first}",
            "start it, or correct host and port in database.url and the firewall; calls go on and "
            "their records wait on this machine's disk",
        )
    return fail("database", f"{_place(url)}: {first}", "look at the log of the PostgreSQL server")


def _place(url: URL) -> str:
    """Where it is; never the whole address, which has a password."""
    return f"{url.host or 'this machine'}:{url.port or 5432}"


async def _ask(url: str) -> tuple[ServerInfo, str]:
    store = Store(url)
    try:
        async with asyncio.timeout(ANSWER_S):
            server = await store.server()
            try:
                return server, await store.revision()
            except SQLAlchemyError as error:
                if sqlstate(error) == NO_TABLE:
                    return server, ""
                raise
    finally:
        await store.close()
