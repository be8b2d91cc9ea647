from __future__ import annotations

import asyncio
import os
import resource
from collections.abc import AsyncIterator, Collection, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from structlog.testing import capture_logs

from config.settings import Settings
from telephony.events import (
    CallAnswered,
    CallArrived,
    CallEnded,
    EventBus,
    HungUpBy,
    LineIdentified,
    RecordingSealed,
    RecordingStarted,
    Subscription,
)
from telephony.recordings import RawPair, Sealer, has_writer, raw_pair

from .signals import read_stereo, tone, write_raw

BEGUN = datetime(2025, 10, 29, 1, 6, 41, tzinfo=UTC)


def ended(pair: RawPair, at: datetime | None = None) -> CallEnded:
    return CallEnded(
        at=at or datetime.now(UTC), call_id=pair.call_id, hung_up_by=HungUpBy.CALLER, cause=16
    )


async def next_sealed(events: Subscription) -> RecordingSealed:
    async with asyncio.timeout(10):
        async for event in events:
            if isinstance(event, RecordingSealed):
                return event
    raise AssertionError("the bus was closed")


@asynccontextmanager
async def running(sealer: Sealer, live: Collection[str] | None = None) -> AsyncIterator[None]:
    task = asyncio.create_task(sealer.run(lambda: live))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@contextmanager
