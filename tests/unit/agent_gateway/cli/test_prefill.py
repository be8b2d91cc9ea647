from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from agent_gateway.cli import app
from asr.prefill import FIELDS
from asr.prefill.parties.artefact import load_parties
from asr.prefill.trained import FOLDER, load_trained
from asr.prefill.training.material import Material, read_material

DEV = Path(__file__).parents[3] / "fixtures" / "prefill" / "dev.jsonl"
FIRST, SECOND = DEV.read_text(encoding="utf-8").splitlines()[:2]
runner = CliRunner()


def test_given_a_file_when_prefilled_then_one_object_a_line_with_every_field(
    tmp_path: Path,
) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_text(f"{FIRST}\n\n{SECOND}\n", encoding="utf-8")
    result = runner.invoke(app, ["prefill", str(file)])
    assert result.exit_code == 0
    out = [json.loads(line) for line in result.stdout.splitlines()]
    assert [row["id"] for row in out] == ["dev-001", "dev-002"]
    for row in out:
        assert set(row) == {"id", *FIELDS}
        assert all(set(row[name]) == {"value", "evidence", "confidence"} for name in FIELDS)
    assert out[1]["callback_phone"]["value"] == "09317668421"


@pytest.mark.parametrize("args", [[], ["-"]])
def test_given_rows_on_standard_input_when_prefilled_then_they_are_read(args: list[str]) -> None:
    result = runner.invoke(app, ["prefill", *args], input=f"{FIRST}\n".encode())
    assert result.exit_code == 0
    assert json.loads(result.stdout)["id"] == "dev-001"


@pytest.mark.parametrize(
    "bad",
    [b"{", b"[]", b"\xff\xfe", b'{"id": "x"}', b'"text"', b"[" * 100_000],
)
def test_given_a_malformed_line_when_prefilled_then_it_is_named_and_the_rest_goes_on(
    bad: bytes,
) -> None:
    lines = FIRST.encode() + b"\n" + bad + b"\n" + SECOND.encode() + b"\n"
    result = runner.invoke(app, ["prefill"], input=lines)
    assert result.exit_code == 1
    assert [json.loads(line)["id"] for line in result.stdout.splitlines()] == ["dev-001", "dev-002"]
    complaint = json.loads(result.stderr)
    assert complaint["line"] == 2
    assert complaint["error"]


def test_given_no_such_file_when_prefilled_then_the_error_says_so(tmp_path: Path) -> None:
    result = runner.invoke(app, ["prefill", str(tmp_path / "none.jsonl")])
    assert result.exit_code == 2
    assert "cannot be read" in result.stderr


def test_given_labelled_rows_when_evaluated_then_every_field_and_the_macro_are_shown() -> None:
    result = runner.invoke(app, ["prefill", "eval", str(DEV)])
    assert result.exit_code == 0
    for name in FIELDS:
        assert name in result.stdout
    assert "macro F1" in result.stdout
    assert "emergencies: 4 of 4 recognised" in result.stdout


def test_given_labelled_rows_when_evaluated_as_json_then_the_report_can_be_read() -> None:
    result = runner.invoke(app, ["prefill", "eval", str(DEV), "--json", "--misses"])
    report = json.loads(result.stdout)
    assert report["rows"] == 40
    assert set(report["fields"]) == set(FIELDS)
    assert set(report["fields"]["address"]) == {"precision", "recall", "f1"}
    assert report["emergency"]["recall"] == 1.0
    assert all(set(miss) == {"id", "field", "guess", "gold"} for miss in report["misses"])


def test_given_a_row_without_labels_when_evaluated_then_it_is_named(tmp_path: Path) -> None:
    row = json.loads(FIRST)
    del row["gold"]
    file = tmp_path / "rows.jsonl"
    file.write_text(json.dumps(row) + "\n" + SECOND + "\n", encoding="utf-8")
    result = runner.invoke(app, ["prefill", "eval", str(file)])
    assert result.exit_code == 1
    assert json.loads(result.stderr)["line"] == 1
    assert "(1 rows)" in result.stdout


def few(files: list[Path]) -> Material:
    whole = read_material(files)
    return Material(whole.statements[::20], whole.dialogues[:6], whole.hashes)


def test_given_labelled_rows_when_trained_then_an_artefact_is_written_that_loads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("asr.prefill.training.run.read_material", few)
    result = runner.invoke(
        app, ["prefill", "train", "--data", str(DEV), "--seed", "3", "--out", str(tmp_path / "new")]
    )
    assert result.exit_code == 0, result.output
    assert "fold 1 of" in result.stderr
    assert "cross-validated macro F1" in result.stdout
    used = runner.invoke(app, ["prefill", "eval", str(DEV), "--artefact", str(tmp_path / "new")])
    assert used.exit_code == 0, used.output
    card = load_trained(tmp_path / "new").card
    assert card["seed"] == 3
    assert DEV.name in card["data_sha256"]


def test_given_an_artefact_when_evaluated_with_it_then_its_own_parts_find_the_targets(
    tmp_path: Path,
) -> None:
    shutil.copytree(FOLDER, tmp_path / "silent")
    replace(load_parties(FOLDER), least=2.0).save(tmp_path / "silent")
    result = runner.invoke(
        app, ["prefill", "eval", str(DEV), "--artefact", str(tmp_path / "silent"), "--json"]
    )
    assert result.exit_code == 0, result.output
    # plates, routes and suppliers are found by rule
    assert json.loads(result.stdout)["fields"]["target"]["recall"] < 0.5


def test_given_no_such_data_when_trained_then_the_error_says_so(tmp_path: Path) -> None:
    result = runner.invoke(app, ["prefill", "train", "--data", str(tmp_path / "none.jsonl")])
    assert result.exit_code == 2
    assert "cannot be read" in result.stderr


def test_given_folds_when_evaluated_then_rows_are_judged_by_what_did_not_see_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("asr.prefill.training.run.read_material", few)
    result = runner.invoke(app, ["prefill", "eval", str(DEV), "--folds", "2", "--json"])
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["rows"] == 6


def test_given_no_artefact_when_evaluated_with_it_then_the_error_says_so(tmp_path: Path) -> None:
    result = runner.invoke(app, ["prefill", "eval", str(DEV), "--artefact", str(tmp_path)])
    assert result.exit_code == 2
    assert "cannot be read" in result.stderr


@pytest.mark.parametrize("options", [["--folds", "1"], ["--folds", "3", "--rules-only"]])
def test_given_folds_that_make_no_sense_when_evaluated_then_it_says_so(options: list[str]) -> None:
    result = runner.invoke(app, ["prefill", "eval", str(DEV), *options])
    assert result.exit_code == 2
    assert "--folds" in result.stderr
