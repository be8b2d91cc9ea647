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

from agent_gateway.cli.command import WRONG_USE, fail

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
    help="Fill in tickets from transcripts: prefill [FILE|-], prefill eval FILE, prefill train.",
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
        fail(f"{file}: cannot be read: {error.strerror}", WRONG_USE)


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
    rules_only: Annotated[
        bool, typer.Option("--rules-only", help="without the trained parts")
    ] = False,
    artefact: Annotated[
        Path | None, typer.Option(help="folder that train has written, in place of the shipped one")
    ] = None,
    folds: Annotated[
        int,
        typer.Option(
            min=0, max=20, help="cross-validate: train N times, judge rows that were left out"
        ),
    ] = 0,
    data: Annotated[
        list[Path] | None,
        typer.Option(help="with --folds: more labelled transcripts to train on; may be repeated"),
    ] = None,
    seed: Annotated[int, typer.Option(help="with --folds: of the noise put in")] = 1,
) -> None:
    """Precision, recall and F1 by field, emergencies, and the categories that were confused."""
    from asr.prefill import Prefiller
    from asr.prefill.parties.artefact import PartiesError, load_parties
    from asr.prefill.scoring import Report
    from asr.prefill.trained import ArtefactError, load_trained

    if folds == 1 or sum((folds > 0, rules_only, artefact is not None)) > 1:
        fail("--folds takes two or more; not with --rules-only or --artefact", WRONG_USE)
    if folds:
        report = _cross_validate(Path(file), data or [], folds, seed)
        _show(report, as_json=as_json, misses=misses)
        return
    try:
        trained = load_trained(artefact) if artefact else None
        parties = load_parties(artefact) if artefact else None
    except (ArtefactError, PartiesError) as error:
        fail(f"{artefact}: {error}", WRONG_USE)
    prefiller = Prefiller(trained=trained, parties=parties, rules_only=rules_only)
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
    _show(report, as_json=as_json, misses=misses)
    if faults:
        raise typer.Exit(1)


def _show(report: Report, *, as_json: bool, misses: bool) -> None:
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


def _cross_validate(file: Path, data: list[Path], folds: int, seed: int) -> Report:
    """Report in which no row was trained on before it was judged."""
    from asr.prefill.training.material import MaterialError
    from asr.prefill.training.run import cross_validate

    try:
        return cross_validate(file, data, folds, seed, _progress)
    except MaterialError as error:
        fail(str(error), WRONG_USE)


def _progress(line: str) -> None:
    typer.echo(line, err=True)


@app.command("train")
def train(
    data: Annotated[
        list[Path] | None,
        typer.Option(help="labelled transcripts, one JSON object a line; may be repeated"),
    ] = None,
    seed: Annotated[int, typer.Option(help="of the noise put in; same seed, same bytes")] = 1,
    out: Annotated[Path, typer.Option(help="folder for what was trained")] = Path(
        "prefill-artefact"
    ),
) -> None:
    """Fit the trained parts to the shipped statements and to labelled transcripts."""
    from asr.prefill.training.material import MaterialError
    from asr.prefill.training.run import train as fit
    from asr.prefill.training.run import train_ear

    try:
        trained, parties = fit(data or [], seed, _progress)
        trained.save(out)
        train_ear(data or [], seed).save(out)
        parties.save(out)
    except MaterialError as error:
        fail(str(error), WRONG_USE)
    except OSError as error:
        fail(f"{out}: cannot be written: {error.strerror}", WRONG_USE)
    figures = trained.card["cross_validated"]
    if figures:
        typer.echo(f"cross-validated macro F1 {figures['macro_f1']:.3f} ({figures['rows']} rows)")
    typer.echo(f"written to {out}")


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
