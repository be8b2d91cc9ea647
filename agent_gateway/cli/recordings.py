"""``hotline recordings``: what is there, is it what was sealed, what must stay, what may go."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from agent_gateway.cli.command import AsJson, Config, fail, operator, settings_of

if TYPE_CHECKING:
    from config.settings import Settings
    from telephony.recordings import Archived, VerifyReport

app = typer.Typer(
    help="List, verify, hold and delete recordings in the archive.", no_args_is_help=True
)

_Call = Annotated[str, typer.Argument(help="The call's id, as in `hotline recordings list`.")]
_Reason = Annotated[str, typer.Option(help="Why; kept in the manifest.")]


@app.command()
def verify(config: Config = None, as_json: AsJson = False) -> None:
    """Hash and decode every recording; exit code 1 if anything is missing, altered or unlisted.

    Reads the whole archive, and asks the database (if it answers) whether it knows of recordings
    that are not there. Changes nothing.
    """
    from dataclasses import asdict

    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

    from telephony.recordings.archive import Archive
    from telephony.recordings.verify import verify_archive

    settings = settings_of(config)
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
        fail(f"the archive cannot be read: {error}")
    if as_json:
        faults = [asdict(fault) for fault in report.faults]
        typer.echo(json.dumps({**asdict(report), "faults": faults, "database": database}))
    else:
        _print(report, settings.archive_dir, database)
    raise typer.Exit(1 if report.faults else 0)


@app.command("list")
def list_recordings(
    config: Config = None,
    since: Annotated[str, typer.Option(help="First day, YYYY-MM-DD.")] = "",
    as_json: AsJson = False,
) -> None:
    """Print the recordings in the archive, one a line."""
    from datetime import date

    from telephony.recordings.archive import Archive

    settings = settings_of(config)
    try:
        day = date.fromisoformat(since).strftime("%Y/%m/%d") if since else ""
        recordings = Archive.of(settings).recordings(since=day)
    except ValueError:
        fail(f"--since must be a day such as 2026-01-31, not {since!r}")
    except OSError as error:
        fail(f"the archive cannot be read: {error}")
    for recording in recordings:
        typer.echo(_json_line(recording) if as_json else _text_line(recording, settings))
    if not recordings and not as_json:
        typer.echo("No recordings.", err=True)


@app.command()
def hold(call_id: _Call, reason: _Reason, config: Config = None) -> None:
    """Put a call's recordings under legal hold: they stay whatever their retention date."""
    _hold(call_id, True, reason, config)


@app.command()
def release(call_id: _Call, reason: _Reason, config: Config = None) -> None:
    """Take the legal hold off a call's recordings."""
    _hold(call_id, False, reason, config)


@app.command()
def due(config: Config = None, as_json: AsJson = False) -> None:
    """Print the recordings whose retention is over, one a line, and which of them are held."""
    from telephony.recordings import Archive, due_recordings

    settings = settings_of(config)
    found = False
    try:
        for one in due_recordings(Archive.of(settings)):
            found = True
            if as_json:
                held = one.hold.model_dump(mode="json", exclude={"kind"}) if one.hold else None
                values = json.loads(_json_line(one.recording))
                typer.echo(json.dumps({**values, "hold": held}, ensure_ascii=False))
            else:
                kept = f"  held by {one.hold.by}: {one.hold.reason}" if one.hold else ""
                typer.echo(_text_line(one.recording, settings) + kept)
    except OSError as error:
        fail(f"the archive cannot be read: {error}")
    if not found and not as_json:
        typer.echo("No recording's retention is over.", err=True)


@app.command("delete-due")
def delete_all_due(reason: _Reason, config: Config = None) -> None:
    """Delete every recording whose retention is over and that is not held.

    Look at ``hotline recordings due`` before. Each deletion is a line in the manifest first; ended
    in between, run it again.
    """
    from telephony.recordings import Archive, delete_due

    archive = Archive.of(settings_of(config))
    deleted = held = 0
    try:
        for one in delete_due(archive, by=operator(), reason=reason):
            if one.hold is None:
                deleted += 1
                continue
            held += 1
            call = one.recording.entry.call_id
            typer.echo(f"kept: {call} is held by {one.hold.by}: {one.hold.reason}", err=True)
    except ValueError:
        fail("--reason must say why; it stays in the manifest")
    except OSError as error:
        fail(f"{deleted} deleted, then the archive could not be changed: {error}; run it again")
    typer.echo(f"{deleted} recordings deleted, {held} kept under legal hold.")


def _hold(call_id: str, held: bool, reason: str, config: Path | None) -> None:
    from telephony.recordings import Archive, set_hold

    archive = Archive.of(settings_of(config))
    try:
        found = archive.of_call(call_id)
        for one in found:
            set_hold(archive, one, held, by=operator(), reason=reason)
    except ValueError:
        fail("--reason must say why; it stays in the manifest")
    except OSError as error:
        fail(f"the archive could not be changed: {error}; run it again")
    if not found:
        fail(f"no recording of call {call_id!r} is in the archive; see: hotline recordings list")
    state = "under legal hold" if held else "no longer held"
    typer.echo(f"{len(found)} recordings of call {call_id} are {state}.")


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
