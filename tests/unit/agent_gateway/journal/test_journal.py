from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from agent_gateway.journal import Journal
from agent_gateway.store import Store
from telephony.events import (
    CallArrived,
    CallEvent,
    EventBus,
    IvrStep,
    PrefillChanged,
    RecordingSealed,
    Speaker,
    TranscriptFinal,
    TranscriptPartial,
)
from tests.databases.database import Database
from tests.unit.agent_gateway.scenes import at, end, said, until, whole_call

FAST = (0.02, 0.05)


def publish(bus: EventBus, events: Sequence[CallEvent]) -> None:
    for event in events:
        bus.publish(event)


async def _ended(store: Store, call_id: str) -> bool:
    call = await store.calls.get(call_id)
    return call is not None and call.ended_at is not None


async def test_given_a_call_when_the_journal_is_left_then_all_of_it_is_kept(
    store: Store, bus: EventBus, tmp_path: Path
) -> None:
    committed: list[CallEvent] = []
    sealed = RecordingSealed(
        at=at(31),
        call_id="1.1",
        sha256="ab" * 32,
        path="2026/03/02/x.flac",
        duration_ms=29_000,
        size=1234,
        retain_until=at(366 * 86_400),
    )
    partial = TranscriptPartial(
        at=at(10), call_id="1.1", speaker=Speaker.CALLER, turn=0, text="路", start_ms=0, end_ms=9
    )
    async with Journal(store, bus, tmp_path / "spool", persisted=committed.extend):
        publish(bus, [*whole_call("1.1"), partial, sealed])
        publish(bus, [PrefillChanged(at=at(13), call_id="1.1", fields={"x": {}})])
    call = await store.calls.get("1.1")
    assert call is not None
    assert call.disposition == "answered"
    assert await store.calls.agents("1.1") == {"8001"}
    kept = [row.type for row in await store.events.of_call("1.1")]
    assert kept[0] == "CallArrived"
    assert kept[-1] == "RecordingSealed"
    assert "TranscriptPartial" not in kept
    assert "PrefillChanged" not in kept
    assert [turn.text for turn in await store.calls.transcript("1.1")] == ["路灯坏了"]
    recording = await store.calls.recording("1.1")
    assert recording is not None
    assert recording.retain_until == at(366 * 86_400)
    assert len(committed) == len(kept)
    assert not list(tmp_path.glob("spool/*"))


async def test_given_a_locked_database_when_calls_come_then_nothing_is_lost(
    store: Store, bus: EventBus, tmp_path: Path, database: Database
) -> None:
    async with Journal(store, bus, tmp_path / "spool", retry_s=FAST) as journal:
        async with database.locked():
            publish(bus, whole_call("1.1"))
            await until(lambda: journal.status.spooling, "spooling")
            publish(bus, whole_call("1.2"))
            await until(lambda: journal.status.pending == 0, "all on the disk")
            assert list(tmp_path.glob("spool/*.jsonl"))
        await until(lambda: _ended(store, "1.2"), "replayed")
        publish(bus, whole_call("1.3"))
        await until(lambda: _ended(store, "1.3"), "written directly again")
        await until(lambda: not journal.status.spooling, "not spooling any more")
    for call_id in ("1.1", "1.2"):
        rows = await store.events.of_call(call_id)
        assert [row.at for row in rows] == [event.at for event in whole_call(call_id)]
    assert not list(tmp_path.glob("spool/*"))


async def test_given_a_spool_of_a_stopped_service_when_it_starts_again_then_it_is_taken_over(
    store: Store, bus: EventBus, tmp_path: Path, database: Database
) -> None:
    async with database.locked(), Journal(store, bus, tmp_path / "spool", retry_s=FAST):
        publish(bus, whole_call("1.1"))
    assert await store.calls.get("1.1") is None
    # a line torn by the kill, and one that is nothing at all
    [file] = tmp_path.glob("spool/*.jsonl")
    with file.open("ab") as spool:
        spool.write(b'{"seq": 1, "event": {"type": "CallEnded"}}\n{"seq": 99, "eve')
    async with Journal(store, bus, tmp_path / "spool", retry_s=FAST):
        await until(lambda: _ended(store, "1.1"), "taken over")
    assert len(await store.events.of_call("1.1")) == len(whole_call("1.1"))
    assert (tmp_path / "spool" / "rejected.txt").read_bytes().count(b"\n") == 2
    assert not list(tmp_path.glob("spool/*.jsonl"))


