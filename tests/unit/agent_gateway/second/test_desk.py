"""The backlog of calls that are to be heard again, with a real database and real files."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from agent_gateway.journal.fold import fold_call
from agent_gateway.second import SecondPassDesk
from agent_gateway.store import Entry, SecondBacklog, SecondPass, Store
from asr.recogniser import RecogniserError, RecogniserGoneError, RecogniserStream
from config.settings import SecondPassSettings, Settings
from telephony.events import (
    CallAnswered,
    CallEvent,
    PartyJoined,
    RecordingSealed,
    Speaker,
)
from telephony.recordings import Archive, CallFacts, raw_pair
from tests.unit.agent_gateway.scenes import AGENT, BEGIN, at, said, until, whole_call
from tests.unit.asr.streams.engines import Scripted

TRUNK_CHANNEL, AGENT_CHANNEL = "PJSIP/trunk-00000001", f"{AGENT}-2"
NOW = datetime.now(UTC)


class Engine(Scripted):
    """Notes when it is closed, and can be told to fail."""

    def __init__(self, error: Exception | None = None) -> None:
        super().__init__()
        self.error = error
        self.closed = False

    def open_stream(
        self, sample_rate_hz: int = 8000, hot_words: Sequence[str] = ()
    ) -> RecogniserStream:
        if self.error is not None:
            raise self.error
        return super().open_stream(sample_rate_hz, hot_words)

    def close(self) -> None:
        self.closed = True


@dataclass
class Load:
    """What live calls are doing."""

    open: int = 0
    undecoded: set[str] = field(default_factory=set)

    def streams(self) -> int:
        return self.open

    def hears(self, call_id: str) -> bool:
        return call_id in self.undecoded


def settings_in(folder: Path, *lines: str, live_streams: int = 0) -> Settings:
    return Settings(
        data_dir=folder / "data",
        install_dir=folder / "install",
        second_pass=SecondPassSettings(lines=lines, live_streams=live_streams),
    )


def joined(call_id: str, channel: str, endpoint: str, seconds: float) -> PartyJoined:
    return PartyJoined(
        at=at(seconds), call_id=call_id, channel=channel, endpoint=endpoint, bridge="b"
    )


async def keep(store: Store, events: Sequence[CallEvent]) -> None:
    seq = int(datetime.now(UTC).timestamp() * 1e6)
    entries = [Entry(seq + number, event) for number, event in enumerate(events)]
    await store.events.append(entries, fold_call)


async def recorded_call(
    store: Store, settings: Settings, call_id: str, sealed_at: datetime = NOW
) -> Path:
    """An answered call whose recording is sealed; the agent speaks from 12 s to 13 s of it."""
    events = whole_call(call_id)
    people = [
        joined(call_id, TRUNK_CHANNEL, "PJSIP/trunk", 9),
        joined(call_id, AGENT_CHANNEL, AGENT, 9),
    ]
    await keep(store, [*events[:-1], *people, said(call_id, 1, "请问", Speaker.AGENT), events[-1]])
    settings.recording_spool.mkdir(parents=True, exist_ok=True)
    pair = raw_pair(settings.recording_spool, call_id)
    left, right = (np.zeros(30 * 8000, dtype="<i2") for _ in range(2))
    left[11 * 8000 : 12 * 8000] = 7
    right[0 : 8 * 8000] = 3
    right[12 * 8000 : 13 * 8000] = 9
    pair.rx.write_bytes(left.tobytes())
    pair.tx.write_bytes(right.tobytes())
    archive = Archive.of(settings)
    sealed = archive.seal(pair, CallFacts(started_at=BEGIN, ended_at=at(30)))
    assert sealed is not None
    entry = sealed.entry
    await keep(
        store,
        [
            RecordingSealed(
                at=sealed_at,
                call_id=call_id,
                part="",
                sha256=entry.sha256,
                path=sealed.path.as_posix(),
                duration_ms=entry.duration_ms,
                size=entry.size,
                retain_until=entry.retain_until,
            )
        ],
    )
    return archive.root / sealed.path


@dataclass
class Told:
    backlogs: list[SecondBacklog] = field(default_factory=list)
    results: list[str] = field(default_factory=list)

    def __call__(self, backlog: SecondBacklog, result: str) -> None:
        self.backlogs.append(backlog)
        self.results += [result] if result else []


@asynccontextmanager
async def running(
    store: Store, settings: Settings, engine: Engine, load: Load | None = None
) -> AsyncIterator[Told]:
    told = Told()
    desk = SecondPassDesk(settings, store, load or Load(), lambda: engine, told=told)
    task = asyncio.create_task(desk.run())
    try:
        yield told
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def standing(store: Store, call_id: str) -> SecondPass:
    found: list[SecondPass] = []

    async def over() -> bool:
        row = await store.second.of_call(call_id)
        if row is not None and row.state != "waiting":
            found.append(row)
        return bool(found)

    await until(over, "the end of the second pass")
    return found[0]


async def test_given_a_sealed_call_when_nobody_talks_then_heard_again_beside_the_live_words(
    store: Store, tmp_path: Path
) -> None:
    settings, engine = settings_in(tmp_path, "12328"), Engine()
    await recorded_call(store, settings, "100.1")
    async with running(store, settings, engine) as told:
        assert (await standing(store, "100.1")).state == "done"
        await until(lambda: engine.closed, "the engine's end")
    turns = await store.second.transcript("100.1")
    assert [(turn.speaker, set(turn.text.split())) for turn in turns] == [
        ("caller", {"7"}),
        ("agent", {"9"}),
    ]
    begins = [(turn.started_at - BEGIN).total_seconds() for turn in turns]
    assert begins == pytest.approx([11, 12], abs=0.02)
    assert [turn.text for turn in await store.calls.transcript("100.1")] == ["路灯坏了", "请问"]
    assert told.results == ["done"]
    assert told.backlogs[-1] == SecondBacklog(0, None, 0)


async def test_given_a_call_to_a_citizen_when_heard_again_then_the_citizen_is_the_caller(
    store: Store, tmp_path: Path
) -> None:
    settings, call_id = settings_in(tmp_path, "all"), "out-100.1"
    citizen = CallAnswered(
        at=at(10), call_id=call_id, endpoint="PJSIP/carrier-1", channel="PJSIP/carrier-1-3"
    )
    await keep(store, [citizen])
    await recorded_call(store, settings, call_id)
    async with running(store, settings, Engine()):
        assert (await standing(store, call_id)).state == "done"
    turns = await store.second.transcript(call_id)
    # the agent's own telephone is recorded: nothing is played on its side
    assert [(turn.speaker, set(turn.text.split())) for turn in turns] == [
        ("agent", {"3"}),
        ("caller", {"7"}),
        ("agent", {"9"}),
    ]


async def test_given_lines_without_it_when_calls_are_sealed_then_none_waits(
    store: Store, tmp_path: Path
) -> None:
    settings = settings_in(tmp_path, "12345")
    await recorded_call(store, settings, "100.1")
    async with running(store, settings, Engine()) as told:
        await until(lambda: told.backlogs, "a first look")
    assert await store.second.of_call("100.1") is None
    assert await store.second.plan(["all"], since=NOW - timedelta(days=1)) == 1


async def test_given_an_old_recording_when_the_setting_is_new_then_it_is_left(
    store: Store, tmp_path: Path
) -> None:
    settings = settings_in(tmp_path, "all")
    await recorded_call(store, settings, "100.1", sealed_at=NOW - timedelta(days=30))
    async with running(store, settings, Engine()) as told:
        await until(lambda: told.backlogs, "a first look")
    assert await store.second.of_call("100.1") is None


async def test_given_live_calls_when_sealed_then_it_waits_until_they_are_over(
    store: Store, tmp_path: Path
) -> None:
    settings, engine, load = settings_in(tmp_path, "all"), Engine(), Load(open=2)
    await recorded_call(store, settings, "100.1")
    async with running(store, settings, engine, load) as told:
        await until(lambda: told.backlogs and told.backlogs[-1].waiting == 1, "a call that waits")
        assert engine.streams == []
        # its own last words must be kept first
        load.open, load.undecoded = 0, {"100.1"}
        await asyncio.sleep(0)
        assert engine.streams == []
        load.undecoded.clear()
        assert (await standing(store, "100.1")).state == "done"


async def test_given_a_service_that_ends_in_the_middle_when_started_again_then_it_is_done(
    store: Store, tmp_path: Path
) -> None:
    settings, load = settings_in(tmp_path, "all"), Load()
    await recorded_call(store, settings, "100.1")

    def others_call(_: int) -> None:
        load.open = 1

    first = Engine()
    first._before_feed = others_call
    async with running(store, settings, first, load):
        await until(lambda: first.feeds, "a first piece")
    row = await store.second.of_call("100.1")
    assert row is not None
    assert row.state == "waiting"
    assert await store.second.transcript("100.1") == []
    assert first.closed
    load.open = 0
    async with running(store, settings, Engine(), load):
        assert (await standing(store, "100.1")).state == "done"
    assert len(await store.second.transcript("100.1")) == 2


@pytest.mark.parametrize("damage", ["missing", "changed"])
async def test_given_a_recording_that_is_missing_or_changed_when_its_turn_comes_then_said_and_on(
    store: Store, tmp_path: Path, damage: str
) -> None:
    settings = settings_in(tmp_path, "all")
    file = await recorded_call(store, settings, "100.1")
    await recorded_call(store, settings, "100.2")
    file.chmod(0o600)
    if damage == "missing":
        file.unlink()
    else:
        content = bytearray(file.read_bytes())
        content[len(content) // 2] ^= 0xFF
        file.write_bytes(content)
    async with running(store, settings, Engine()) as told:
        failed = await standing(store, "100.1")
        assert failed.state == "failed"
        assert "have the archive verified" in failed.reason
        assert (await standing(store, "100.2")).state == "done"
    call = await store.calls.get("100.1")
    assert call is not None
    assert call.disposition == "answered"
    assert len(await store.calls.transcript("100.1")) == 2
    assert told.backlogs[-1].failed == 1
    assert await store.second.again() == 1
    assert (await store.second.backlog()).waiting == 1


async def test_given_no_engine_when_calls_wait_then_they_go_on_waiting(
    store: Store, tmp_path: Path
) -> None:
    settings = settings_in(tmp_path, "all")
    await recorded_call(store, settings, "100.1")
    tried: list[int] = []

    def missing() -> Engine:
        tried.append(1)
        raise RecogniserError("no Whisper model")

    desk = SecondPassDesk(settings, store, Load(), missing)
    task = asyncio.create_task(desk.run())
    await until(lambda: tried, "a try")
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    gone = Engine(RecogniserGoneError("the model was not loaded", innocent=True))
    async with running(store, settings, gone):
        await until(lambda: gone.closed, "a second try")
    row = await store.second.of_call("100.1")
    assert row is not None
    assert row.state == "waiting"


@pytest.mark.parametrize(
    "error",
    [
        RecogniserGoneError("killed by signal 11", innocent=False),
        ValueError("killed by signal 11 as well"),
    ],
)
async def test_given_audio_that_kills_the_engine_when_tried_then_failed_and_the_next_is_heard(
    store: Store, tmp_path: Path, error: Exception
) -> None:
    settings = settings_in(tmp_path, "all")
    await recorded_call(store, settings, "100.1")
    await recorded_call(store, settings, "100.2")
    engine = Engine(error)
    async with running(store, settings, engine) as told:
        failed = await standing(store, "100.1")
        engine.error = None
        assert failed.state == "failed"
        assert "signal 11" in failed.reason
        await until(lambda: told.results[1:], "the next call's end")
