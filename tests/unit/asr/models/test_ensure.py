from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pytest

from asr.models import ensure as ensure_module
from asr.models.catalogue import VOSK_ARCHIVES, VOSK_SMALL, WHISPER_BASE
from asr.models.ensure import ensure_model, forget_failed_attempt
from asr.models.fetch import fetch_model
from asr.models.report import FetchError, Reporter, Silent
from config.settings import AsrSettings, Settings
from tests.unit.asr.models.publisher import FILES, Publisher, archive, publishing, sha256

GOOD = archive(FILES)


class Said(Silent):
    def __init__(self) -> None:
        self.sentences: list[str] = []

    def say(self, sentence: str) -> None:
        self.sentences.append(sentence)


@pytest.fixture
def publisher(monkeypatch: pytest.MonkeyPatch) -> Iterator[Publisher]:
    known = dataclasses.replace(
        VOSK_ARCHIVES[VOSK_SMALL], size=len(GOOD), sha256=sha256(GOOD), unpacked_size=1000
    )
    monkeypatch.setitem(VOSK_ARCHIVES, VOSK_SMALL, known)
    with publishing() as publisher:
        yield publisher


@pytest.fixture(autouse=True)
def whisper_is_quick(monkeypatch: pytest.MonkeyPatch) -> None:
    def quick(name: str, models_dir: Path, reporter: Reporter, **options: object) -> Path:
        if name != WHISPER_BASE:
            return fetch_model(name, models_dir, reporter, **options)  # type: ignore[arg-type]
        folder = models_dir / name
        folder.mkdir(parents=True)
        for file in ("model.bin", "config.json", "tokenizer.json", "vocabulary.json"):
            (folder / file).write_bytes(b"x")
        return folder

    monkeypatch.setattr(ensure_module, "fetch_model", quick)


def settings(folder: Path, **asr: object) -> Settings:
    return Settings(install_dir=folder, asr=AsrSettings.model_validate(asr))


def test_given_the_publisher_answers_when_ensured_then_vosk(
    publisher: Publisher, tmp_path: Path
) -> None:
    publisher.offer(VOSK_SMALL, GOOD)
    assert ensure_model(settings(tmp_path), Said(), publisher=publisher.url) == "vosk"
    publisher.asked.clear()
    assert ensure_model(settings(tmp_path), Said(), publisher=publisher.url) == "vosk"
    assert publisher.asked == []


def test_given_the_publisher_fails_when_ensured_then_said_whisper_and_not_asked_again(
    publisher: Publisher, tmp_path: Path
) -> None:
    said = Said()
    assert ensure_model(settings(tmp_path), said, publisher=publisher.url) == "whisper"
    assert "answers 404" in said.sentences[0]
    assert "hotline model fetch" in said.sentences[0]
    assert len(publisher.asked) == 1
    assert ensure_model(settings(tmp_path), said, publisher=publisher.url) == "whisper"
    assert len(publisher.asked) == 1


def test_given_a_failed_attempt_when_a_day_has_passed_or_it_is_forgotten_then_asked_again(
    publisher: Publisher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ensure_model(settings(tmp_path), Said(), publisher=publisher.url)
    publisher.offer(VOSK_SMALL, GOOD)
    with monkeypatch.context() as later:
        later.setattr(ensure_module, "TRY_AGAIN_S", 0)
        assert ensure_model(settings(tmp_path), Said(), publisher=publisher.url) == "vosk"
    ensure_model(settings(tmp_path / "b"), Said(), publisher="http://127.0.0.1:9")
    forget_failed_attempt(tmp_path / "b" / "models")
    assert ensure_model(settings(tmp_path / "b"), Said(), publisher=publisher.url) == "vosk"


def test_given_vosk_alone_is_wanted_when_it_fails_then_none_and_asked_at_every_start(
    publisher: Publisher, tmp_path: Path
) -> None:
    said = Said()
    only_vosk = settings(tmp_path, engine="vosk")
    assert ensure_model(only_vosk, said, publisher=publisher.url) == "none"
    assert "no transcripts" in said.sentences[-1]
    publisher.offer(VOSK_SMALL, GOOD)
    assert ensure_model(only_vosk, said, publisher=publisher.url) == "vosk"


def test_given_whisper_is_wanted_when_ensured_then_the_publisher_is_not_asked(
    publisher: Publisher, tmp_path: Path
) -> None:
    wanted = settings(tmp_path, engine="whisper")
    assert ensure_model(wanted, Said(), publisher=publisher.url) == "whisper"
    assert publisher.asked == []


def test_given_neither_can_be_had_when_ensured_then_none_and_never_an_exception(
    publisher: Publisher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> Path:
        raise FetchError("the disk is full; make room")

    monkeypatch.setattr(ensure_module, "fetch_model", refuse)
    said = Said()
    assert ensure_model(settings(tmp_path), said, publisher=publisher.url) == "none"
    assert sum("the disk is full" in sentence for sentence in said.sentences) == 2


def test_given_a_configured_model_that_is_none_when_ensured_then_said_and_whisper(
    publisher: Publisher, tmp_path: Path
) -> None:
    said = Said()
    wrong = settings(tmp_path, vosk_model=tmp_path / "nowhere")
    assert ensure_model(wrong, said, publisher=publisher.url) == "whisper"
    assert "there is no such folder" in said.sentences[0]
    assert publisher.asked == []


def test_given_recognition_is_off_when_ensured_then_nothing_is_fetched(
    publisher: Publisher, tmp_path: Path
) -> None:
    off = settings(tmp_path, enabled=False)
    assert ensure_model(off, Said(), publisher=publisher.url) == "none"
    assert publisher.asked == []
