"""``hotline prefill``: fill in tickets from transcripts, and measure how well."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

if TYPE_CHECKING:
    from asr.prefill.scoring import Report


class _FileOrCommand(TyperGroup):
    """Takes ``prefill FILE`` and bare ``prefill`` (standard input) as ``prefill run FILE``."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put ``run`` in front unless a command or a plea for help comes first."""
        if not args or (args[0] not in self.commands and args[0] not in ("--help", "-h")):
            args = ["run", *args]
        return super().parse_args(ctx, args)


app = typer.Typer(
    cls=_FileOrCommand,
    help="Fill in tickets from transcripts: prefill [FILE|-], or prefill eval FILE.",
    no_args_is_help=False,
)


class BadRowError(ValueError):
    """A line that is not a transcript; the message says what is wrong with it."""


@contextmanager
def _opened(file: str) -> Iterator[IO[bytes]]:
    if file == "-":
        yield sys.stdin.buffer
        return
    try:
        with Path(file).open("rb") as stream:
            yield stream
    except OSError as error:
        typer.echo(f"{file}: cannot be read: {error.strerror}", err=True)
        raise typer.Exit(2) from error


def _rows(stream: IO[bytes]) -> Iterator[tuple[int, dict[str, Any] | BadRowError]]:
    """(line number, row or what is wrong with it) for every line that is not blank."""
    for number, line in enumerate(stream, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            yield number, BadRowError(f"is not JSON: {error}")
            continue
        if isinstance(row, dict):
            yield number, row
        else:
            yield number, BadRowError("must be a JSON object")


def _complain(number: int, error: Exception) -> None:
    typer.echo(json.dumps({"line": number, "error": str(error)}, ensure_ascii=False), err=True)


@app.command("run", hidden=True)
def run(
    file: Annotated[
        str, typer.Argument(help="transcripts, one JSON object a line; - reads stdin")
    ] = "-",
) -> None:
    """Print one JSON object a line: id and every field with value, evidence and confidence."""
    from asr.prefill import Prefiller

    prefiller = Prefiller()
    faults = 0
    with _opened(file) as stream:
        for number, row in _rows(stream):
            try:
                if isinstance(row, BadRowError):
                    raise row
                fields = prefiller.prefill(row)
            except ValueError as error:
                faults += 1
                _complain(number, error)
                continue
            out: dict[str, object] = {"id": row.get("id")}
            out.update((name, guess.as_dict()) for name, guess in fields.items())
            typer.echo(json.dumps(out, ensure_ascii=False))
    if faults:
        raise typer.Exit(1)


@app.command("eval")
def evaluate(
    file: Annotated[str, typer.Argument(help="labelled transcripts, one JSON object a line")],
    as_json: Annotated[bool, typer.Option("--json", help="print the report as JSON")] = False,
    misses: Annotated[bool, typer.Option("--misses", help="list every wrong value")] = False,
) -> None:
    """Precision, recall and F1 by field, emergencies, and the categories that were confused."""
    from asr.prefill import Prefiller
    from asr.prefill.scoring import Report

    prefiller = Prefiller()
    report = Report()
    faults = 0
    with _opened(file) as stream:
        for number, row in _rows(stream):
            try:
                if isinstance(row, BadRowError):
                    raise row
                gold = row.get("gold")
                if not isinstance(gold, dict):
                    raise BadRowError("gold: must be an object with the labelled fields")
                guessed = {key: guess.value for key, guess in prefiller.prefill(row).items()}
            except ValueError as error:
                faults += 1
                _complain(number, error)
                continue
            report.add(str(row.get("id", number)), guessed, gold)
    if as_json:
        shown = report.as_dict()
        if misses:
            shown["misses"] = [
                dict(zip(("id", "field", "guess", "gold"), miss, strict=True))
                for miss in report.misses
            ]
        typer.echo(json.dumps(shown, ensure_ascii=False, indent=2))
    else:
        _print(report, misses=misses)
    if faults:
        raise typer.Exit(1)


def _print(report: Report, *, misses: bool) -> None:
    typer.echo(f"{'field':<16}{'precision':>10}{'recall':>8}{'F1':>8}")
    for name, score in report.fields.items():
        typer.echo(f"{name:<16}{score.precision:>10.3f}{score.recall:>8.3f}{score.f1:>8.3f}")
    typer.echo(f"{'macro F1':<16}{report.macro_f1:>26.3f}   ({report.rows} rows)")
    typer.echo(
        f"emergencies: {report.caught} of {report.emergencies} recognised, "
        f"{report.false_alarms} false alarms"
    )
    for (gold, guess), count in report.confusion.most_common():
        typer.echo(f"category {gold} taken for {guess}: {count}")
    if misses:
        for row_id, name, guess_value, gold_value in report.misses:
            typer.echo(f"{row_id} {name}: {guess_value!r}, labelled {gold_value!r}")