def no_file_over(size: int) -> Iterator[None]:
    """Writing beyond ``size`` bytes fails as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


async def test_given_a_call_when_it_ends_then_its_recording_is_sealed_with_what_events_told(
    settings: Settings, pair: RawPair
) -> None:
    bus = EventBus()
    sealer = Sealer(settings, bus, round_s=60)
    call_id = pair.call_id
    story = [
        CallArrived(at=BEGUN, call_id=call_id, channel="c", caller="13900000001", dialled="12328"),
        LineIdentified(at=BEGUN, call_id=call_id, line="12328"),
        RecordingStarted(at=BEGUN, call_id=call_id, path=str(pair.rx)),
        CallAnswered(at=BEGUN, call_id=call_id, endpoint="PJSIP/agent-8001", channel="a"),
        ended(pair),
    ]
    with bus.subscribe("test") as events:
        async with running(sealer, live=[pair.call_id]):
            await asyncio.sleep(0)
            write_raw(pair, tone(440, 1), tone(1000, 1))
            for event in story:
                bus.publish(event)
            sealed = await next_sealed(events)
    [recording] = sealer.archive.recordings()
    entry = recording.entry
    assert sealed.path == recording.path.as_posix()
    assert (sealed.sha256, sealed.duration_ms, sealed.size) == (entry.sha256, 1000, entry.size)
    assert sealed.retain_until == entry.retain_until
    assert (entry.line, entry.caller, entry.started_at) == ("12328", "139****0001", BEGUN)
    assert entry.participants == ("PJSIP/agent-8001",)
    assert pair.files == ()
    assert await sealer.recent(BEGUN) == [sealed]
    assert await sealer.recent(BEGUN + timedelta(days=1)) == []


async def test_given_asterisk_still_writes_when_the_call_ends_then_all_that_is_written_is_sealed(
    settings: Settings, pair: RawPair
) -> None:
    bus = EventBus()
    sealer = Sealer(settings, bus, poll_s=0.01)
    first, rest = tone(440, 1), tone(660, 1)
    write_raw(pair, first, first)
    with bus.subscribe("test") as events, pair.rx.open("ab") as still_open:
        async with running(sealer, live=[pair.call_id]):
            await asyncio.sleep(0)
            bus.publish(ended(pair))
            await asyncio.sleep(0.2)
            assert sealer.archive.recordings() == []
            still_open.write(rest.tobytes())
            still_open.close()
            sealed = await next_sealed(events)
    left, right = read_stereo(settings.archive_dir / sealed.path)
    assert np.array_equal(left, np.concatenate([first, rest]))
    assert np.array_equal(right[: len(first)], first)


async def test_given_a_file_that_is_never_closed_when_the_call_ends_then_it_is_reported_and_kept(
    settings: Settings, pair: RawPair
) -> None:
    bus = EventBus()
    sealer = Sealer(settings, bus, poll_s=0.01, close_deadline_s=0.1, round_s=0.05)
    write_raw(pair, tone(440, 1), None)
    with bus.subscribe("test") as events, pair.rx.open("ab") as still_open, capture_logs() as logs:
        async with running(sealer, live=[]):
            await asyncio.sleep(0)
            bus.publish(ended(pair))
            async with asyncio.timeout(5):
                while not any(log["event"] == "recording.still_written" for log in logs):
                    await asyncio.sleep(0.01)
            assert pair.files == (pair.rx,)
            still_open.close()
            await next_sealed(events)


async def test_given_leftovers_when_the_service_starts_then_only_those_of_dead_calls_are_sealed(
    settings: Settings, pair: RawPair
) -> None:
    bus = EventBus()
    live = raw_pair(pair.spool, "hotline-1761700000.8")
    written = raw_pair(pair.spool, "hotline-1761700000.9")
    for each in (pair, live, written):
        write_raw(each, tone(440, 0.5), tone(700, 0.5))
    sealer = Sealer(settings, bus)
    with bus.subscribe("test") as events, written.tx.open("ab"):
        async with running(sealer, live=[live.call_id]):
            sealed = await next_sealed(events)
        assert sealed.call_id == pair.call_id
        assert [item.entry.call_id for item in sealer.archive.recordings()] == [pair.call_id]
    assert len(live.files) == 2
    assert len(written.files) == 2


async def test_given_a_full_disk_when_sealing_then_nothing_is_lost_and_the_next_round_succeeds(
    settings: Settings, pair: RawPair
) -> None:
    bus = EventBus()
    sealer = Sealer(settings, bus)
    noise = np.random.default_rng(1).integers(-9000, 9000, 80_000, dtype=np.int16)
    write_raw(pair, noise, noise)
    with bus.subscribe("test") as events:
        with no_file_over(60_000), capture_logs() as logs:
            assert await sealer.seal_leftovers([]) == 0
        [alarm] = [log for log in logs if log["event"] == "recording.seal_failed"]
        assert alarm["log_level"] == "critical"
        assert sealer.failures == 1
        assert len(pair.files) == 2
        assert await sealer.seal_leftovers([]) == 1
        await next_sealed(events)
    [recording] = sealer.archive.recordings()
    left, _ = read_stereo(settings.archive_dir / recording.path)
    assert np.array_equal(left, noise)


async def test_given_an_archive_that_cannot_be_written_then_other_calls_are_still_tried(
    settings: Settings, pair: RawPair
) -> None:
    other = raw_pair(pair.spool, "hotline-1761800000.8")
    for each in (pair, other):
        write_raw(each, tone(440, 0.2), None)
    settings.archive_dir.mkdir()
    # the first call's day cannot be made: a file is in its place
    (settings.archive_dir / "2025" / "10").mkdir(parents=True)
    (settings.archive_dir / "2025" / "10" / "29").touch()
    sealer = Sealer(settings, EventBus())
    assert await sealer.seal_leftovers([]) == 1
    assert sealer.failures == 1
    assert pair.files == (pair.rx,)
    assert other.files == ()


async def test_given_hostile_call_ids_when_calls_end_then_nothing_stops(
    settings: Settings, pair: RawPair
) -> None:
    bus = EventBus()
    sealer = Sealer(settings, bus)
    write_raw(pair, tone(440, 0.2), None)
    with bus.subscribe("test") as events:
        async with running(sealer, live=[pair.call_id]):
            await asyncio.sleep(0)
            for name in ("../../etc/passwd", "", "a\0b", "x" * 5000, "hotline-1.1"):
                bus.publish(CallEnded(at=BEGUN, call_id=name, hung_up_by=HungUpBy.UNKNOWN))
            bus.publish(ended(pair))
            await next_sealed(events)


async def test_given_a_recording_that_was_announced_when_no_file_is_there_then_it_is_an_alarm(
    settings: Settings, pair: RawPair
) -> None:
    bus = EventBus()
    sealer = Sealer(settings, bus)
    with capture_logs() as logs:
        async with running(sealer):
            await asyncio.sleep(0)
            bus.publish(RecordingStarted(at=BEGUN, call_id=pair.call_id, path="x"))
            bus.publish(ended(pair))
            async with asyncio.timeout(5):
                while not any(log["event"] == "recording.missing" for log in logs):
                    await asyncio.sleep(0.01)


async def test_given_an_empty_recording_when_the_call_ends_then_no_event_says_it_was_sealed(
    settings: Settings, pair: RawPair
) -> None:
    bus = EventBus()
    write_raw(pair, np.zeros(0, np.int16), np.zeros(0, np.int16))
    sealer = Sealer(settings, bus)
    with capture_logs() as logs:
        assert await sealer.seal_leftovers([]) == 0
        assert await sealer.seal_leftovers([]) == 0
    assert [log["event"] for log in logs] == ["recording.empty"]


def test_given_a_writer_then_the_kernel_tells_and_no_lease_stays_behind(pair: RawPair) -> None:
    write_raw(pair, tone(440, 0.1), None)
    with pair.rx.open("ab"):
        assert has_writer(pair.rx) is True
    assert has_writer(pair.rx) is False
    with pair.rx.open("ab"):  # would wait for a lease to be given back
        pass
    with pytest.raises(FileNotFoundError):
        has_writer(pair.tx)


@pytest.mark.parametrize(
    ("live", "age_s", "sealed"), [([], 10, 1), ([], 1, 0), (None, 10, 0), (None, 3600, 0)]
)
async def test_given_a_kernel_that_cannot_tell_then_only_quiet_files_of_dead_calls_are_sealed(
    settings: Settings,
    pair: RawPair,
    monkeypatch: pytest.MonkeyPatch,
    live: list[str] | None,
    age_s: int,
    sealed: int,
) -> None:
    write_raw(pair, tone(440, 0.2), None)
    then = pair.rx.stat().st_mtime - age_s
    os.utime(pair.rx, (then, then))
    monkeypatch.setattr("telephony.recordings.spool.has_writer", lambda _path: None)
    assert await Sealer(settings, EventBus()).seal_leftovers(live) == sealed
