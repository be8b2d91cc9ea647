"""``hotline recordings``: is every recording still what was sealed?"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

if TYPE_CHECKING:
    from config.settings import Settings
    from telephony.recordings import Archived, VerifyReport

app = typer.Typer(help="List and verify the archive of recordings.", no_args_is_help=True)

_Config = Annotated[
    Path | None, typer.Option("--config", help="Settings file; else $HOTLINE_CONFIG, hotline.toml.")
]
_Json = Annotated[bool, typer.Option("--json", help="JSON instead of text.")]


@app.command()
def verify(config: _Config = None, as_json: _Json = False) -> None:
    """Hash and decode every recording; exit code 1 if anything is missing, altered or unlisted.

    Reads the whole archive, and asks the database (if it answers) whether it knows of recordings
    that are not there. Changes nothing.
    """
    from dataclasses import asdict

    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

    from telephony.recordings.archive import Archive
    from telephony.recordings.verify import verify_archive

    settings = _settings(config)
    records, database = _records(settings)
    columns = (BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    console = Console(stderr=True)
    hidden = not console.is_terminal
    try:
        with Progress(*columns, console=console, transient=True, disable=hidden) as bar:
            task = bar.add_task("recordings", total=None)
            report = verify_archive(
                Archive.of(settings),
                records=records,
                progress=lambda done, total: bar.update(task, completed=done, total=total),
            )
    except OSError as error:
        _fail(f"the archive cannot be read: {error}")
    if as_json:
        faults = [asdict(fault) for fault in report.faults]
        typer.echo(json.dumps({**asdict(report), "faults": faults, "database": database}))
    else:
        _print(report, settings.archive_dir, database)
    raise typer.Exit(1 if report.faults else 0)


@app.command("list")
def list_recordings(
    config: _Config = None,
    since: Annotated[str, typer.Option(help="First day, YYYY-MM-DD.")] = "",
    as_json: _Json = False,
) -> None:
    """Print the recordings in the archive, one a line."""
    from datetime import date

    from telephony.recordings.archive import Archive

    settings = _settings(config)
    try:
        day = date.fromisoformat(since).strftime("%Y/%m/%d") if since else ""
        recordings = Archive.of(settings).recordings(since=day)
    except ValueError:
        _fail(f"--since must be a day such as 2026-01-31, not {since!r}")
    except OSError as error:
        _fail(f"the archive cannot be read: {error}")
    for recording in recordings:
        typer.echo(_json_line(recording) if as_json else _text_line(recording, settings))
    if not recordings and not as_json:
        typer.echo("No recordings.", err=True)


def _json_line(recording: Archived) -> str:
    values = recording.entry.model_dump(mode="json", exclude={"kind"})
    return json.dumps({**values, "path": recording.path.as_posix()}, ensure_ascii=False)


def _text_line(recording: Archived, settings: Settings) -> str:
    entry = recording.entry
    begun = entry.started_at.astimezone(settings.city.zone).strftime("%Y-%m-%d %H:%M:%S")
    minutes, seconds = divmod(entry.duration_ms // 1000, 60)
    caller, line = entry.caller or "-", entry.line or "-"
    call = f"{begun}  {minutes:3d}:{seconds:02d}  {line:8}  {caller:14}  {entry.call_id}"
    return f"{call}  {recording.path}"


def _print(report: VerifyReport, archive: Path, database: str) -> None:
    for fault in report.faults:
        call = f" (call {fault.call_id})" if fault.call_id else ""
        detail = f": {fault.detail}" if fault.detail else ""
        typer.echo(f"{fault.damage.value.replace('_', ' '):20} {fault.path}{call}{detail}")
    if database:
        typer.echo(f"The database was not asked: {database}", err=True)
    size = report.bytes_read / 1e6
    faults = f"{len(report.faults)} faults" if report.faults else "all as sealed"
    typer.echo(f"{report.recordings} recordings in {archive}, {size:.1f} MB: {faults}.")


def _records(settings: Settings) -> tuple[dict[str, str] | None, str]:
    """Call id -> path from the database, or None and why not."""
    import asyncio

    from sqlalchemy.exc import SQLAlchemyError

    from agent_gateway.store import Store

    async def ask() -> dict[str, str]:
        store = Store(settings.database_url)
        try:
            return {row.call_id: row.path for row in await store.calls.recordings()}
        finally:
            await store.close()

    if not settings.database.url and not (settings.data_dir / "hotline.db").exists():
        return None, "there is none yet"
    try:
        return asyncio.run(ask()), ""
    except (SQLAlchemyError, OSError) as error:
        return None, str(error).splitlines()[0]


def _settings(config: Path | None) -> Settings:
    from config.errors import ConfigError
    from config.settings import load_settings

    try:
        return load_settings(config)
    except ConfigError as error:
        _fail(str(error))


def _fail(reason: str) -> NoReturn:
    typer.echo(reason, err=True)
    raise typer.Exit(1)