async def test_given_a_replay_that_had_been_committed_when_repeated_then_nothing_is_double(
    store: Store, bus: EventBus, tmp_path: Path, database: Database
) -> None:
    async with database.locked(), Journal(store, bus, tmp_path / "spool", retry_s=FAST):
        publish(bus, whole_call("1.1"))
    [file] = tmp_path.glob("spool/*.jsonl")
    copy = file.read_bytes()
    async with Journal(store, bus, tmp_path / "spool", retry_s=FAST):
        await until(lambda: _ended(store, "1.1"), "taken over")
    file.write_bytes(copy)
    async with Journal(store, bus, tmp_path / "spool", retry_s=FAST):
        await until(lambda: not file.exists(), "taken over again")
    assert len(await store.events.of_call("1.1")) == len(whole_call("1.1"))


async def test_given_neither_database_nor_disk_when_calls_come_then_memory_keeps_them(
    store: Store, bus: EventBus, tmp_path: Path, database: Database
) -> None:
    spool = tmp_path / "spool"
    spool.write_text("a file where the folder should be")
    async with Journal(store, bus, spool, retry_s=FAST) as journal:
        async with database.locked():
            publish(bus, whole_call("1.1"))
            await until(lambda: journal.status.spooling, "tried")
        # the disk is still unusable: what is in memory must go to the database all the same
        spool.unlink()
        await until(lambda: _ended(store, "1.1"), "kept")
        assert journal.status.lost == 0


async def test_given_an_event_no_database_takes_when_published_then_only_it_is_set_aside(
    store: Store, bus: EventBus, tmp_path: Path
) -> None:
    monster = TranscriptFinal(
        at=at(12),
        call_id="1.1",
        speaker=Speaker.CALLER,
        turn=2**70,
        text="x",
        start_ms=0,
        end_ms=1,
        started_at=at(12),
    )
    events = whole_call("1.1")
    async with Journal(store, bus, tmp_path / "spool") as journal:
        publish(bus, [*events[:3], monster, *events[3:]])
        await until(lambda: _ended(store, "1.1"), "the others are kept")
        assert not journal.status.spooling
    assert len(await store.events.of_call("1.1")) == len(events)
    assert (tmp_path / "spool" / "rejected.txt").read_text().count("\n") == 1


@pytest.mark.parametrize("name", ["\x00'; DROP TABLE calls; --", "\ud800\udfff", "<script>"])
async def test_given_hostile_text_when_kept_then_it_is_only_text(
    store: Store, bus: EventBus, tmp_path: Path, database: Database, name: str
) -> None:
    arrived = CallArrived(
        at=at(0), call_id="1.1", channel="c", caller=name, dialled="12345", caller_name=name
    )
    async with Journal(store, bus, tmp_path / "spool", retry_s=FAST):
        async with database.locked():
            publish(bus, [arrived])
            await until(lambda: list(tmp_path.glob("spool/*.jsonl")), "through the spool too")
        await until(lambda: store.calls.get("1.1"), "kept")
    assert not (tmp_path / "spool" / "rejected.txt").exists()


async def test_given_a_service_that_started_in_mid_call_when_it_ends_then_there_is_a_record(
    store: Store, bus: EventBus, tmp_path: Path
) -> None:
    async with Journal(store, bus, tmp_path / "spool"):
        publish(bus, [IvrStep(at=at(3), call_id="1.1", step="menu"), said("1.1", 0, "喂")])
        publish(bus, [end("1.1")])
    call = await store.calls.get("1.1")
    assert call is not None
    assert call.arrived_at == at(3)
    assert call.ended_at == at(30)
