"""``hotline asr``: measure how well and how fast the recogniser hears."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from asr.recogniser import Recogniser

app = typer.Typer(help="Measure speech recognition.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Measure speech recognition."""


@app.command(name="eval")
def evaluate(
    folder: Annotated[
        Path,
        typer.Argument(
            exists=True,
            file_okay=False,
            help='8 kHz mono WAV files and texts.jsonl: {"file": ..., "text": ...} a line.',
        ),
    ],
    config: Annotated[
        Path | None,
        typer.Option("--config", help="Settings file; else $HOTLINE_CONFIG, hotline.toml."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="JSON lines instead of text.")] = False,
) -> None:
    """Recognise every file as if it came by telephone, and count the wrong characters.

    The last line sums up: character error rate, and the processor time per second of speech. Exit
    code 1 when there is no recogniser or a file cannot be used.
    """
    import sys

    import structlog

    from asr.recogniser import build_recogniser
    from asr.recogniser.scoring import character_errors
    from config.errors import ConfigError
    from config.settings import load_settings

    # standard output is for the results alone
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    try:
        settings = load_settings(config)
    except ConfigError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from error
    recogniser = build_recogniser(settings)
    if recogniser is None:
        typer.echo("There is no recogniser; run: hotline model fetch", err=True)
        raise typer.Exit(1)
    wrong = length = 0
    took_s = spoken_s = 0.0
    for name, text in _texts(folder):
        heard, seconds, cpu_s = _recognise(recogniser, folder / name)
        errors, characters = character_errors(text, heard)
        wrong, length = wrong + errors, length + characters
        took_s, spoken_s = took_s + cpu_s, spoken_s + seconds
        row = {"file": name, "errors": errors, "characters": characters, "heard": heard}
        plain = f"{name}  {errors}/{characters}  {heard}"
        typer.echo(json.dumps(row, ensure_ascii=False) if as_json else plain)
    total = {
        "engine": recogniser.name,
        "character_error_rate": round(wrong / max(1, length), 4),
        "cpu_per_second": round(took_s / max(1e-9, spoken_s), 3),
        "seconds": round(spoken_s, 2),
    }
    plain = (
        f"{recogniser.name}: {total['character_error_rate']:.1%} of {length} characters wrong, "
        f"{total['cpu_per_second']} s of processor time a second of speech"
    )
    typer.echo(json.dumps(total) if as_json else plain)


def _texts(folder: Path) -> list[tuple[str, str]]:
    path = folder / "texts.jsonl"
    try:
        rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]
        return [(str(row["file"]), str(row["text"])) for row in rows]
    except (OSError, ValueError, KeyError, TypeError) as error:
        typer.echo(f"{path} cannot be used: {error!r}", err=True)
        raise typer.Exit(1) from error


def _recognise(recogniser: Recogniser, path: Path) -> tuple[str, float, float]:
    """The text, the seconds of speech, and the processor seconds it took."""
    import time
    import wave

    try:
        with wave.open(str(path)) as file:
            form = (file.getframerate(), file.getsampwidth(), file.getnchannels())
            pcm = file.readframes(file.getnframes())
    except (OSError, EOFError, wave.Error) as error:
        typer.echo(f"{path} cannot be used: {error}", err=True)
        raise typer.Exit(1) from error
    if form != (8000, 2, 1):
        typer.echo(f"{path} cannot be used: not 8 kHz, 16 bit, one channel", err=True)
        raise typer.Exit(1)
    began = time.process_time()
    stream = recogniser.open_stream(8000)
    stream.want_partials = False
    heard = []
    for position in range(0, len(pcm), 3200):
        heard += stream.feed(pcm[position : position + 3200])
    heard += stream.finish()
    text = "".join(one.text for one in heard if one.final)
    return text, len(pcm) / 16000, time.process_time() - began
