from __future__ import annotations

import asyncio
import shutil
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from asr.recogniser import Hypothesis, Recogniser
from asr.streams import PartyStream, TranscriptionService
from asr.streams import stream as stream_module
from asr.streams.pressure import Pressure
from asr.text.names import NameCorrector
from config.settings import AsrSettings, Settings
from telephony.events import (
    CallEnded,
    Event,
    EventBus,
    HungUpBy,
    LineIdentified,
    Speaker,
    TranscriptDelayed,
    TranscriptFinal,
    TranscriptPartial,
)
from tests.unit.asr.listeners import until
from tests.unit.asr.streams.engines import Scripted

SILENCE = bytes(320 * 40)
HEAD = b'{"line": "", "clock_ms": 0, "began_at": "2026-01-01T00:00:00+00:00", "turns": 0}'


def frame(value: int) -> bytes:
    return bytes([value]) * 320


def waited(gate: threading.Event) -> None:
    gate.wait(20)


def fail_if(condition: bool) -> None:
    if condition:
        raise MemoryError("engine")


class Desk:
    """A started service, and everything it published."""

    def __init__(self, service: TranscriptionService, bus: EventBus, events: list[Event]) -> None:
        self.service = service
        self.bus = bus
        self.events = events

    @property
    def finals(self) -> list[TranscriptFinal]:
        return [event for event in self.events if isinstance(event, TranscriptFinal)]

    @property
    def partials(self) -> list[TranscriptPartial]:
        return [event for event in self.events if isinstance(event, TranscriptPartial)]

    def opened(self, call_id: str = "c1", speaker: Speaker = Speaker.CALLER) -> PartyStream:
        stream = self.service.open(call_id, speaker)
        stream.connected()
        return stream


@asynccontextmanager
async def serving(
    engine: Recogniser | None, *, threads: int = 2, spool: Path | None = None
) -> AsyncIterator[Desk]:
    bus = EventBus()
    events: list[Event] = []

    async def keep() -> None:
        with bus.subscribe("test") as subscription:
            async for event in subscription:
                events.append(event)  # noqa: PERF401 - each must be seen as soon as it comes

    keeper = asyncio.create_task(keep())
    await asyncio.sleep(0)
    settings = Settings(asr=AsrSettings(threads=threads))
    service = TranscriptionService(bus, engine, settings, spool=spool)
    threads_before = set(threading.enumerate())
    await service.start()
    try:
        yield Desk(service, bus, events)
    finally:
        await service.stop()
        bus.close()
        await keeper
        left = {t for t in set(threading.enumerate()) - threads_before if t.name.startswith("asr-")}
        assert not left


async def test_given_speech_when_it_ends_then_partials_and_one_final_with_their_fields() -> None:
    async with serving(Scripted()) as desk:
        stream = desk.opened()
        before = datetime.now(UTC)
        for value in range(1, 31):
            stream.audio(frame(value))
        await until(lambda: desk.partials)
        stream.audio(SILENCE)
        await until(lambda: desk.finals)
        (final,) = desk.finals
        assert final.text == " ".join(map(str, range(1, 31)))
        assert (final.call_id, final.speaker, final.turn) == ("c1", Speaker.CALLER, 0)
        assert (final.start_ms, final.end_ms) == (0, 600)
        assert (final.confidence, final.engine) == (0.5, "scripted")
        assert abs(final.started_at - before) < timedelta(seconds=5)
        assert {partial.turn for partial in desk.partials} == {0}


async def test_given_many_streams_when_few_threads_decode_then_each_keeps_its_own_order() -> None:
    async with serving(Scripted(), threads=3) as desk:
        streams = [desk.opened(f"c{index}") for index in range(12)]
        for start in range(0, 200, 10):
            for index, stream in enumerate(streams):
                for value in range(start, start + 10):
                    stream.audio(frame((value + index) % 200 + 1))
            await asyncio.sleep(0)
        for stream in streams:
            stream.closed("done")
        await asyncio.gather(*(stream.done for stream in streams))
        await until(lambda: len(desk.finals) == 12)
        texts = {final.call_id: final.text for final in desk.finals}
        for index in range(12):
            wanted = " ".join(str((value + index) % 200 + 1) for value in range(200))
            assert texts[f"c{index}"] == wanted
        assert desk.service.counters.seconds_decoded == pytest.approx(12 * 4.0)
        assert desk.service.counters.streams_open == 0


