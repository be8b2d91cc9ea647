"""``hotline prompts``: make and check what callers hear."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from agent_gateway.cli import prompt_versions
from agent_gateway.cli.command import WRONG_USE, Config, fail, settings_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from config.numberplan import Text
    from config.settings import Settings

app = typer.Typer(help="Make and check what callers hear.", no_args_is_help=True)
app.command("import")(prompt_versions.import_recording)
app.command()(prompt_versions.history)
app.command()(prompt_versions.rollback)

_Json = Annotated[bool, typer.Option("--json", help="One JSON object instead of text.")]


@app.command()
def render(
    config: Config = None,
    force: Annotated[
        bool, typer.Option("--force", help="Make all anew, not only what changed.")
    ] = False,
    as_json: _Json = False,
) -> None:
    """Speak every prompt that has no recording; exit code 1 if one is unfit to be heard.

    Recordings go into DATA/prompts/studio/<zh|en>/<key>.wav (or flac, ogg, opus, mp3) at any rate
    and loudness, and win over the voice.
    """
    from dataclasses import asdict

    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    from ivr.prompts import render_prompts

    settings, texts = _installation(config)
    columns = (
        TextColumn("prompts"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[key]}"),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("prompts", total=None, key="")
        report = render_prompts(
            settings,
            texts,
            force=force,
            progress=lambda done, total, key: bar.update(
                task, completed=done, total=total, key=key
            ),
        )
    if as_json:
        typer.echo(json.dumps(asdict(report), ensure_ascii=False))
    else:
        typer.echo(
            f"{settings.prompts_dir}: {report.unchanged} unchanged, {report.spoken} spoken, "
            f"{report.reused} spoken earlier, {report.recorded} from recordings"
        )
        for name in report.by_hand:
            typer.echo(f"{name}: was replaced by hand and left alone")
        for name in report.without_voice:
            typer.echo(f"{name}: is three notes, since no voice could speak it")
        for name, faults in report.faults.items():
            typer.echo(f"{name}: {', '.join(faults)}")
    if report.faults or report.without_voice:
        raise typer.Exit(1)


@app.command()
def check(config: Config = None, as_json: _Json = False) -> None:
    """Look for prompts that are missing, silent, too loud, too quiet, clipped or too long."""
    from dataclasses import asdict

    from ivr.prompts import check_prompts

    settings, texts = _installation(config)
    faults = check_prompts(settings.prompts_dir, texts)
    if as_json:
        typer.echo(json.dumps([asdict(fault) for fault in faults], ensure_ascii=False))
    else:
        for fault in faults:
            typer.echo(f"{fault.prompt}: {fault.fault}")
        if not faults:
            typer.echo(f"{settings.prompts_dir}: {2 * len(texts)} prompts are fit to be heard")
    if faults:
        raise typer.Exit(1)


def _installation(config: Path | None) -> tuple[Settings, Mapping[str, Text]]:
    from config.errors import ConfigError
    from ivr.prompts import installation_texts

    settings = settings_of(config)
    try:
        return settings, installation_texts(settings)
    except ConfigError as error:
        fail(str(error), WRONG_USE)
