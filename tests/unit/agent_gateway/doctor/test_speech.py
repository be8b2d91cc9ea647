from pathlib import Path

import pytest

from agent_gateway.doctor import Status
from agent_gateway.doctor.speech import check_model, check_prompts_present
from config.settings import AsrSettings, Settings


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

    monkeypatch.setattr("agent_gateway.doctor.speech.build_recogniser", lambda _: StandIn())
    (finding,) = check_model(Settings(install_dir=tmp_path))
    assert finding.status is Status.WARN
    assert "whisper:base" in finding.message
