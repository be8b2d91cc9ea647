"""``hotline database``: from SQLite to PostgreSQL."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from agent_gateway.cli.command import Config, fail, operator, settings_of

if TYPE_CHECKING:
    from config.settings import Settings

app = typer.Typer(help="Move the records to another database.", no_args_is_help=True)


@app.callback()
def database() -> None:
    """Without this the only command would have no name."""


@app.command()
def copy(
    config: Config = None,
    source: Annotated[
        Path | None, typer.Option("--from", help="SQLite file; else hotline.db of the data folder.")
    ] = None,
) -> None:
    """Copy all records from SQLite into the PostgreSQL database of the settings, all or none.

    Stop the hotline before. The database (``database.url``) must be empty; the file stays as it is.
    """
    from agent_gateway.supervisor.lock import AlreadyRunningError, only_supervisor

    settings = settings_of(config)
    file = source or settings.data_dir / "hotline.db"
    if not settings.database.url.startswith("postgresql"):
        fail("set database.url to the PostgreSQL database first")
    if not file.is_file():
        fail(f"there is no {file}")
    try:
        with only_supervisor(settings.data_dir):
            _check_target(settings)
            counts = _copied(file, settings.database_url)
    except AlreadyRunningError as error:
        fail(str(error))
    except OSError as error:
        fail(f"{error}; nothing was copied")
    width = max(map(len, counts))
    for table, rows in counts.items():
        typer.echo(f"{table:{width}}  {rows:10}")
    typer.echo(f"{sum(counts.values())} rows are in PostgreSQL; {file} is as it was.")


def _check_target(settings: Settings) -> None:
    from agent_gateway.doctor.database import check_database
    from agent_gateway.doctor.finding import Status

    for found in check_database(settings):
        if found.status is Status.FAIL:
            fail(f"{found.message}; {found.mend}")


def _copied(file: Path, url: str) -> dict[str, int]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
    from sqlalchemy.exc import SQLAlchemyError

    from agent_gateway.store import CopyError, migrate

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    console = Console(stderr=True)
    hidden = not console.is_terminal
    try:
        migrate(url)
        with Progress(*columns, console=console, transient=True, disable=hidden) as bar:
            task = bar.add_task("")
            return asyncio.run(
                _run(
                    file,
                    url,
                    lambda table, done, total: bar.update(
                        task, description=table, completed=done, total=total
                    ),
                )
            )
    except CopyError as error:
        fail(f"{error}; nothing was copied")
    except SQLAlchemyError as error:
        fail(f"{str(error).splitlines()[0]}; nothing was copied")


async def _run(file: Path, url: str, progress: Callable[[str, int, int], None]) -> dict[str, int]:
    from agent_gateway.store import Store, copy_records

    counts = await copy_records(file, url, progress)
    store = Store(url)
    try:
        detail = f"{sum(counts.values())} rows of {file}"
        await store.audit.add(operator(), "database.copy", "postgresql", detail=detail)
    finally:
        await store.close()
    return counts