async def test_given_unfinished_speech_when_the_stream_closes_then_the_tail_is_a_final() -> None:
    async with serving(Scripted()) as desk:
        stream = desk.opened()
        stream.audio(frame(7))
        stream.closed("Asterisk hung up")
        await stream.done
        await until(lambda: desk.finals)
        assert desk.finals[0].text == "7"


@pytest.mark.parametrize("failing", [1, 2, 3, 4])
async def test_given_an_engine_that_fails_once_when_fed_then_the_sentence_is_still_whole(
    failing: int,
) -> None:
    engine = Scripted(lambda count: fail_if(count == failing))
    async with serving(engine, threads=1) as desk:
        stream = desk.opened()
        stream.audio(frame(200) + SILENCE)
        for value in range(1, 101):
            stream.audio(frame(value))
        stream.audio(SILENCE)
        stream.audio(frame(201) + SILENCE)
        with capture_logs() as logs:
            await until(lambda: len(desk.finals) == 3)
        assert [entry["event"] for entry in logs if entry["log_level"] == "error"] == [
            "asr.engine_failed"
        ]
        counters = desk.service.counters
        assert (counters.errors, counters.seconds_lost, len(engine.streams)) == (1, 0, 2)
        assert [final.text for final in desk.finals] == [
            "200",
            " ".join(map(str, range(1, 101))),
            "201",
        ]
        assert [final.turn for final in desk.finals] == [0, 1, 2]
        # 20 ms, 800 ms of silence, 2,000 ms, 800 ms of silence, whatever the engines counted
        assert [(final.start_ms, final.end_ms) for final in desk.finals] == [
            (0, 20),
            (820, 2820),
            (3620, 3640),
        ]


async def test_given_an_engine_that_fails_at_the_end_when_flushed_then_the_tail_is_heard() -> None:
    async with serving(Scripted(lambda count: fail_if(count == 2)), threads=1) as desk:
        stream = desk.opened()
        stream.audio(frame(7) + frame(8))
        stream.closed("done")
        await stream.done
        await until(lambda: desk.finals)
        assert [final.text for final in desk.finals] == ["7 8"]
        assert desk.service.counters.errors == 1


async def test_given_audio_that_breaks_every_engine_when_fed_then_it_is_skipped_and_counted() -> (
    None
):
    broken_until = 4
    engine = Scripted(lambda count: fail_if(count < broken_until))
    async with serving(engine, threads=1) as desk:
        stream = desk.opened()
        stream.audio(frame(1) * 10)
        await until(lambda: desk.service.counters.errors == 3 and stream.lag_ms == 0)
        stream.audio(frame(2) * 10 + SILENCE)
        await until(lambda: desk.finals)
        assert desk.finals[0].text == " ".join(["2"] * 10)
        assert desk.finals[0].start_ms >= 200
        assert desk.service.counters.seconds_lost == pytest.approx(0.2)


async def test_given_one_stream_whose_engine_fails_when_others_speak_then_they_are_heard() -> None:
    engine = Scripted(lambda count: fail_if(count == 1))
    async with serving(engine, threads=1) as desk:
        first, second = desk.opened("first"), desk.opened("second")
        first.audio(frame(1) * 10 + SILENCE)
        second.audio(frame(2) + SILENCE)
        await until(lambda: len(desk.finals) == 2)
        assert {final.call_id: final.text for final in desk.finals} == {
            "first": " ".join(["1"] * 10),
            "second": "2",
        }


async def test_given_a_slow_engine_when_behind_then_partials_are_given_up_and_audio_is_not() -> (
    None
):
    gate = threading.Event()
    engine = Scripted(lambda _: waited(gate))
    async with serving(engine, threads=1) as desk:
        stream = desk.opened()
        speech = b"".join(frame(value % 250 + 1) for value in range(1000))
        stream.audio(speech)
        stream.closed("done")
        gate.set()
        await stream.done
        await until(lambda: desk.finals)
        asked = engine.streams[0].asked_for_partials
        assert asked[0] is False
        assert asked[-1] is True
        assert engine.streams[0].pcm == speech


