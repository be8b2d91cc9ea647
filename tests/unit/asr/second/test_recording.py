"""A sealed recording through an engine."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import soundfile

from asr.recogniser import (
    Hypothesis,
    RecogniserError,
    RecogniserGoneError,
    RecogniserStream,
)
from asr.recogniser.scoring import character_errors
from asr.recogniser.whisper import WhisperRecogniser
from asr.second import CALLER_SIDE, OTHER_SIDE, Talk, hear_side
from telephony.events import Speaker
from telephony.recordings import StereoError
from tests.unit.asr.conftest import spoken
from tests.unit.asr.streams.engines import Scripted

LEFT, RIGHT = 7, 9


def stereo(path: Path, left: Sequence[tuple[int, int]], right: Sequence[tuple[int, int]]) -> Path:
    """30 s; ``left`` and ``right`` say from when to when (ms) there is sound."""
    sound = np.zeros((30 * 8000, 2), dtype=np.int16)
    for side, value, parts in ((0, LEFT, left), (1, RIGHT, right)):
        for since, until in parts:
            sound[since * 8 : until * 8, side] = value
    soundfile.write(path, sound, 8000, format="FLAC", subtype="PCM_16")
    return path


class Gate:
    """Whoever asks may go on; counts how often it was asked."""

    def __init__(self) -> None:
        self.asked = 0

    async def __call__(self) -> None:
        self.asked += 1


async def test_given_two_sides_when_heard_then_each_has_its_own_words_at_their_time(
    tmp_path: Path,
) -> None:
    file = stereo(tmp_path / "a.flac", [(1000, 2000)], [(3000, 4000), (26_000, 27_000)])
    engine, gate = Scripted(), Gate()
    (one,) = await hear_side(engine, file, CALLER_SIDE, gate)
    assert (set(one.text.split()), one.start_ms, one.end_ms) == ({str(LEFT)}, 1000, 2000)
    two = await hear_side(engine, file, OTHER_SIDE, gate)
    times = [ms for one in two for ms in (one.start_ms, one.end_ms)]
    assert times == pytest.approx([3000, 4000, 26_000, 27_000], abs=20)
    # live calls may come between any two pieces
    assert gate.asked > 30


async def test_given_when_people_talk_when_heard_then_what_was_played_before_is_silence(
    tmp_path: Path,
) -> None:
    file = stereo(tmp_path / "a.flac", [], [(0, 8000), (12_000, 13_000)])
    talks = [Talk(10_000, 20_000, frozenset({Speaker.AGENT}))]
    (one,) = await hear_side(Scripted(), file, OTHER_SIDE, Gate(), talks=talks)
    assert (one.start_ms, one.end_ms) == pytest.approx((12_000, 13_000), abs=20)


class Dying(Scripted):
    """Its process is gone at the fifth piece, as often as it is told."""

    def __init__(self, times: int) -> None:
        super().__init__(self._before)
        self.times = times

    def open_stream(
        self, sample_rate_hz: int = 8000, hot_words: Sequence[str] = ()
    ) -> RecogniserStream:
        self.feeds = 0
        return super().open_stream(sample_rate_hz, hot_words)

    def _before(self, count: int) -> None:
        if count == 5 and self.times:
            self.times -= 1
            raise RecogniserGoneError("killed by signal 9", innocent=False)


async def test_given_a_process_that_dies_when_heard_then_begun_again_and_whole(
    tmp_path: Path,
) -> None:
    file = stereo(tmp_path / "a.flac", [(1000, 2000), (20_000, 21_000)], [])
    heard = await hear_side(Dying(times=2), file, CALLER_SIDE, Gate())
    assert [one.start_ms for one in heard] == pytest.approx([1000, 20_000], abs=20)


async def test_given_a_process_that_always_dies_when_heard_then_it_is_said(tmp_path: Path) -> None:
    file = stereo(tmp_path / "a.flac", [(1000, 2000)], [])
    with pytest.raises(RecogniserGoneError, match="signal 9"):
        await hear_side(Dying(times=99), file, CALLER_SIDE, Gate())


async def test_given_a_damaged_or_foreign_file_when_heard_then_an_error_that_says_so(
    tmp_path: Path,
) -> None:
    file = tmp_path / "a.flac"
    file.write_bytes(b"fLaC and nothing more")
    with pytest.raises(StereoError, match="cannot be decoded"):
        await hear_side(Scripted(), file, CALLER_SIDE, Gate())
    soundfile.write(file, np.zeros(800, dtype=np.int16), 8000, format="FLAC")
    with pytest.raises(StereoError, match="not 8000 Hz stereo"):
        await hear_side(Scripted(), file, CALLER_SIDE, Gate())


async def test_given_speech_when_whisper_hears_the_recording_then_few_characters_are_wrong(
    tmp_path: Path, whisper: WhisperRecogniser
) -> None:
    speech = spoken("02_noise_caller")
    samples = np.frombuffer(speech.pcm, dtype="<i2")
    sound = np.zeros((len(samples) + 32_000, 2), dtype=np.int16)
    sound[16_000 : 16_000 + len(samples), 0] = samples
    file = tmp_path / "a.flac"
    soundfile.write(file, sound, 8000, format="FLAC", subtype="PCM_16")
    heard: list[Hypothesis] = await hear_side(whisper, file, CALLER_SIDE, Gate())
    errors, length = character_errors(speech.text, "".join(one.text for one in heard))
    assert errors <= length * 0.3
    assert abs(heard[0].start_ms - 2000) < 600
    assert await hear_side(whisper, file, OTHER_SIDE, Gate()) == []


async def test_given_an_engine_that_fails_when_heard_then_its_error(tmp_path: Path) -> None:
    def refuse(_: int) -> None:
        raise RecogniserError("out of memory")

    file = stereo(tmp_path / "a.flac", [(1000, 2000)], [])
    with pytest.raises(RecogniserError, match="out of memory"):
        await hear_side(Scripted(refuse), file, CALLER_SIDE, Gate())
