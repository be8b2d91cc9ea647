from __future__ import annotations

import json
import wave
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from typer.testing import CliRunner

from agent_gateway.cli import asr
from tests.unit.asr.streams.engines import Scripted


@pytest.fixture(autouse=True)
def _logging_as_before() -> Iterator[None]:
    yield
    structlog.reset_defaults()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    with wave.open(str(tmp_path / "a.wav"), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(bytes([5]) * 320 + bytes([7]) * 320)
    row = {"file": "a.wav", "text": "五 八"}
    (tmp_path / "texts.jsonl").write_text(json.dumps(row), encoding="utf-8")
    return tmp_path


def test_given_files_and_texts_when_evaluated_then_errors_a_file_and_a_sum(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("asr.recogniser.build_recogniser", lambda _: Scripted())
    result = CliRunner().invoke(asr.app, ["eval", str(folder), "--json"])
    assert result.exit_code == 0, result.output
    row, total = map(json.loads, result.stdout.splitlines())
    assert row == {"file": "a.wav", "errors": 1, "characters": 2, "heard": "5 7"}
    assert total["character_error_rate"] == 0.5
    assert total["seconds"] == 0.04


def test_given_no_recogniser_when_evaluated_then_one_sentence_and_exit_code_1(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("asr.recogniser.build_recogniser", lambda _: None)
    result = CliRunner().invoke(asr.app, ["eval", str(folder)])
    assert result.exit_code == 1
    assert "hotline model fetch" in result.stderr


def test_given_a_file_of_another_kind_when_evaluated_then_said(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("asr.recogniser.build_recogniser", lambda _: Scripted())
    (folder / "a.wav").write_bytes(b"no sound")
    result = CliRunner().invoke(asr.app, ["eval", str(folder)])
    assert result.exit_code == 1
    assert "a.wav cannot be used" in result.stderr