async def test_given_more_audio_than_memory_when_decoding_stands_still_then_on_disk_not_lost(
    tmp_path: Path,
) -> None:
    gate = threading.Event()
    engine = Scripted(lambda _: waited(gate))
    async with serving(engine, threads=1, spool=tmp_path) as desk:
        stream = desk.opened()
        stream._backlog._memory_bytes = 8000
        speech = b"".join(frame(value % 250 + 1) for value in range(2000))
        for position in range(0, len(speech), 3200):
            stream.audio(speech[position : position + 3200])
            await asyncio.sleep(0)
        await until(lambda: len(stream._backlog._memory) <= 8000, 30)
        assert stream._backlog.unsaved_bytes <= 8000
        gate.set()
        stream.closed("done")
        await stream.done
        # silence is fed where nothing came for a while: how long that was is the machine's affair
        assert engine.streams[0].pcm.rstrip(b"\0") == speech
        assert desk.service.counters.seconds_lost == 0
    assert not list(tmp_path.glob("*/*.pcm"))


async def test_given_a_killed_service_when_started_again_then_its_audio_is_recognised(
    tmp_path: Path,
) -> None:
    gate = threading.Event()
    engine = Scripted(lambda count: waited(gate) if count > 1 else None)
    spool, copy = tmp_path / "spool", tmp_path / "as-killed"
    async with serving(engine, threads=1, spool=spool) as desk:
        stream = desk.opened()
        stream.audio(frame(1) * 20 + SILENCE)
        await until(lambda: desk.finals)
        first = desk.finals[0]
        assert stream._party is not None
        stream._party.began -= 30
        for value in range(2, 102):
            stream.audio(frame(value))
        await until(lambda: stream._backlog.unsaved_bytes == 0 and not stream._notes.waiting)
        # what a kill leaves is what is on disk now
        shutil.copytree(spool, copy)
        gate.set()
    async with serving(Scripted(), spool=copy) as desk:
        await until(lambda: len(desk.finals) == 2)
        again, rest = desk.finals
        assert (again.turn, again.text) == (first.turn, first.text)
        assert rest.turn == 1
        assert rest.text == " ".join(map(str, range(2, 102)))
        assert 28_000 < rest.start_ms < 34_000
        later = desk.opened()
        later.audio(frame(200))
        later.closed("done")
        await until(lambda: len(desk.finals) == 3)
        assert desk.finals[2].turn == 2
        assert abs(
            (later._party.began_at if later._party else datetime.now(UTC))
            - (first.started_at - timedelta(milliseconds=first.start_ms))
        ) < timedelta(seconds=1)
        desk.bus.publish(CallEnded(at=datetime.now(UTC), call_id="c1", hung_up_by=HungUpBy.CALLER))
        await until(lambda: not list(copy.iterdir()), 15)


async def test_given_a_stop_that_cannot_wait_when_started_again_then_the_rest_is_recognised(
    tmp_path: Path,
) -> None:
    gate = threading.Event()
    bus = EventBus()
    stuck = TranscriptionService(
        bus, Scripted(lambda _: waited(gate)), Settings(asr=AsrSettings(threads=1)), spool=tmp_path
    )
    await stuck.start()
    stream = stuck.open("c1", Speaker.CALLER)
    stream.connected()
    for value in range(1, 200):
        stream.audio(frame(value))
    workers = list(stuck._workers)
    await stuck.stop(drain_s=0.05)
    gate.set()
    for worker in workers:
        await asyncio.to_thread(worker.join, 10)
    async with serving(Scripted(), spool=tmp_path) as desk:
        await until(lambda: desk.finals)
        assert desk.finals[0].text == " ".join(map(str, range(1, 200)))


async def test_given_a_torn_or_foreign_file_in_the_spool_when_started_then_the_rest_is_taken(
    tmp_path: Path,
) -> None:
    for call_id, notes in {
        "torn": HEAD + b'\n{"to',
        "garbage": b"\xff\xfe\n",
        "empty": b"",
    }.items():
        folder = tmp_path / call_id
        folder.mkdir()
        (folder / "caller-0.jsonl").write_bytes(notes)
        (folder / "caller-0.000000.pcm").write_bytes(frame(5) * 3)
    (tmp_path / "a-file").write_text("?")
    with capture_logs() as logs:
        async with serving(Scripted(), spool=tmp_path) as desk:
            await until(lambda: desk.finals)
            assert [final.text for final in desk.finals] == ["5 5 5"]
            assert desk.finals[0].call_id == "torn"
    unreadable = [entry["file"] for entry in logs if entry["event"] == "asr.notes_unreadable"]
    assert len(unreadable) == 2


