from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from asr.models.catalogue import VOSK_LARGE, VOSK_SMALL
from asr.recogniser import Recogniser, RecogniserError, build_recogniser, vosk_model_dir
from config.settings import AsrSettings, Settings


class Loaded:
    """Stands for an engine whose loading is not what is tested here."""

    def __init__(self, folder: Path, **_: object) -> None:
        self.name = str(folder)

    open_stream: Any = None


@pytest.fixture(autouse=True)
def _no_real_loading(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("asr.recogniser.vosk.VoskRecogniser", Loaded)
    monkeypatch.setattr("asr.recogniser.whisper.WhisperRecogniser", Loaded)


def settings(tmp_path: Path, **asr: object) -> Settings:
    return Settings(install_dir=tmp_path, asr=AsrSettings.model_validate(asr))


def complete(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"x")
    return folder


def vosk_at(folder: Path) -> Path:
    return complete(folder, "am/final.mdl", "conf/mfcc.conf", "graph/HCLr.fst", "graph/Gr.fst")


def whisper_at(folder: Path) -> Path:
    return complete(folder, "model.bin", "config.json", "tokenizer.json", "vocabulary.json")


def name(recogniser: Recogniser | None) -> str | None:
    return None if recogniser is None else recogniser.name


def test_given_both_models_when_auto_then_vosk(tmp_path: Path) -> None:
    small = vosk_at(tmp_path / "models" / VOSK_SMALL)
    whisper_at(tmp_path / "models" / "whisper-base")
    assert name(build_recogniser(settings(tmp_path))) == str(small)


def test_given_both_models_when_whisper_is_asked_for_then_whisper(tmp_path: Path) -> None:
    vosk_at(tmp_path / "models" / VOSK_SMALL)
    folder = whisper_at(tmp_path / "models" / "whisper-base")
    assert name(build_recogniser(settings(tmp_path, engine="whisper"))) == str(folder)


def test_given_two_vosk_models_when_none_is_configured_then_the_larger(tmp_path: Path) -> None:
    vosk_at(tmp_path / "models" / VOSK_SMALL)
    large = vosk_at(tmp_path / "models" / VOSK_LARGE)
    assert vosk_model_dir(settings(tmp_path)) == large


def test_given_a_configured_model_when_built_then_that_one(tmp_path: Path) -> None:
    vosk_at(tmp_path / "models" / VOSK_SMALL)
    own = vosk_at(tmp_path / "own")
    assert name(build_recogniser(settings(tmp_path, engine="vosk", vosk_model=own))) == str(own)


def test_given_no_vosk_model_when_auto_then_whisper(tmp_path: Path) -> None:
    folder = whisper_at(tmp_path / "models" / "whisper-base")
    (tmp_path / "models" / VOSK_SMALL / "am").mkdir(parents=True)
    assert name(build_recogniser(settings(tmp_path))) == str(folder)


def test_given_vosk_fails_to_load_when_auto_then_whisper_and_it_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: Path) -> None:
        raise RecogniserError("cannot be loaded")

    monkeypatch.setattr("asr.recogniser.vosk.VoskRecogniser", refuse)
    vosk_at(tmp_path / "models" / VOSK_SMALL)
    folder = whisper_at(tmp_path / "models" / "whisper-base")
    with capture_logs() as logs:
        assert name(build_recogniser(settings(tmp_path))) == str(folder)
    assert logs[0]["event"] == "asr.vosk_unusable"


@pytest.mark.parametrize("engine", ["auto", "vosk", "whisper"])
def test_given_no_model_when_built_then_none_and_what_to_do(tmp_path: Path, engine: str) -> None:
    with capture_logs() as logs:
        assert build_recogniser(settings(tmp_path, engine=engine)) is None
    assert logs[0]["event"] == "asr.no_engine"
    assert "hotline model fetch" in logs[0]["reason"]


def test_given_recognition_is_off_when_built_then_none(tmp_path: Path) -> None:
    vosk_at(tmp_path / "models" / VOSK_SMALL)
    assert build_recogniser(settings(tmp_path, enabled=False)) is None


def test_given_a_library_that_raises_anything_when_built_then_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: Path) -> None:
        raise ImportError("libvosk.so")

    monkeypatch.setattr("asr.recogniser.vosk.VoskRecogniser", broken)
    vosk_at(tmp_path / "models" / VOSK_SMALL)
    with capture_logs() as logs:
        assert build_recogniser(settings(tmp_path, engine="vosk")) is None
    assert logs[0]["event"] == "asr.no_engine"
