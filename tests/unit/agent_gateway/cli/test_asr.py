from __future__ import annotations

import json
import wave
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

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
    monkeypatch.setattr("asr.recogniser.build_recogniser", lambda *_: Scripted())
    result = CliRunner().invoke(asr.app, ["eval", str(folder), "--json"])
    assert result.exit_code == 0, result.output
    row, total = map(json.loads, result.stdout.splitlines())
    assert (row["file"], row["errors"], row["characters"]) == ("a.wav", 1, 2)
    assert row["heard"] == "5 7"
    assert total["character_error_rate"] == 0.5
    assert total["seconds"] == 0.04
    # the engine wants half a second of silence: 40 ms of speech end 560 ms before that piece's end
    assert 560 <= total["late_ms_p95"] < 1500


def test_given_files_when_evaluated_then_a_table_and_a_plot_that_a_browser_can_read(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("asr.recogniser.build_recogniser", lambda *_: Scripted())
    picture = folder / "rates.svg"
    result = CliRunner().invoke(asr.app, ["eval", str(folder), "--plot", str(picture)])
    assert result.exit_code == 0, result.output
    assert "a.wav" in result.stdout
    assert "50.0%" in result.stdout
    texts = [one.text for one in ElementTree.parse(picture).iter() if one.tag.endswith("}text")]
    assert texts[1:] == ["a.wav", "50%"]
    assert texts[0] is not None
    assert "scripted" in texts[0]


def test_given_an_unknown_engine_when_evaluated_then_said(folder: Path) -> None:
    result = CliRunner().invoke(asr.app, ["eval", str(folder), "--engine", "ears"])
    assert result.exit_code == 2
    assert "vosk, whisper or sherpa" in result.stderr


def test_given_no_recogniser_when_evaluated_then_one_sentence_and_exit_code_1(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("asr.recogniser.build_recogniser", lambda *_: None)
    result = CliRunner().invoke(asr.app, ["eval", str(folder)])
    assert result.exit_code == 1
    assert "hotline model fetch" in result.stderr


def test_given_a_file_of_another_kind_when_evaluated_then_said(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("asr.recogniser.build_recogniser", lambda *_: Scripted())
    (folder / "a.wav").write_bytes(b"no sound")
    result = CliRunner().invoke(asr.app, ["eval", str(folder)])
    assert result.exit_code == 1
    assert "a.wav cannot be used" in result.stderr
