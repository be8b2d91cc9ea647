from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from asr.recogniser import Hypothesis, RecogniserError
from asr.recogniser.vosk import SPARE_RECOGNISERS, WARM_RECOGNISERS, VoskRecogniser
from tests.unit.asr.conftest import spoken

AUDIO = bytes(16000) + spoken("06_bus_agent").pcm[:30000] + bytes(12000)


def heard(vosk: VoskRecogniser, size: int, *, partials: bool = True) -> list[Hypothesis]:
    stream = vosk.open_stream()
    stream.want_partials = partials
    out: list[Hypothesis] = []
    for position in range(0, len(AUDIO), size):
        out += stream.feed(AUDIO[position : position + size])
    return out + stream.finish()


def test_given_equal_audio_when_decoded_in_threads_and_pieces_then_equal_finals(
    vosk: VoskRecogniser,
) -> None:
    with ThreadPoolExecutor(2) as pool:
        live = pool.submit(heard, vosk, 320)
        whole = pool.submit(heard, vosk, 10**9, partials=False)
    out, finals = live.result(), whole.result()
    assert finals
    assert all(one.final for one in finals)
    assert [one for one in out if one.final] == finals
    assert not out[0].final
    assert out[-1].final
    for one in out:
        assert one.text.strip() == one.text != ""
        assert 700 <= one.start_ms <= one.end_ms <= len(AUDIO) // 16
    assert all(0 < one.confidence <= 1 for one in finals)


def test_given_a_recogniser_used_before_when_it_hears_again_then_equal_words_at_equal_times(
    korean_model: Path,
) -> None:
    vosk = VoskRecogniser(korean_model)
    first = heard(vosk, 960)
    for name in ("08_social_caller", "11_fire_agent"):
        other = vosk.open_stream()
        other.feed(spoken(name).pcm)
        other.finish()
    # a stream may end in the middle of a sentence, without a sound, or just behind a sentence
    vosk.open_stream().finish()
    ended = vosk.open_stream()
    sentences = spoken("00_noise_caller").pcm + spoken("01_noise_agent").pcm
    pieces = (sentences[at : at + 960] for at in range(0, len(sentences), 960))
    assert any(one.final for piece in pieces for one in ended.feed(piece))
    assert ended.finish() == []
    assert len(vosk._spare[8000]) == WARM_RECOGNISERS
    assert heard(vosk, 960) == first


def test_given_streams_side_by_side_when_one_is_given_up_then_the_others_are_kept_for_later(
    vosk: VoskRecogniser,
) -> None:
    streams = [vosk.open_stream() for _ in range(SPARE_RECOGNISERS + 2)]
    given_up = streams.pop()
    given_up.feed(AUDIO)
    for stream in streams:
        stream.finish()
    assert len(vosk._spare[8000]) == SPARE_RECOGNISERS
    assert given_up._kept not in vosk._spare[8000]  # type: ignore[attr-defined]


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
