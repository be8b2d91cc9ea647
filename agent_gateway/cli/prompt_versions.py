"""``hotline prompts import``, ``history`` and ``rollback``: recordings that people bring."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from agent_gateway.cli.command import WRONG_USE, AsJson, Config, fail, operator, settings_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from config.numberplan import Text
    from config.settings import Settings
    from ivr.prompts.versions import RecordingVersions

_Key = Annotated[str, typer.Argument(help="The prompt, e.g. announcement-96119.")]


class Spoken(StrEnum):
    """The languages of prompts."""

    ZH = "zh"
    EN = "en"


_Lang = Annotated[Spoken, typer.Option("--lang", help="Language of the recording.")]


def import_recording(
    key: _Key,
    file: Annotated[Path, typer.Argument(help="WAV, MP3, OGG, FLAC, M4A; any rate and loudness.")],
    lang: _Lang = Spoken.ZH,
    config: Config = None,
) -> None:
    """Check a recording, keep it as a new version and let the next caller hear it.

    Refused if it is silent, clipped, shorter than half a second or longer than 90 s. It is brought
    to the telephone's band and the loudness of the other prompts.
    """
    from ivr.prompts.versions import UnfitRecordingError
    from ivr.prompts.wavefile import UnreadableSoundError

    settings, texts, versions = _versions(config, key, lang)
    try:
        change = versions.add(file, operator())
    except UnfitRecordingError as error:
        fail(f"{file} {error}; nothing was changed")
    except (UnreadableSoundError, OSError, ValueError) as error:
        fail(str(error))
    _render(settings, texts, key, lang)
    typer.echo(f"{lang.value}/{key}: version {change.version}, {change.seconds:.1f} s, in use")


def history(
    key: _Key,
    lang: _Lang = Spoken.ZH,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Print who changed a prompt's recording, and when; the last line is in use."""
    from dataclasses import asdict

    _, _, versions = _versions(config, key, lang)
    try:
        changes = versions.history()
    except (OSError, ValueError) as error:
        fail(str(error))
    if as_json:
        typer.echo(json.dumps([asdict(change) for change in changes], ensure_ascii=False))
        return
    for change in changes:
        what = f"version {change.version} ({change.original})" if change.version else "the voice"
        typer.echo(f"{change.at}  {change.who or '-':12}  {change.action:8}  {what}")
    if not changes:
        typer.echo(f"{lang.value}/{key}: no recording was imported", err=True)


def rollback(
    key: _Key,
    version: Annotated[int, typer.Option("--to", min=0, help="The version; 0: the voice.")],
    lang: _Lang = Spoken.ZH,
    config: Config = None,
) -> None:
    """Use an earlier version again."""
    settings, texts, versions = _versions(config, key, lang)
    try:
        versions.roll_back(version, operator())
    except (LookupError, OSError, ValueError) as error:
        fail(str(error.args[0]) if isinstance(error, LookupError) else str(error))
    _render(settings, texts, key, lang)
    typer.echo(f"{lang.value}/{key}: {f'version {version}' if version else 'the voice'}, in use")


def _versions(
    config: Path | None, key: str, lang: Spoken
) -> tuple[Settings, Mapping[str, Text], RecordingVersions]:
    from config.errors import ConfigError
    from ivr.prompts import installation_texts
    from ivr.prompts.versions import RecordingVersions

    settings = settings_of(config)
    try:
        texts = installation_texts(settings)
    except ConfigError as error:
        fail(str(error), WRONG_USE)
    if key not in texts:
        fail(f"there is no prompt {key!r}; there are: {', '.join(sorted(texts))}")
    return settings, texts, RecordingVersions(settings.prompts_dir, lang.value, key)


def _render(settings: Settings, texts: Mapping[str, Text], key: str, lang: Spoken) -> None:
    from ivr.prompts import render_prompts

    faults = render_prompts(settings, texts).faults
    for name in (f"{lang.value}/{key}", "prompts"):
        if name in faults:
            fail(f"{name} {', '.join(faults[name])}")