async def test_given_three_times_the_load_when_decoding_is_slow_then_every_word_still_comes(
    tmp_path: Path,
) -> None:
    def slow(_: int) -> None:
        time.sleep(0.03)

    # 12 streams; decoding a turn of up to 1 s takes 30 ms: four at most could be followed live
    async with serving(Scripted(slow), threads=1, spool=tmp_path) as desk:
        desk.service._pressure = Pressure(other_side_lag_ms=100, caller_lag_ms=300, window_s=0.5)
        streams = [
            desk.opened(f"c{index}", speaker)
            for index in range(6)
            for speaker in (Speaker.CALLER, Speaker.AGENT)
        ]
        aside: set[Speaker] = set()
        told: list[TranscriptDelayed] = []
        for step in range(25):
            for stream in streams:
                # 10 times as fast as speech
                for value in range(50):
                    stream.audio(frame((step * 50 + value) % 249 + 1))
            await asyncio.sleep(0.1)
            aside |= {stream.speaker for stream in streams if stream.aside}
        told = [event for event in desk.events if isinstance(event, TranscriptDelayed)]
        assert aside == {Speaker.CALLER, Speaker.AGENT}
        assert not streams[0].aside or not streams[2].aside, "the oldest callers stay"
        assert {event.deferred for event in told} >= {True}
        for stream in streams:
            stream.closed("over")
        await asyncio.gather(*(stream.done for stream in streams))
        wanted = " ".join(str(value % 249 + 1) for value in range(1250))
        await until(lambda: len(desk.finals) == 12)
        assert {final.text for final in desk.finals} == {wanted}
        await until(
            lambda: (
                {
                    (event.call_id, event.speaker): event.behind_ms
                    for event in desk.events
                    if isinstance(event, TranscriptDelayed)
                }.keys()
                == {
                    (event.call_id, event.speaker)
                    for event in desk.events
                    if isinstance(event, TranscriptDelayed) and event.behind_ms == 0
                }
            )
        )
        assert desk.service.counters.seconds_lost == 0
        assert desk.service.counters.seconds_decoded == pytest.approx(12 * 25)


async def test_given_a_channel_that_falls_silent_when_mid_sentence_then_it_is_still_finished() -> (
    None
):
    async with serving(Scripted()) as desk:
        stream = desk.opened()
        for value in range(1, 26):
            stream.audio(frame(value))
        # nothing more is sent, as on hold; the service feeds silence by itself
        await until(lambda: desk.finals)
        assert desk.finals[0].end_ms == 500


async def test_given_a_gap_without_audio_when_speech_resumes_then_its_times_count_the_gap() -> None:
    async with serving(Scripted()) as desk:
        stream = desk.opened()
        stream.audio(frame(1) + SILENCE)
        await until(lambda: desk.finals)
        assert stream._party is not None
        stream._party.began -= 60.0
        stream.audio(frame(2) + SILENCE)
        await until(lambda: len(desk.finals) == 2)
        assert desk.finals[0].start_ms == 0
        assert 58_000 <= desk.finals[1].start_ms <= 75_000
        assert [final.turn for final in desk.finals] == [0, 1]


async def test_given_a_burst_after_a_stall_when_it_arrives_then_it_is_no_gap() -> None:
    async with serving(Scripted()) as desk:
        stream = desk.opened()
        assert stream._party is not None
        stream._party.began -= 2.0
        for value in range(1, 101):
            stream.audio(frame(value))
        stream.audio(SILENCE)
        await until(lambda: desk.finals)
        assert desk.finals[0].start_ms < 400


async def test_given_a_party_attached_again_then_turns_and_clock_go_on() -> None:
    async with serving(Scripted()) as desk:
        first = desk.opened()
        first.audio(frame(1))
        first.closed("broken")
        await first.done
        await until(lambda: desk.finals)
        assert first._party is not None
        first._party.began -= 30.0
        second = desk.opened()
        second.audio(frame(2))
        second.closed("done")
        await second.done
        await until(lambda: len(desk.finals) == 2)
        assert [final.turn for final in desk.finals] == [0, 1]
        assert desk.finals[1].start_ms >= 30_000


