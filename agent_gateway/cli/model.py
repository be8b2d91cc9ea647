"""``hotline model``: get and list the models of speech recognition."""

from __future__ import annotations

import json
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Annotated

import typer

from agent_gateway.cli.command import AsJson, Config, settings_of

if TYPE_CHECKING:
    pass

app = typer.Typer(help="Get and list the models of speech recognition.", no_args_is_help=True)


class BarReporter(AbstractContextManager["BarReporter"]):
    """Progress bars on standard error; on a pipe, only the sentences."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            DownloadColumn,
            Progress,
            TaskID,
            TextColumn,
            TimeRemainingColumn,
            TransferSpeedColumn,
        )

        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            DownloadColumn(),
            TransferSpeedColumn(),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            transient=True,
        )
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> BarReporter:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._tasks:
            self._bar.stop()

    def say(self, sentence: str) -> None:
        """Print a sentence above the bars."""
        self._bar.console.print(sentence, markup=False, highlight=False)

    def progress(self, what: str, done: int, total: int | None) -> None:
        """Move the bar of ``what``."""
        if what not in self._tasks:
            # not earlier: a bar of nothing leaves an empty line
            self._bar.start()
            self._tasks[what] = self._bar.add_task(what, total=total)
        self._bar.update(self._tasks[what], completed=done, total=total)


@app.command()
def fetch(
    name: Annotated[
        str | None, typer.Argument(help="One of `hotline model list`; the default if left out.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Again, even if it is there.")] = False,
    archive: Annotated[
        Path | None,
        typer.Option("--archive", help="A Vosk model's zip that was brought here by hand."),
    ] = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Fetch a model from its publisher, resuming what was broken off, and check it.

    Exit code 1, and one sentence that says what to do, when it cannot be had.
    """
    from asr.models.catalogue import VOSK_SMALL
    from asr.models.ensure import forget_failed_attempt
    from asr.models.fetch import fetch_model, is_installed
    from asr.models.report import FetchError, Silent

    models_dir = settings_of(config).models_dir
    wanted = name or VOSK_SMALL
    was_there = not force and is_installed(wanted, models_dir)
    try:
        if as_json:
            folder = fetch_model(wanted, models_dir, Silent(), force=force, archive=archive)
        else:
            with BarReporter() as bars:
                folder = fetch_model(wanted, models_dir, bars, force=force, archive=archive)
    except FetchError as error:
        if as_json:
            typer.echo(json.dumps({"name": wanted, "error": str(error)}, ensure_ascii=False))
        else:
            typer.echo(f"{error}.", err=True)
        raise typer.Exit(1) from error
    forget_failed_attempt(models_dir)
    if as_json:
        typer.echo(json.dumps({"name": wanted, "path": str(folder), "was_there": was_there}))
    else:
        typer.echo(f"{wanted} {'was there already' if was_there else 'is ready'}: {folder}")


@app.command()
def ensure(config: Config = None) -> None:
    """Have a model before the first call: the default, else the one that needs no download.

    Exit code 0 also when there is none: calls then go on without transcripts, and it is said.
    """
    from asr.models.ensure import ensure_model

    settings = settings_of(config)
    with BarReporter() as bars:
        ensure_model(settings, bars)


@app.command(name="list")
def list_models(config: Config = None, as_json: AsJson = False) -> None:
    """Which models there are, which are here, and which one is used."""
    from asr.models.catalogue import VOSK_ARCHIVES
    from asr.models.fetch import is_installed, model_names
    from asr.recogniser.build import vosk_model_dir, whisper_model_dir

    settings = settings_of(config)
    candidates = {"vosk": vosk_model_dir(settings), "whisper": whisper_model_dir(settings)}
    order = ("vosk", "whisper") if settings.asr.engine == "auto" else (settings.asr.engine,)
    used = next((candidates[engine] for engine in order if candidates[engine] is not None), None)
    rows = [
        {
            "name": name,
            "engine": "vosk" if name in VOSK_ARCHIVES else "whisper",
            "installed": is_installed(name, settings.models_dir),
            "used": used == settings.models_dir / name,
            "note": VOSK_ARCHIVES[name].note if name in VOSK_ARCHIVES else _WHISPER_NOTE,
        }
        for name in model_names()
    ]
    if as_json:
        typer.echo(json.dumps(rows, ensure_ascii=False))
        return
    for row in rows:
        state = "used" if row["used"] else "here" if row["installed"] else "-"
        typer.echo(f"{row['name']:<28} {row['engine']:<8} {state:<5} {row['note']}")
    if settings.asr.vosk_model is not None:
        typer.echo(f"asr.vosk_model = {settings.asr.vosk_model}")


_WHISPER_NOTE = "150 MB, comes with the installation; slower, needs no download"
