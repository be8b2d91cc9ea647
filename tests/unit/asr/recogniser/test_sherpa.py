"""sherpa-onnx itself, with a model that hears loudness (see ``sherpa_model``)."""

from __future__ import annotations

import threading
from pathlib import Path

import onnx
import pytest
from structlog.testing import capture_logs

from asr.apart import RecogniserApart
from asr.recogniser import Hypothesis, RecogniserError, build_recogniser
from asr.recogniser.sherpa import SherpaRecogniser
from config.settings import AsrSettings, Settings
from tests.unit.asr.conftest import spoken
from tests.unit.asr.sherpa_model import CHARACTERS, make_sherpa_model

PAUSE = bytes(32_000)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_sherpa_model(tmp_path_factory.mktemp("models") / "tiny")


@pytest.fixture(scope="module")
def sherpa(model: Path) -> SherpaRecogniser:
    return SherpaRecogniser(model)


def heard(
    sherpa: SherpaRecogniser, pcm: bytes, size: int = 1600, words: tuple[str, ...] = ()
) -> list[Hypothesis]:
    stream = sherpa.open_stream(8000, words)
    found = []
    for position in range(0, len(pcm), size):
        found += stream.feed(pcm[position : position + size])
    return found + stream.finish()


def test_given_two_sentences_and_a_pause_when_decoded_then_two_finals_at_their_times(
    sherpa: SherpaRecogniser,
) -> None:
    speech = spoken("02_noise_caller").pcm
    said = heard(sherpa, PAUSE + speech + PAUSE + PAUSE + speech + PAUSE)
    finals = [one for one in said if one.final]
    assert len(finals) == 2
    for one, begins_ms in zip(finals, (2000, 6000 + len(speech) // 16), strict=True):
        assert begins_ms <= one.start_ms < begins_ms + 1000
        assert one.end_ms <= begins_ms + len(speech) // 16 + 300
        assert set(one.text) <= set(CHARACTERS)
        assert 0 <= one.confidence <= 1
    partials = [one for one in said if not one.final]
    assert len(partials) > 10
    assert all(finals[0].text.startswith(one.text) for one in partials[:10])


def test_given_equal_audio_when_decoded_in_threads_and_pieces_then_equal_finals(
    sherpa: SherpaRecogniser,
) -> None:
    pcm = PAUSE + spoken("00_noise_caller").pcm + PAUSE + spoken("05_bus_caller").pcm
    found: dict[int, list[Hypothesis]] = {}

    def decode(size: int) -> None:
        found[size] = [one for one in heard(sherpa, pcm, size) if one.final]

    threads = [threading.Thread(target=decode, args=(size,)) for size in (320, 1601, 9000, 10**6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found[320]
    assert all(one == found[320] for one in found.values())


def test_given_silence_when_decoded_then_nothing_and_no_endless_sentence(
    sherpa: SherpaRecogniser,
) -> None:
    assert heard(sherpa, PAUSE * 10) == []


def test_given_hot_words_when_opened_then_unknown_characters_do_no_harm(
    sherpa: SherpaRecogniser, capfd: pytest.CaptureFixture[str]
) -> None:
    speech = spoken("02_noise_caller").pcm + PAUSE
    finals = [
        one for one in heard(sherpa, speech, words=("一二三", "张掖路", "T五", "，")) if one.final
    ]
    assert "一二三" in finals[-1].text
    assert "hotwords failed" not in capfd.readouterr().err


def test_given_no_folder_or_half_a_model_when_loaded_then_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(RecogniserError, match="there is no such folder"):
        SherpaRecogniser(tmp_path / "none")
    model = make_sherpa_model(tmp_path / "half")
    (model / "decoder.onnx").write_bytes(b"")
    with pytest.raises(RecogniserError, match=r"decoder\*\.onnx is missing or empty"):
        SherpaRecogniser(model)


def test_given_a_damaged_file_when_loaded_then_an_error_that_names_it(tmp_path: Path) -> None:
    model = make_sherpa_model(tmp_path / "damaged")
    file = model / "encoder.onnx"
    file.write_bytes(file.read_bytes()[:200])
    with pytest.raises(RecogniserError, match=r"encoder\.onnx is damaged"):
        SherpaRecogniser(model)


def test_given_a_model_that_does_not_stream_when_loaded_then_said(tmp_path: Path) -> None:
    model = make_sherpa_model(tmp_path / "offline")
    encoder = onnx.load(str(model / "encoder.onnx"))
    del encoder.metadata_props[:]
    onnx.save(encoder, str(model / "encoder.onnx"))
    with pytest.raises(RecogniserError, match="not a streaming model"):
        SherpaRecogniser(model)


def test_given_another_model_s_tokens_when_loaded_then_said(tmp_path: Path) -> None:
    model = make_sherpa_model(tmp_path / "mixed")
    with (model / "tokens.txt").open("a", encoding="utf-8") as tokens:
        tokens.write("十 11\n")
    with pytest.raises(RecogniserError, match="do not belong together"):
        SherpaRecogniser(model)


def test_given_metadata_at_which_the_library_ends_its_process_when_apart_then_an_error(
    tmp_path: Path,
) -> None:
    model = make_sherpa_model(tmp_path / "odd")
    encoder = onnx.load(str(model / "encoder.onnx"))
    kept = [one for one in encoder.metadata_props if one.key != "rnn_hidden_size"]
    del encoder.metadata_props[:]
    encoder.metadata_props.extend(kept)
    onnx.save(encoder, str(model / "encoder.onnx"))
    with pytest.raises(RecogniserError, match="the recogniser's process ended while it loaded"):
        RecogniserApart("sherpa", model, threads=1)


def test_given_a_model_when_heard_apart_then_only_speech_gives_words(model: Path) -> None:
    apart = RecogniserApart("sherpa", model, threads=2)
    try:
        assert apart.name == "sherpa:tiny"
        stream = apart.open_stream()
        noise = b"\x00\x20\x00\xe0" * 8000
        found = stream.feed(noise + PAUSE)
        speech = stream.feed(spoken("02_noise_caller").pcm + PAUSE) + stream.finish()
        assert [one for one in found if one.final] == []
        assert [one for one in speech if one.final]
    finally:
        apart.close()


def test_given_the_setting_when_built_then_sherpa_and_without_its_model_what_to_do(
    model: Path, tmp_path: Path
) -> None:
    asr = AsrSettings(engine="sherpa", sherpa_model=model)
    built = build_recogniser(Settings(install_dir=tmp_path, asr=asr))
    assert built is not None
    assert built.name == "sherpa:tiny"
    with capture_logs() as logs:
        without = Settings(install_dir=tmp_path, asr=AsrSettings(engine="sherpa"))
        assert build_recogniser(without) is None
    assert "asr.sherpa_model" in logs[0]["reason"]
