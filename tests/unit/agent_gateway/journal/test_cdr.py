from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_gateway.journal import CDR_COLUMNS, CdrRecovery, Disposition, fold_call
from agent_gateway.journal.cdr_lines import CdrLine, calls_of
from agent_gateway.store import Entry, Store
from telephony.events import IvrStep
from tests.unit.agent_gateway.scenes import arrival, until, whole_call

# As Asterisk 22.10 wrote them: abandoned in the greeting, answered, abandoned while it rang, and
# answered after a missed ring.
REAL = b"""\
"h-1795381198.0","h-1795381198.0","12328","13900000001","s","queue","PJSIP/trunk-00000000","",\
"Playback","1795381198.474451","1795381198.475628","1795381204.489466","6","6","ANSWERED"
"h-1795381204.2","h-1795381204.2","12345","13900000002","s","queue","PJSIP/trunk-00000001",\
"PJSIP/agent-8001-00000002","Queue","1795381204.523443","1795381204.528200","1795381219.665965",\
"15","15","ANSWERED"
"h-1795381219.5","h-1795381219.5","12345","13900000003","s","queue","PJSIP/trunk-00000003",\
"PJSIP/agent-8001-00000004","Queue","1795381219.673327","1795381219.673877","1795381231.801937",\
"12","12","NO ANSWER"
"h-1795381231.8","h-1795381231.8","12345","13900000004","s","queue","PJSIP/trunk-00000005",\
"PJSIP/agent-8001-00000006","Queue","1795381231.807381","1795381231.808532","1795381246.931395",\
"15","15","NO ANSWER"
"h-1795381231.8","h-1795381231.8","12345","13900000004","s","queue","PJSIP/trunk-00000005",\
"PJSIP/agent-8002-00000007","Queue","1795381247.935005","1795381247.935005","1795381250.447368",\
"2","2","ANSWERED"
"""
EAR = REAL.splitlines(keepends=True)[0].replace(b"PJSIP/trunk-00000000", b"Local/spy@x-1;1")


