"""Bringing a database to the newest schema with the migrations in this package."""

from __future__ import annotations

import fcntl
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy.engine import make_url

MIGRATIONS = Path(__file__).parent / "migrations"
# Alembic keeps the migration under way in a global variable.
_one_at_a_time = threading.Lock()


def alembic_config(url: str) -> Config:
    """Alembic's configuration without an ini file, so that it works from an installed wheel."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["url"] = url
    return config


def migrate(url: str) -> None:
    """Create or upgrade the database (blocking; starts its own event loop in this thread).

    Args:
        url: SQLAlchemy URL with an async driver, e.g. ``sqlite+aiosqlite:////data/hotline.db``.

    Raises:
        sqlalchemy.exc.SQLAlchemyError: the database cannot be reached or refuses.
        OSError: the folder of the SQLite file cannot be made.
    """
    with _one_at_a_time, _own_file(url):
        command.upgrade(alembic_config(url), "head")


def newest_revision() -> str:
    """The schema that this version of the program works with."""
    return ScriptDirectory.from_config(alembic_config("")).get_current_head() or ""


@contextmanager
def _own_file(url: str) -> Iterator[None]:
    """Hold a SQLite file, made so that nobody else may read it: it has callers' numbers and words.

    A second process that migrates (a command beside the service) waits for the first.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite" or not parsed.database:
        yield
        return
    path = Path(parsed.database)
    path.parent.mkdir(parents=True, exist_ok=True)
    # Not the database itself: closing any handle of it would drop SQLite's own locks.
    handle = os.open(path.with_name(path.name + ".migration"), os.O_CREAT | os.O_WRONLY, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        if not path.exists():
            os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
        yield
    finally:
        os.close(handle)
