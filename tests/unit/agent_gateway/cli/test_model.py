from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from agent_gateway.cli import model
from tests.unit.asr.models.publisher import FILES, archive

NAME = "vosk-model-cn-0.22"


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOTLINE_INSTALL_DIR", str(tmp_path))
    monkeypatch.delenv("HOTLINE_CONFIG", raising=False)
    monkeypatch.setattr("asr.models.catalogue.VOSK_PUBLISHER", "http://127.0.0.1:9")


@pytest.fixture
def brought(tmp_path: Path) -> Path:
    """The large model's archive, carried here by hand (nothing pins its bytes)."""
    path = tmp_path / "brought.zip"
    path.write_bytes(archive(FILES, folder=NAME))
    return path


def test_given_no_models_when_listed_then_all_are_named_and_none_is_used() -> None:
    result = CliRunner().invoke(model.app, ["list", "--json"])
    rows = json.loads(result.stdout)
    assert result.exit_code == 0
    assert [row["name"] for row in rows] == [
        "vosk-model-small-cn-0.22",
        "vosk-model-cn-0.22",
        "whisper-base",
    ]
    assert not any(row["installed"] or row["used"] for row in rows)


def test_given_an_archive_when_fetched_then_installed_and_listed_as_used(
    brought: Path, tmp_path: Path
) -> None:
    arguments = ["fetch", NAME, "--archive", str(brought), "--json"]
    first = CliRunner().invoke(model.app, arguments)
    assert first.exit_code == 0, first.output
    assert json.loads(first.stdout) == {
        "name": NAME,
        "path": str(tmp_path / "models" / NAME),
        "was_there": False,
    }
    assert json.loads(CliRunner().invoke(model.app, arguments).stdout)["was_there"] is True
    listed = json.loads(CliRunner().invoke(model.app, ["list", "--json"]).stdout)
    assert [row["name"] for row in listed if row["used"]] == [NAME]


def test_given_an_unknown_name_when_fetched_then_one_sentence_and_exit_code_1() -> None:
    result = CliRunner().invoke(model.app, ["fetch", "nonsense"])
    assert result.exit_code == 1
    assert result.stderr.count("\n") == 1
    assert "vosk-model-small-cn-0.22" in result.stderr
    as_json = CliRunner().invoke(model.app, ["fetch", "nonsense", "--json"])
    assert as_json.exit_code == 1
    assert "unknown model" in json.loads(as_json.stdout)["error"]


def test_given_a_damaged_archive_when_fetched_then_exit_code_1_and_nothing_installed(
    brought: Path, tmp_path: Path
) -> None:
    brought.write_bytes(brought.read_bytes()[:-100])
    result = CliRunner().invoke(model.app, ["fetch", NAME, "--archive", str(brought)])
    assert result.exit_code == 1
    assert "damaged" in result.stderr
    assert not (tmp_path / "models" / NAME).exists()
    assert brought.exists()
