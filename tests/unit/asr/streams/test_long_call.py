"""A line that stays open for eight hours, as fast as the machine can."""

from __future__ import annotations

import asyncio
import resource
from collections.abc import Sequence
from pathlib import Path

import pytest

from asr.recogniser import Hypothesis, RecogniserStream
from asr.streams import TranscriptionService
from asr.streams import service as service_module
from asr.streams import stream as stream_module
from config.settings import AsrSettings, Settings
from telephony.events import EventBus, Speaker, TranscriptFinal
from tests.unit.asr.listeners import until

HOURS = 8
SECOND = bytes(range(256)) * 62 + bytes(128)


class Clock:
    """Says every ten seconds of audio how much it has heard; keeps nothing."""

    name = "clock"

    def open_stream(
        self, sample_rate_hz: int = 8000, hot_words: Sequence[str] = ()
    ) -> RecogniserStream:
        return ClockStream()


class ClockStream:
    want_partials = False

    def __init__(self) -> None:
        self._ms = 0
        self._told_ms = 0

    def feed(self, pcm: bytes) -> list[Hypothesis]:
        self._ms += len(pcm) // 16
        if self._ms - self._told_ms < 10_000:
            return []
        start, self._told_ms = self._told_ms, self._ms
        return [Hypothesis(f"{start}-{self._ms}", start, self._ms, final=True)]

    def finish(self) -> list[Hypothesis]:
        return [Hypothesis(f"{self._told_ms}-{self._ms}", self._told_ms, self._ms, final=True)]


async def test_given_a_line_open_for_eight_hours_when_heard_then_all_of_it_and_memory_stays_flat(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # a second of the line takes a third of a millisecond here, and so must all that has a pace
    monkeypatch.setattr(service_module, "TICK_S", 0.002)
    monkeypatch.setattr(stream_module, "SETTLED_S", 0.02)

    bus = EventBus()
    spans: list[tuple[int, int]] = []

    async def keep() -> None:
        with bus.subscribe("test") as events:
            async for event in events:
                if isinstance(event, TranscriptFinal):
                    start, end = event.text.split("-")
                    spans.append((int(start), int(end)))

    keeper = asyncio.create_task(keep())
    service = TranscriptionService(
        bus, Clock(), Settings(asr=AsrSettings(threads=1)), spool=tmp_path
    )
    await service.start()
    stream = service.open("c1", Speaker.CALLER)
    stream.connected()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    most_on_disk = most_in_memory = 0
    for second in range(HOURS * 3600):
        stream.audio(SECOND)
        if second % 60 == 0:
            await until(lambda: stream.lag_ms < 10_000 and stream._backlog.unsaved_bytes < 1e6, 60)
        else:
            await asyncio.sleep(0)
        most_in_memory = max(most_in_memory, len(stream._backlog._memory))
        if second % 3600 == 0:
            files = await asyncio.to_thread(lambda: list(tmp_path.rglob("*.pcm")))
            most_on_disk = max(most_on_disk, len(files))
    grown_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    stream.closed("over")
    await stream.done
    total_ms = HOURS * 3600 * 1000
    await until(lambda: spans and spans[-1][1] == total_ms)
    assert [start for start, _ in spans] == [0, *[end for _, end in spans[:-1]]]
    assert service.counters.seconds_decoded == pytest.approx(HOURS * 3600)
    assert service.counters.seconds_lost == 0
    # 461 MB went through
    assert most_in_memory < 4 << 20
    assert grown_kb < 32 << 10
    assert most_on_disk < 60
    await service.stop()
    assert not list(tmp_path.rglob("*.pcm"))
    bus.close()
    await keeper
