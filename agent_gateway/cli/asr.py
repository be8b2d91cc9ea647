"""``hotline asr``: measure how well the recogniser hears, and have calls heard again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from agent_gateway.cli.command import WRONG_USE, Config, fail, settings_of

if TYPE_CHECKING:
    from agent_gateway.cli.asr_report import Heard
    from asr.recogniser import Recogniser

PIECE_BYTES = 1600
"""100 ms, as live audio is fed."""
SILENCE_BYTES = 32_000

app = typer.Typer(help="Measure speech recognition; hear calls again.", no_args_is_help=True)


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
    config: Config = None,
    engine: Annotated[
        str, typer.Option("--engine", help="vosk, whisper, sherpa; else the settings' one.")
    ] = "",
    line: Annotated[
        str, typer.Option("--line", help="Give the engine the hot words of this line.")
    ] = "",
    plot: Annotated[
        Path | None, typer.Option("--plot", help="Write the error rates as an SVG to this file.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="JSON lines instead of a table.")] = False,
) -> None:
    """Recognise every file as if it came by telephone, and count the wrong characters.

    The last line sums up: character error rate, processor time per second of speech, and how long
    after its last word a sentence's text is there. Exit code 1 when there is no recogniser or a
    file cannot be used.
    """
    import sys

    import structlog

    from agent_gateway.cli import asr_report
    from agent_gateway.service.recognisers import KnownNames
    from asr.recogniser import build_recogniser

    # standard output is for the results alone
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    settings = settings_of(config)
    if engine not in ("", "vosk", "whisper", "sherpa"):
        fail(f"There is no engine {engine!r}; vosk, whisper or sherpa.", WRONG_USE)
    recogniser = build_recogniser(settings, engine)
    if recogniser is None:
        fail("There is no recogniser; run: hotline model fetch")
    words = KnownNames(settings).for_line(line) if line else ()
    rows = [_recognise(recogniser, folder / name, text, words) for name, text in _texts(folder)]
    summed = asr_report.total(rows, recogniser.name)
    if as_json:
        for row in (*(row.as_row() for row in rows), summed):
            typer.echo(json.dumps(row, ensure_ascii=False))
    else:
        typer.echo(asr_report.table(rows, summed))
    if plot is not None:
        try:
            plot.write_text(asr_report.plot(rows, summed), encoding="utf-8")
        except OSError as error:
            fail(f"{plot} cannot be written: {error}")


@app.command()
def again(
    call_id: Annotated[
        str, typer.Argument(help="A call that was heard again, or could not be; else all failed.")
    ] = "",
    config: Config = None,
) -> None:
    """Put calls back into the second pass: after a restored archive, or with a better model.

    The running service takes them up within half a minute.
    """
    import asyncio

    from sqlalchemy.exc import SQLAlchemyError

    from agent_gateway.store import Store

    async def plan(url: str) -> int:
        store = Store(url)
        try:
            return await store.second.again(call_id)
        finally:
            await store.close()

    try:
        planned = asyncio.run(plan(settings_of(config).database_url))
    except (SQLAlchemyError, OSError) as error:
        fail(str(error).splitlines()[0])
    if call_id and not planned:
        fail(f"{call_id} is no call of the second pass")
    typer.echo(f"{planned} calls will be heard again.")


def _texts(folder: Path) -> list[tuple[str, str]]:
    path = folder / "texts.jsonl"
    try:
        rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]
        return [(str(row["file"]), str(row["text"])) for row in rows]
    except (OSError, ValueError, KeyError, TypeError) as error:
        fail(f"{path} cannot be used: {error!r}")


def _recognise(recogniser: Recogniser, path: Path, text: str, hot_words: tuple[str, ...]) -> Heard:
    """What is heard in one file, and what it cost."""
    import time
    import wave

    from agent_gateway.cli.asr_report import Heard
    from asr.recogniser.scoring import character_errors

    try:
        with wave.open(str(path)) as file:
            form = (file.getframerate(), file.getsampwidth(), file.getnchannels())
            pcm = file.readframes(file.getnframes())
    except (OSError, EOFError, wave.Error) as error:
        fail(f"{path} cannot be used: {error}")
    if form != (8000, 2, 1):
        fail(f"{path} cannot be used: not 8 kHz, 16 bit, one channel")
    # a speaker falls silent in the end; only so does an engine find the end of a sentence
    fed = pcm + bytes(SILENCE_BYTES)
    cpu, wall = time.process_time(), time.monotonic()
    stream = recogniser.open_stream(8000, hot_words)
    stream.want_partials = False
    heard, late = [], []
    for position in range(0, len(fed), PIECE_BYTES):
        began = time.monotonic()
        finals = [one for one in stream.feed(fed[position : position + PIECE_BYTES]) if one.final]
        took_ms = (time.monotonic() - began) * 1000
        now_ms = (position + PIECE_BYTES) / 16
        late += [max(0, round(now_ms - one.end_ms + took_ms)) for one in finals]
        heard += finals
    heard += [one for one in stream.finish() if one.final]
    said = "".join(one.text for one in heard)
    errors, characters = character_errors(text, said)
    return Heard(
        file=path.name,
        seconds=len(pcm) / 16000,
        characters=characters,
        errors=errors,
        cpu_s=round(time.process_time() - cpu, 3),
        wall_s=round(time.monotonic() - wall, 3),
        late_ms=tuple(late),
        heard=said,
    )
