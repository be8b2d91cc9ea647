from __future__ import annotations

import random
from array import array
from typing import Any

import pytest

from asr.prefill.lexicon import lexicon
from asr.recogniser import Hypothesis, RecogniserError
from asr.recogniser.scoring import character_errors
from asr.recogniser.whisper import WhisperRecogniser
from tests.unit.asr.conftest import spoken

PAUSE = bytes(16000)
ERROR_BOUND = 0.25
"""Character errors on clean synthetic speech; about 0.12 was measured, mostly homophones."""


def heard(
    whisper: WhisperRecogniser, audio: bytes, *, partials: bool = False, words: tuple[str, ...] = ()
) -> list[Hypothesis]:
    stream = whisper.open_stream(8000, words)
    stream.want_partials = partials
    out: list[Hypothesis] = []
    for position in range(0, len(audio), 1600):
        out += stream.feed(audio[position : position + 1600])
    return out + stream.finish()


def noise(seconds: float, loudness: int) -> bytes:
    source = random.Random(7)
    samples = array("h", (round(source.gauss(0, loudness)) for _ in range(int(8000 * seconds))))
    return samples.tobytes()


def test_given_chinese_speech_when_decoded_then_few_characters_are_wrong(
    whisper: WhisperRecogniser,
) -> None:
    names = ["00_noise_caller", "04_noise_caller", "06_bus_agent", "10_fire_caller"]
    wrong = length = 0
    for name in names:
        fixture = spoken(name)
        finals = heard(whisper, fixture.pcm + PAUSE)
        assert all(one.final and 0 < one.confidence <= 1 for one in finals)
        errors, characters = character_errors(fixture.text, "".join(one.text for one in finals))
        wrong, length = wrong + errors, length + characters
    assert wrong / length < ERROR_BOUND


def test_given_a_sentence_going_on_when_decoded_then_partials_grow_into_the_final(
    whisper: WhisperRecogniser,
) -> None:
    out = heard(whisper, PAUSE * 2 + spoken("10_fire_caller").pcm + PAUSE, partials=True)
    partials, last = [one for one in out if not one.final], out[-1]
    assert partials
    assert last.final
    assert "快来人" in last.text
    assert len(partials[-1].text) >= len(partials[0].text)
    assert {one.start_ms for one in out} == {last.start_ms}
    assert 1500 <= last.start_ms <= 2500
    assert last.end_ms > partials[-1].end_ms - 1


def test_given_a_pause_when_nothing_follows_then_its_words_came_first_and_are_the_final(
    whisper: WhisperRecogniser, monkeypatch: pytest.MonkeyPatch
) -> None:
    decode, decoded = whisper.transcribe, 0

    def counted(*args: Any) -> tuple[str, float]:
        nonlocal decoded
        decoded += 1
        return decode(*args)

    monkeypatch.setattr(whisper, "transcribe", counted)
    stream = whisper.open_stream()
    stream.want_partials = False
    assert stream.feed(spoken("10_fire_caller").pcm[:-8000]) == []
    stream.want_partials = True
    told: list[Hypothesis] = []
    for _ in range(50):
        told += stream.feed(bytes(320))
    *_, shown, final = told
    assert "快来人" in final.text
    assert (shown.final, final.final) == (False, True)
    assert shown.text == final.text
    assert final.end_ms - shown.end_ms >= 300
    assert decoded == len(told) - 1


def test_given_a_pause_when_the_speaker_goes_on_then_the_final_has_all_of_it(
    whisper: WhisperRecogniser,
) -> None:
    pause = bytes(16 * 400)
    out = heard(
        whisper, spoken("10_fire_caller").pcm + pause + spoken("13_wages_caller").pcm, partials=True
    )
    said = "".join(one.text for one in out if one.final)
    assert "快来人" in said
    assert "三个月" in said


def test_given_two_speakers_at_once_when_decoded_in_turn_then_streams_do_not_mix(
    whisper: WhisperRecogniser,
) -> None:
    first, second = whisper.open_stream(), whisper.open_stream()
    first.want_partials = second.want_partials = False
    one, two = spoken("06_bus_agent").pcm + PAUSE, spoken("11_fire_agent").pcm + PAUSE
    a, b = first.feed(one[:20000]), second.feed(two[:20000])
    a += first.feed(one[20000:])
    b += second.feed(two[20000:])
    assert "车牌" in (a + first.finish())[-1].text
    assert "挂机" in (b + second.finish())[-1].text


@pytest.mark.parametrize("loudness", [0, 20, 600])
def test_given_nobody_speaks_when_decoded_then_no_words(
    whisper: WhisperRecogniser, loudness: int
) -> None:
    assert heard(whisper, noise(6, loudness), partials=True, words=("城关区", "张掖路")) == []


def test_given_noise_that_is_decoded_anyway_when_judged_then_no_words_and_no_echo(
    whisper: WhisperRecogniser,
) -> None:
    words = ("城关区", "张掖路", "雁滩")
    text, _ = whisper.transcribe(noise(4, 300), 8000, words)
    assert not any(word in text for word in words)


def test_given_hot_words_when_speech_has_other_words_then_the_speech_wins(
    whisper: WhisperRecogniser,
) -> None:
    finals = heard(whisper, spoken("10_fire_caller").pcm + PAUSE, words=("城关区", "张掖路"))
    text = "".join(one.text for one in finals)
    assert "快来人" in text
    assert "张掖路" not in text


def test_given_an_odd_rate_when_opened_then_an_error(whisper: WhisperRecogniser) -> None:
    with pytest.raises(RecogniserError, match="44100"):
        whisper.open_stream(44100)


def test_given_a_thousand_names_when_speech_has_one_then_it_is_heard_and_nothing_else_changes(
    whisper: WhisperRecogniser,
) -> None:
    gazetteer = lexicon().gazetteer
    names = (*gazetteer.districts, *gazetteer.places, "西关什字", "社保卡")
    better = worse = 0
    for name in ("02_noise_caller", "08_social_caller", "10_fire_caller", "00_noise_caller"):
        speech = spoken(name)
        errors = []
        for words in ((), names):
            finals = [one for one in heard(whisper, speech.pcm + PAUSE, words=words) if one.final]
            text = "".join(one.text for one in finals)
            assert "\ufffd" not in text
            errors.append(character_errors(speech.text, text)[0])
        better += errors[1] < errors[0]
        worse += errors[1] > errors[0]
    assert better >= 2
    assert worse == 0
