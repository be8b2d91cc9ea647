"""The recogniser's process: the real one with a real model, and one whose every word is known."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from asr.apart import RecogniserApart
from asr.recogniser import RecogniserError, RecogniserGoneError
from asr.recogniser.vosk import VoskRecogniser
from asr.streams import TranscriptionService
from config.settings import AsrSettings, Settings
from telephony.events import EventBus, Speaker, TranscriptFinal
from tests.unit.asr.conftest import spoken
from tests.unit.asr.listeners import until

SPEECH = bytes(16000) + spoken("06_bus_agent").pcm[:30000] + bytes(24000)


@pytest.fixture(scope="module")
def apart(korean_model: Path) -> Iterator[RecogniserApart]:
    recogniser = RecogniserApart("vosk", korean_model, threads=2)
    yield recogniser
    recogniser.close()


def test_given_equal_audio_when_heard_apart_then_the_same_as_in_this_process(
    apart: RecogniserApart, vosk: VoskRecogniser
) -> None:
    outcome = []
    for recogniser in (apart, vosk):
        stream = recogniser.open_stream()
        heard = [*stream.feed(SPEECH), *stream.finish()]
        # Kaldi's confidence may differ in the third place from one decoding to the next
        outcome.append([(one.text, one.start_ms, one.end_ms, one.final) for one in heard])
    assert outcome[0] == outcome[1] != []
    assert apart.name == vosk.name


def test_given_a_killed_process_when_fed_then_gone_and_the_next_stream_starts_another(
    apart: RecogniserApart,
) -> None:
    stream = apart.open_stream()
    before = apart.pid
    assert before is not None
    os.kill(before, signal.SIGKILL)
    with pytest.raises(RecogniserGoneError, match="signal 9"):
        stream.feed(SPEECH)
    again = apart.open_stream()
    assert again.feed(SPEECH)
    assert apart.pid not in (None, before)
    with pytest.raises(RecogniserGoneError) as old:
        stream.feed(SPEECH)
    assert old.value.innocent


def test_given_no_model_or_a_damaged_one_when_started_then_an_error_that_says_so(
    korean_model: Path, tmp_path: Path
) -> None:
    with pytest.raises(RecogniserError, match="no such folder"):
        RecogniserApart("vosk", tmp_path / "none", threads=1)
    damaged = tmp_path / "damaged"
    shutil.copytree(korean_model, damaged, copy_function=os.symlink)
    (damaged / "am" / "final.mdl").unlink()
    (damaged / "am" / "final.mdl").write_bytes(b"no model at all")
    with pytest.raises(RecogniserError, match="hotline model fetch"):
        RecogniserApart("vosk", damaged, threads=1)


def test_given_a_closed_recogniser_when_asked_then_gone_and_no_process_is_left(
    korean_model: Path,
) -> None:
    recogniser = RecogniserApart("vosk", korean_model, threads=1)
    pid = recogniser.pid
    assert pid is not None
    stream = recogniser.open_stream()
    recogniser.close()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    with pytest.raises(RecogniserGoneError):
        stream.feed(SPEECH)
    with pytest.raises(RecogniserGoneError, match="closed"):
        recogniser.open_stream()


@asynccontextmanager
async def hearing(
    recogniser: RecogniserApart, spool: Path
) -> AsyncIterator[tuple[TranscriptionService, list[TranscriptFinal]]]:
    bus = EventBus()
    finals: list[TranscriptFinal] = []

    async def keep() -> None:
        with bus.subscribe("test") as events:
            async for event in events:
                if isinstance(event, TranscriptFinal):
                    finals.append(event)  # noqa: PERF401 - kept as they come

    keeper = asyncio.create_task(keep())
    service = TranscriptionService(
        bus, recogniser, Settings(asr=AsrSettings(threads=2)), spool=spool
    )
    await service.start()
    yield service, finals
    await service.stop(drain_s=60)
    bus.close()
    await keeper


async def test_given_a_recogniser_killed_when_people_speak_then_all_is_heard(
    apart: RecogniserApart, vosk: VoskRecogniser, tmp_path: Path
) -> None:
    alone = vosk.open_stream()
    wanted = "".join(one.text for one in [*alone.feed(SPEECH * 2), *alone.finish()] if one.final)
    deaths = apart.deaths
    async with hearing(apart, tmp_path) as (service, finals):
        streams = [service.open(f"c{number}", Speaker.CALLER) for number in range(2)]
        for stream in streams:
            stream.connected()
            stream.audio(SPEECH)
        with capture_logs():
            await until(lambda: streams[0].lag_ms < 3000, 60)
            # nobody started the process yet if it had died in an earlier test
            await until(lambda: apart.pid is not None, 60)
            os.kill(apart.pid or 0, signal.SIGKILL)
            for stream in streams:
                stream.audio(SPEECH)
                stream.closed("over")
            async with asyncio.timeout(240):
                await asyncio.gather(*(asyncio.shield(stream.done) for stream in streams))
        for number in range(2):
            said = "".join(one.text for one in finals if one.call_id == f"c{number}")
            assert said == wanted
        assert service.counters.seconds_lost == 0
        assert apart.deaths == deaths + 1


async def test_given_a_recogniser_that_hangs_when_killed_by_nobody_then_others_words_come(
    apart: RecogniserApart, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("asr.apart.recogniser.ANSWER_S", 10.0)
    async with hearing(apart, tmp_path) as (service, finals):
        stream = service.open("c1", Speaker.CALLER)
        stream.connected()
        apart.open_stream()
        pid = apart.pid
        assert pid is not None
        os.kill(pid, signal.SIGSTOP)
        with capture_logs() as logs:
            stream.audio(SPEECH)
            stream.closed("over")
            async with asyncio.timeout(240):
                await asyncio.shield(stream.done)
        await until(lambda: finals)
        assert "asr.process_died" in [entry["event"] for entry in logs]
        assert service.counters.seconds_lost == 0
