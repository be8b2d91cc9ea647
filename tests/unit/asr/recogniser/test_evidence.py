from __future__ import annotations

import numpy as np
import pytest

from asr.recogniser import Hypothesis
from asr.recogniser.evidence import SpeechOnly, speech_ms
from asr.recogniser.interface import RecogniserStream
from asr.recogniser.vosk import VoskRecogniser
from asr.recogniser.whisper import WhisperRecogniser
from tests.unit.asr.conftest import spoken
from tests.unit.asr.sounds import BUSY, KEYS, MUSIC, RINGING

SPOKEN = spoken("10_fire_caller")
NOISES = {"music": MUSIC, "ringing": RINGING, "busy": BUSY, "keys": KEYS, "silence": bytes(64000)}


@pytest.mark.parametrize("name", NOISES)
def test_given_what_is_no_speech_when_looked_at_then_there_is_none(name: str) -> None:
    assert speech_ms(NOISES[name], 8000) < 96


@pytest.mark.parametrize("loudness", [1.0, 0.1])
def test_given_speech_when_looked_at_then_it_is_found(loudness: float) -> None:
    quieter = (np.frombuffer(SPOKEN.pcm, "<i2") * loudness).astype("<i2").tobytes()
    assert speech_ms(quieter, 8000) > 1000


@pytest.mark.parametrize("size", [0, 1, 2, 333, 1024])
def test_given_little_audio_when_looked_at_then_no_error(size: int) -> None:
    assert speech_ms(bytes(size), 8000) == 0.0


def words(recogniser: SpeechOnly, pcm: bytes) -> list[str]:
    stream = recogniser.open_stream()
    heard: list[Hypothesis] = []
    for position in range(0, len(pcm), 1600):
        heard += stream.feed(pcm[position : position + 1600])
    return [one.text for one in heard + stream.finish()]


@pytest.mark.parametrize("name", NOISES)
def test_given_noises_on_the_line_when_vosk_hears_them_then_no_word_and_none_of_speech_is_lost(
    vosk: VoskRecogniser, name: str
) -> None:
    noise = NOISES[name][:160_000]
    assert words(SpeechOnly(vosk), noise + bytes(32000)) == []
    both = words(SpeechOnly(vosk), noise + bytes(32000) + SPOKEN.pcm + bytes(32000))
    assert both


def test_given_music_and_keys_when_whisper_hears_them_then_no_word(
    whisper: WhisperRecogniser,
) -> None:
    recogniser = SpeechOnly(whisper)
    assert words(recogniser, MUSIC[:128_000] + KEYS[:64_000] + bytes(32000)) == []
    assert "快来人" in "".join(words(recogniser, SPOKEN.pcm + bytes(32000)))


class Talkative:
    """Claims words all the time."""

    name = "talkative"
    want_partials = True

    def __init__(self) -> None:
        self._ms = 0

    def open_stream(self, *_: object) -> RecogniserStream:
        return self

    def feed(self, pcm: bytes) -> list[Hypothesis]:
        start, self._ms = self._ms, self._ms + len(pcm) // 16
        return [Hypothesis("字", start, self._ms, final=True)]

    def finish(self) -> list[Hypothesis]:
        return []


def test_given_an_hour_of_music_around_words_when_judged_then_only_the_words_stay() -> None:
    stream = SpeechOnly(Talkative()).open_stream()
    assert stream.feed(SPOKEN.pcm)
    for _ in range(60):
        assert stream.feed(MUSIC[: 16_000 * 5]) in ([], [])
    assert not stream.feed(MUSIC[: 16_000 * 5])
    assert stream.feed(SPOKEN.pcm)
