import sqlite3
from contextlib import closing
from pathlib import Path

import onnx
import pytest

from agent_gateway.doctor import Status
from agent_gateway.doctor.speech import check_model, check_prompts_present, check_second_pass
from config.settings import AsrSettings, DatabaseSettings, SecondPassSettings, Settings
from tests.unit.asr.sherpa_model import make_sherpa_model


def test_given_no_prompts_when_checked_then_their_number_and_the_command(tmp_path: Path) -> None:
    first, *_ = check_prompts_present(Settings(data_dir=tmp_path))
    assert first.status is Status.FAIL
    assert "are missing: zh/" in first.message or "are missing: en/" in first.message
    assert first.mend == "hotline prompts render"


def test_given_no_model_when_checked_then_the_command_to_get_one(tmp_path: Path) -> None:
    (finding,) = check_model(Settings(install_dir=tmp_path))
    assert finding.status is Status.FAIL
    assert "hotline model fetch" in finding.mend


def test_given_recognition_is_off_when_checked_then_no_model_is_missed(tmp_path: Path) -> None:
    settings = Settings(install_dir=tmp_path, asr=AsrSettings(enabled=False))
    (finding,) = check_model(settings)
    assert finding.status is Status.OK


def test_given_the_stand_in_engine_when_checked_then_it_is_called_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class StandIn:
        name = "whisper:base"

    monkeypatch.setattr("agent_gateway.doctor.speech.load_recogniser", lambda *_, **__: StandIn())
    (finding,) = check_model(Settings(install_dir=tmp_path))
    assert finding.status is Status.WARN
    assert "whisper:base" in finding.message


def test_given_a_model_that_ends_whoever_loads_it_when_checked_then_said(tmp_path: Path) -> None:
    model = make_sherpa_model(tmp_path / "odd")
    encoder = onnx.load(str(model / "encoder.onnx"))
    kept = [one for one in encoder.metadata_props if one.key != "rnn_hidden_size"]
    del encoder.metadata_props[:]
    encoder.metadata_props.extend(kept)
    onnx.save(encoder, str(model / "encoder.onnx"))
    asr = AsrSettings(engine="sherpa", sherpa_model=model)
    (finding,) = check_model(Settings(install_dir=tmp_path, asr=asr))
    assert finding.status is Status.FAIL


def test_given_a_model_with_a_file_cut_short_when_checked_then_the_file_is_named(
    tmp_path: Path,
) -> None:
    model = make_sherpa_model(tmp_path / "short")
    encoder = model / "encoder.onnx"
    encoder.write_bytes(encoder.read_bytes()[:200])
    asr = AsrSettings(engine="sherpa", sherpa_model=model)
    (finding,) = check_model(Settings(install_dir=tmp_path, asr=asr))
    assert finding.status is Status.FAIL
    assert "encoder.onnx is damaged" in finding.message
    assert "restart the service" in finding.mend


def test_given_no_lines_for_the_second_pass_when_checked_then_off(tmp_path: Path) -> None:
    (finding,) = check_second_pass(Settings(install_dir=tmp_path))
    assert (finding.status, finding.message) == (Status.OK, "off (second_pass.lines)")


def test_given_a_second_pass_without_its_model_when_checked_then_said(tmp_path: Path) -> None:
    wanted = SecondPassSettings(lines=("all",), model=tmp_path / "none")
    (finding,) = check_second_pass(Settings(install_dir=tmp_path, second_pass=wanted))
    assert finding.status is Status.FAIL
    assert "there is no such folder" in finding.message


def test_given_calls_that_wait_or_failed_when_checked_then_their_number(
    tmp_path: Path, database_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agent_gateway.doctor.speech.fault_of_model", lambda *_: None)
    settings = Settings(
        install_dir=tmp_path,
        database=DatabaseSettings(url=f"sqlite+aiosqlite:///{database_file}"),
        second_pass=SecondPassSettings(lines=("all",), model=tmp_path),
    )

    def add(call_id: str, state: str, planned: str) -> None:
        with closing(sqlite3.connect(database_file)) as connection:
            connection.execute(
                "INSERT INTO second_passes VALUES (?, ?, ?, NULL, '', '')",
                (call_id, state, planned),
            )
            connection.commit()

    (finding,) = check_second_pass(settings)
    assert (finding.status, finding.message[:12]) == (Status.OK, "0 calls wait")
    add("1", "waiting", "2026-03-01 00:00:00.000000")
    (finding,) = check_second_pass(settings)
    assert finding.status is Status.WARN
    assert finding.message.startswith("1 calls wait, the oldest for")
    add("2", "failed", "2026-03-01 00:00:00.000000")
    (finding,) = check_second_pass(settings)
    assert finding.status is Status.WARN
    assert finding.mend == "hotline recordings verify; then hotline asr again"