def _time(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


class Setting:
    """A CDR file and the recovery that reads it, without its own clock."""

    def __init__(self, folder: Path, store: Store) -> None:
        self.file = folder / "hotline.csv"
        self.state = folder / "spool" / "place.json"
        self.recovered: list[str] = []
        self.recovery = CdrRecovery(store, self.file, self.state, recovered=self.recovered.append)

    def append(self, data: bytes) -> None:
        with self.file.open("ab") as file:
            file.write(data)


@pytest.fixture
def setting(tmp_path: Path, store: Store) -> Setting:
    return Setting(tmp_path, store)


def test_given_asterisk_s_lines_when_read_then_each_call_is_understood() -> None:
    lines = [CdrLine.parse(raw) for raw in [*REAL.splitlines(keepends=True), EAR]]
    calls = calls_of(lines)
    assert {call_id: call.disposition for call_id, call in calls.items()} == {
        "h-1795381198.0": Disposition.ABANDONED_IN_IVR,
        "h-1795381204.2": Disposition.ANSWERED,
        "h-1795381219.5": Disposition.ABANDONED_RINGING,
        "h-1795381231.8": Disposition.ANSWERED,
    }
    last = calls["h-1795381231.8"]
    assert (last.line, last.caller, last.agent) == ("12345", "13900000004", "8002")
    assert last.arrived_at == _time(1795381231.807381)
    assert last.answered_at == _time(1795381247.935005)
    assert last.ended_at == _time(1795381250.447368)


def test_given_the_recogniser_s_ears_and_agents_own_calls_when_read_then_they_are_no_calls() -> (
    None
):
    own = EAR.replace(b"Local/spy@x-1;1", b"PJSIP/agent-8001-0000001")
    assert calls_of([CdrLine.parse(EAR), CdrLine.parse(own)]) == {}


@given(st.binary(max_size=200) | st.text().map(str.encode))
def test_given_any_bytes_when_parsed_then_a_line_or_a_plain_refusal(raw: bytes) -> None:
    with contextlib.suppress(ValueError, OverflowError, OSError):
        assert CdrLine.parse(raw).linkedid


def test_given_a_line_torn_anywhere_when_parsed_then_it_is_whole_or_refused() -> None:
    whole = REAL.splitlines()
    for cut in range(len(REAL)):
        for raw in REAL[:cut].splitlines(keepends=True):
            with contextlib.suppress(ValueError):
                CdrLine.parse(raw)
                assert raw.strip() in whole


async def test_given_calls_nobody_heard_when_looked_then_each_gets_a_record(
    setting: Setting, store: Store
) -> None:
    setting.append(REAL)
    assert not await setting.recovery.look()
    assert len(setting.recovered) == 4
    call = await store.calls.get("h-1795381204.2")
    assert call is not None
    assert call.recovered
    assert call.disposition == "answered"
    assert await store.calls.agents("h-1795381204.2") == {"8001"}
    assert set(await store.calls.without_ticket()) == {"h-1795381204.2", "h-1795381231.8"}


async def test_given_a_call_the_journal_knows_when_looked_then_it_is_left_alone(
    setting: Setting, store: Store
) -> None:
    events = whole_call("h-1795381204.2")
    await store.events.append([Entry(n, event) for n, event in enumerate(events)], fold_call)
    setting.append(REAL)
    await setting.recovery.look()
    call = await store.calls.get("h-1795381204.2")
    assert call is not None
    assert not call.recovered
    assert call.line == "12328"
    assert "h-1795381204.2" not in setting.recovered


async def test_given_a_call_whose_end_was_not_heard_when_looked_then_only_the_rest_is_added(
    setting: Setting, store: Store
) -> None:
    events = arrival("h-1795381204.2")
    await store.events.append([Entry(n, event) for n, event in enumerate(events)], fold_call)
    setting.append(REAL)
    await setting.recovery.look()
    call = await store.calls.get("h-1795381204.2")
    assert call is not None
    assert call.recovered
    assert (call.line, call.caller_name) == ("12328", "张三")
    assert call.ended_at == _time(1795381219.665965)
    assert call.disposition == "answered"
    assert [step["step"] for step in call.path] == ["ivr", "queued"]


async def test_given_a_torn_last_line_when_looked_then_it_waits_for_its_rest(
    setting: Setting, store: Store
) -> None:
    lines = REAL.splitlines(keepends=True)
    setting.append(b"garbage,\xff\x00\n" + lines[0] + lines[1][:70])
    await setting.recovery.look()
    assert setting.recovered == ["h-1795381198.0"]
    setting.append(lines[1][70:])
    await setting.recovery.look()
    assert setting.recovered == ["h-1795381198.0", "h-1795381204.2"]


async def test_given_a_restart_when_looked_again_then_reading_goes_on_where_it_was(
    setting: Setting, store: Store, tmp_path: Path
) -> None:
    setting.append(REAL)
    await setting.recovery.look()
    size = setting.file.stat().st_size
    assert f'"offset": {size}' in setting.state.read_text()
    setting.state.write_text("{broken")
    assert not await Setting(tmp_path, store).recovery.look()
    assert f'"offset": {size}' in setting.state.read_text()


async def test_given_a_rotated_file_when_looked_then_the_new_one_is_read_from_its_start(
    setting: Setting,
) -> None:
    lines = REAL.splitlines(keepends=True)
    setting.append(lines[0] + lines[2])
    await setting.recovery.look()
    setting.file.rename(setting.file.with_suffix(".1"))
    setting.append(lines[1])
    await setting.recovery.look()
    assert "h-1795381204.2" in setting.recovered


async def test_given_a_call_that_ended_just_now_when_looked_then_the_journal_goes_first(
    setting: Setting,
) -> None:
    now = datetime.now(UTC).timestamp()
    line = REAL.splitlines(keepends=True)[1].replace(b"1795381219.665965", b"%.6f" % now)
    setting.append(line.replace(b"1795381204", b"%d" % (now - 15)))
    await setting.recovery.look()
    assert setting.recovered == []
    assert not setting.state.exists() or '"offset": 0' in setting.state.read_text()


async def test_given_a_call_with_one_old_and_one_new_leg_when_looked_then_both_wait(
    setting: Setting, store: Store
) -> None:
    now = datetime.now(UTC).timestamp()
    lines = REAL.splitlines(keepends=True)
    setting.append(lines[0] + lines[3])
    setting.append(lines[4].replace(b"1795381250.447368", b"%.6f" % (now + 60)))
    await setting.recovery.look()
    assert setting.recovered == ["h-1795381198.0"]
    place = setting.state.read_text()
    assert f'"offset": {len(lines[0])}' in place


async def test_given_a_recording_known_before_its_call_when_recovered_then_the_arrival_is_right(
    setting: Setting, store: Store
) -> None:
    step = IvrStep(at=_time(1795381230), call_id="h-1795381204.2", step="x")
    await store.events.append([Entry(1, step)], fold_call)
    setting.append(REAL)
    await setting.recovery.look()
    call = await store.calls.get("h-1795381204.2")
    assert call is not None
    assert call.arrived_at == _time(1795381204.523443)


async def test_given_no_file_yet_when_looked_then_nothing_happens(setting: Setting) -> None:
    assert not await setting.recovery.look()


@pytest.fixture
async def running(setting: Setting) -> AsyncIterator[Setting]:
    setting.append(REAL)
    async with setting.recovery:
        yield setting


async def test_given_a_start_when_running_then_the_file_is_looked_at_at_once(
    running: Setting,
) -> None:
    await until(lambda: len(running.recovered) == 4, "recovered")
    await asyncio.sleep(0)


def test_given_the_columns_when_rendered_into_a_dialplan_function_then_nothing_breaks_out() -> None:
    assert all(set(name) <= set("abcdefghijklmnopqrstuvwxyz,") for name in CDR_COLUMNS)


@pytest.mark.parametrize(
    ("context", "outcome"),
    [
        ("announced", Disposition.ANNOUNCED),
        ("released", Disposition.ANNOUNCED),
        ("vacant", Disposition.VACANT),
        ("inbound", Disposition.ABANDONED_IN_IVR),
    ],
)
def test_given_a_number_out_of_service_when_recovered_then_told_by_where_the_dialplan_was(
    context: str, outcome: Disposition
) -> None:
    line = REAL.splitlines(keepends=True)[0].replace(b'"queue"', f'"{context}"'.encode())
    (call,) = calls_of([CdrLine.parse(line)]).values()
    assert call.disposition == outcome
