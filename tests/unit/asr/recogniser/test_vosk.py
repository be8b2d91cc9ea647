from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from asr.recogniser import Hypothesis, RecogniserError
from asr.recogniser.vosk import VoskRecogniser
from tests.unit.asr.conftest import spoken

PAUSE = bytes(16000 * 2)


def heard(vosk: VoskRecogniser, audio: bytes, size: int) -> list[Hypothesis]:
    stream = vosk.open_stream()
    out: list[Hypothesis] = []
    for position in range(0, len(audio), size):
        out += stream.feed(audio[position : position + size])
    return out + stream.finish()


def finals(hypotheses: list[Hypothesis]) -> list[Hypothesis]:
    return [one for one in hypotheses if one.final]


def test_given_equal_audio_when_decoded_in_threads_and_pieces_then_equal_finals(
    vosk: VoskRecogniser,
) -> None:
    audio = spoken("06_bus_agent").pcm + PAUSE[:16000]
    with ThreadPoolExecutor(3) as pool:
        runs = list(pool.map(lambda size: finals(heard(vosk, audio, size)), (320, 3333, 10**9)))
    assert runs[0]
    assert runs[0] == runs[1] == runs[2]


def test_given_speech_when_decoded_then_partials_then_finals_with_times_and_confidence(
    vosk: VoskRecogniser,
) -> None:
    audio = PAUSE + spoken("06_bus_agent").pcm + PAUSE
    out = heard(vosk, audio, 320)
    assert not out[0].final
    assert out[-1].final
    for one in out:
        assert one.text.strip() == one.text != ""
        assert 0 <= one.start_ms <= one.end_ms <= len(audio) // 16
    for one in finals(out):
        assert 0 < one.confidence <= 1
        assert one.start_ms >= 1500


def test_given_partials_are_not_wanted_when_decoded_then_the_same_finals_alone(
    vosk: VoskRecogniser,
) -> None:
    audio = spoken("06_bus_agent").pcm + PAUSE
    stream = vosk.open_stream()
    stream.want_partials = False
    out = stream.feed(audio) + stream.finish()
    assert all(one.final for one in out)
    assert out == finals(heard(vosk, audio, 320))


def test_given_an_incomplete_model_when_loaded_then_an_error_that_names_what_is_missing(
    korean_model: Path, tmp_path: Path
) -> None:
    shutil.copytree(korean_model / "conf", tmp_path / "am" / "conf")
    with pytest.raises(RecogniserError, match=r"am/final\.mdl is missing"):
        VoskRecogniser(tmp_path)


def test_given_a_damaged_model_when_loaded_then_an_error_and_the_process_lives(
    korean_model: Path, tmp_path: Path
) -> None:
    for source in korean_model.rglob("*"):
        target = tmp_path / source.relative_to(korean_model)
        if source.is_dir():
            target.mkdir(exist_ok=True)
        elif source.name == "final.mdl":
            target.write_bytes(b"no model at all")
        else:
            target.symlink_to(source)
    with pytest.raises(RecogniserError, match="hotline model fetch"):
        VoskRecogniser(tmp_path)


def test_given_a_model_when_loaded_then_its_folder_is_untouched(
    vosk: VoskRecogniser, korean_model: Path
) -> None:
    assert vosk.name == "vosk:model"
    assert "dither" not in (korean_model / "conf" / "mfcc.conf").read_text(encoding="utf-8")
