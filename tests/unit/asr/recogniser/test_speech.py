from __future__ import annotations

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from asr.recogniser.speech import Utterance, UtteranceFinder
from tests.unit.asr.conftest import spoken

RATE = 8000
FIRST = spoken("06_bus_agent").pcm
SECOND = spoken("03_noise_agent").pcm
PAUSE = bytes(RATE * 2 * 2)


def found(audio: bytes, sizes: list[int]) -> list[Utterance]:
    finder = UtteranceFinder(RATE)
    utterances = []
    position = index = 0
    while position < len(audio):
        size = sizes[index % len(sizes)]
        utterances += finder.feed(audio[position : position + size])
        position += size
        index += 1
    last = finder.finish()
    return utterances if last is None else [*utterances, last]


def test_given_two_sentences_and_a_pause_when_searched_then_two_utterances_in_their_places() -> (
    None
):
    first, second = found(PAUSE + FIRST + PAUSE + SECOND + PAUSE, [320])
    assert first.complete
    assert second.complete
    speech_1 = (2000, 2000 + len(FIRST) // 16)
    speech_2 = (speech_1[1] + 2000, speech_1[1] + 2000 + len(SECOND) // 16)
    for utterance, (begins, ends) in ((first, speech_1), (second, speech_2)):
        assert begins - 400 <= utterance.start_ms <= begins + 400
        assert ends - 400 <= utterance.end_ms(RATE) <= ends + 800
        assert utterance.voiced_ms > 1000


@settings(max_examples=15, deadline=None)
@given(sizes=st.lists(st.integers(1, 5000), min_size=1, max_size=5))
def test_given_equal_audio_when_cut_differently_then_equal_utterances(sizes: list[int]) -> None:
    audio = FIRST + PAUSE + SECOND + PAUSE
    assert found(audio, sizes) == found(audio, [320])


def test_given_silence_when_searched_then_nothing() -> None:
    assert found(PAUSE, [320]) == []


def test_given_a_speaker_who_never_pauses_when_20_s_pass_then_cut_and_nothing_is_lost() -> None:
    talk = (FIRST[3200:-6400] + SECOND[3200:-6400]) * 6
    assert len(talk) > 40 * RATE
    utterances = found(talk, [320])
    assert all(utterance.end_ms(RATE) - utterance.start_ms <= 20_000 for utterance in utterances)
    for before, after in pairwise(utterances):
        assert after.start_ms <= before.end_ms(RATE) + 1000
    covered = sum(len(utterance.pcm) for utterance in utterances)
    assert covered > 0.9 * len(talk)


def test_given_a_sentence_going_on_when_asked_then_what_there_is_of_it() -> None:
    finder = UtteranceFinder(RATE)
    assert finder.current() is None
    finder.feed(FIRST[: len(FIRST) // 2])
    current = finder.current()
    assert current is not None
    assert not current.complete
    assert finder.current_ms == len(current.pcm) // 16