async def test_given_an_ended_call_when_the_same_id_came_again_then_turns_begin_at_0() -> None:
    async with serving(Scripted()) as desk:
        stream = desk.opened()
        stream.audio(frame(1))
        stream.closed("done")
        await stream.done
        desk.bus.publish(CallEnded(at=datetime.now(UTC), call_id="c1", hung_up_by=HungUpBy.CALLER))
        await until(lambda: not desk.service._parties)


async def test_given_both_parties_speak_when_decoded_then_each_has_its_own_turns() -> None:
    async with serving(Scripted()) as desk:
        caller, agent = desk.opened(), desk.opened(speaker=Speaker.AGENT)
        for value in (1, 2):
            caller.audio(frame(value) + SILENCE)
            await until(lambda value=value: len(desk.finals) == 2 * value - 1)  # type: ignore[misc]
            agent.audio(frame(value + 100) + SILENCE)
            await until(lambda value=value: len(desk.finals) == 2 * value)  # type: ignore[misc]
        said = [(final.speaker, final.turn, final.text) for final in desk.finals]
        assert said == [
            (Speaker.CALLER, 0, "1"),
            (Speaker.AGENT, 0, "101"),
            (Speaker.CALLER, 1, "2"),
            (Speaker.AGENT, 1, "102"),
        ]


async def test_given_open_streams_when_the_service_stops_then_what_came_is_still_published() -> (
    None
):
    async with serving(Scripted()) as desk:
        stream = desk.opened()
        stream.audio(frame(9))
        events = desk.events
    assert [event.text for event in events if isinstance(event, TranscriptFinal)] == ["9"]


async def test_given_an_engine_that_hangs_when_the_service_stops_then_it_stops_anyway() -> None:
    gate = threading.Event()
    engine = Scripted(lambda _: waited(gate))
    bus = EventBus()
    service = TranscriptionService(bus, engine, Settings(asr=AsrSettings(threads=1)))
    await service.start()
    stream = service.open("c1", Speaker.CALLER)
    stream.connected()
    stream.audio(frame(1) * 20)
    await until(lambda: engine.feeds)
    workers = list(service._workers)
    with capture_logs() as logs:
        await asyncio.wait_for(service.stop(drain_s=0.05), 10)
    assert "asr.undecoded_at_stop" in [entry["event"] for entry in logs]
    gate.set()
    for worker in workers:
        await asyncio.to_thread(worker.join, 10)
        assert not worker.is_alive()


async def test_given_no_recogniser_when_a_stream_is_asked_for_then_refused() -> None:
    async with serving(None) as desk:
        assert not desk.service.available
        with pytest.raises(RuntimeError, match="available"):
            desk.service.open("c1", Speaker.CALLER)


async def test_given_a_name_heard_wrong_when_told_then_right_to_read_and_kept_as_heard() -> None:
    bus = EventBus()
    service = TranscriptionService(bus, Scripted(), Settings(), names=NameCorrector(["张掖路"]))
    await service.start()
    stream = service.open("c1", Speaker.CALLER)
    stream.connected()
    assert stream._teller is not None
    event = stream._teller.event(Hypothesis("在张叶路", 0, 500, final=True))
    await service.stop()
    bus.close()
    assert isinstance(event, TranscriptFinal)
    assert event.text == "在张叶路"
    assert "张掖路" in event.readable


async def test_given_hot_words_of_a_line_when_its_streams_open_then_the_engine_gets_them() -> None:
    engine, bus = Scripted(), EventBus()
    words = {"12328": ("张掖路",)}
    service = TranscriptionService(
        bus, engine, Settings(), hot_words=lambda line: words.get(line, ())
    )
    await service.start()
    await asyncio.sleep(0)
    try:
        told = LineIdentified(at=datetime.now(UTC), call_id="c1", line="12328", sip_call_id="")
        bus.publish(told)
        for _ in range(3):
            await asyncio.sleep(0)
        for call_id in ("c1", "c2"):
            stream = service.open(call_id, Speaker.CALLER)
            stream.connected()
            stream.audio(frame(1) * stream_module.BATCH_MS)
        await until(lambda: len(engine.hot_words) == 2)
    finally:
        await service.stop()
    assert sorted(engine.hot_words) == [(), ("张掖路",)]
