"""Twenty calls begin each second when the plan changes: each gets the old or new, none is lost."""

from __future__ import annotations

import asyncio
import signal
import socket
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from agent_gateway.service import prepare
from agent_gateway.store import CallFilter
from agent_gateway.store.models import Call
from config.settings import load_settings
from tests.live.harness.hotline import SPEECH, Hotline, until
from tests.live.harness.midnight import ZoneFolder, midnight_after, zone_with_midnight_at
from tests.live.harness.sipp import Outcome, SippRun, run_sipp
from tests.live.harness.studio import say

NAME = '{ zh = "旧号码", en = "An old number" }'
TEXT = '{ zh = "您好，本号码已停用，请拨打12345。", en = "Please dial 12345." }'
NUMBER, CALLER = "12336", "13900000301"
SHORT = SPEECH / "06_bus_agent.wav"
PER_SECOND, CALLS = 20, 480
RUN_S = CALLS / PER_SECOND
# Calls that arrive together are worked on together: they may overtake each other by so many.
TOGETHER = 5
RETIRED = f"""
mode = "merged"
name = {NAME}
announcement = {TEXT}
languages = ["zh"]
repeats = 1
then = "hangup"
"""
DUAL = f"""
mode = "dual"
name = {NAME}
greeting = {TEXT}
"""
PREPARED_IN_S, KEPT_WITHIN_S = 120, 150
RELEASED, ANSWERED = Outcome((183,), 404, 1), Outcome((), 200, 0)


@pytest_asyncio.fixture(loop_scope="session")
async def zones(tmp_path: Path) -> AsyncIterator[ZoneFolder]:
    with ZoneFolder(tmp_path) as folder:
        yield folder


@pytest_asyncio.fixture(loop_scope="session")
async def hotline(zones: ZoneFolder) -> AsyncIterator[Hotline]:
    hotline = Hotline.make(asr={"enabled": False})
    hotline.environment = zones.environment
    plan = hotline.data_dir / "numberplan.toml"
    (hotline.data_dir / "numberplan.first").write_bytes(plan.read_bytes())
    for key in (f"announcement-{NUMBER}", f"greeting-{NUMBER}"):
        say(hotline, key, zh=SHORT, en=SHORT)
    async with hotline:
        yield hotline


@pytest.mark.timeout(PREPARED_IN_S + RUN_S + 2 * KEPT_WITHIN_S)
async def test_given_twenty_calls_a_second_when_midnight_comes_then_each_gets_its_days_treatment(
    hotline: Hotline, zones: ZoneFolder
) -> None:
    hotline.kill_service(signal.SIGTERM)
    midnight = midnight_after(hotline.started_in_s) + timedelta(seconds=RUN_S / 2)
    day = zone_with_midnight_at(midnight, zones.folder, "Test/Midnight")
    await _retire_on(hotline, day)
    await hotline.start_service()
    left = midnight - timedelta(seconds=RUN_S / 2) - datetime.now(UTC)
    assert left > timedelta(), "too slow to see the change"
    await asyncio.sleep(left.total_seconds())
    run = await _load(hotline)
    outcomes = list(run.outcomes().values())
    assert Counter(outcomes).keys() == {ANSWERED, RELEASED}
    first, last = outcomes.index(RELEASED), CALLS - 1 - outcomes[::-1].index(ANSWERED)
    assert last - first < TOGETHER
    # the change was in the middle of it
    assert CALLS / 4 < first < CALLS * 3 / 4
    await _assert_kept(hotline, run)


@pytest.mark.timeout(PREPARED_IN_S + RUN_S + 2 * KEPT_WITHIN_S)
async def test_given_twenty_calls_a_second_when_the_plan_changes_again_and_again_then_none_is_lost(
    hotline: Hotline,
) -> None:
    _write(hotline, RETIRED)
    changes = 0
    async with hotline.api("admin") as boss:
        await boss.post("/api/configuration/reload")
        load = asyncio.create_task(_load(hotline))
        try:
            while not load.done():
                await asyncio.sleep(1)
                changes += 1
                _write(hotline, DUAL if changes % 2 else RETIRED)
                await boss.post("/api/configuration/reload")
        finally:
            run = await load
    assert changes >= 3
    outcomes = Counter(run.outcomes().values())
    assert outcomes[ANSWERED] > PER_SECOND
    assert outcomes[RELEASED] > PER_SECOND
    assert outcomes.keys() == {ANSWERED, RELEASED}
    await _assert_kept(hotline, run)


def _write(hotline: Hotline, line: str) -> None:
    """The plan as it was made, and this line."""
    first = (hotline.data_dir / "numberplan.first").read_text(encoding="utf-8")
    plan = hotline.data_dir / "numberplan.toml"
    plan.write_text(f"{first}\n[lines.{NUMBER}]{line}", encoding="utf-8")


async def _retire_on(hotline: Hotline, day: date) -> None:
    config = hotline.config_file.read_text(encoding="utf-8")
    config += '\n[city]\ntimezone = "Test/Midnight"\n'
    await asyncio.to_thread(hotline.config_file.write_text, config, encoding="utf-8")
    _write(hotline, f"{DUAL}[[lines.{NUMBER}.stages]]\nfrom = {day}{RETIRED.replace(NAME, NAME)}")
    hotline.settings = load_settings(hotline.config_file)
    say(hotline, f"announcement-{NUMBER}-{day:%Y%m%d}", zh=SHORT, en=SHORT)
    await prepare(hotline.settings, hotline.secrets)
    await hotline.asterisk.command("dialplan reload")


async def _load(hotline: Hotline) -> SippRun:
    """All the calls; sipp itself must have seen every one of them to its end."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as nobody_listens:
        nobody_listens.bind(("127.0.0.1", 0))
        run = await run_sipp(
            *(hotline.installation, "to_the_end", hotline.sip, NUMBER),
            caller=CALLER,
            calls=CALLS,
            at_once=CALLS,
            per_second=PER_SECOND,
            hold_ms=1000,
            keys={"audio_port": str(nobody_listens.getsockname()[1])},
            deadline_s=RUN_S + 60,
        )
    assert run.exit_code == 0, run.errors[-3000:]
    assert len(run.outcomes()) == CALLS
    return run


async def _assert_kept(hotline: Hotline, run: SippRun) -> None:
    """Each call has one record, and it tells what its caller has seen."""
    outcomes = run.outcomes()

    async def all_over() -> Sequence[Call] | None:
        rows, total = await hotline.store.calls.page(
            CallFilter(caller=CALLER), limit=CALLS * 2, offset=0
        )
        return rows if total >= CALLS and all(row.ended_at for row in rows) else None

    rows = await until(all_over, f"{CALLS} finished records", KEPT_WITHIN_S)
    assert len(rows) == CALLS
    assert {row.sip_call_id for row in rows} == outcomes.keys()
    assert {row.line for row in rows} == {NUMBER}
    wrong = [
        (row.disposition, row.hung_up_by, row.cause, outcomes[row.sip_call_id])
        for row in rows
        if not _agree(row, outcomes[row.sip_call_id])
    ]
    assert not wrong
    await until(hotline.idle, "Asterisk without channels", 15)


def _agree(row: Call, outcome: Outcome) -> bool:
    if outcome.status == 200:
        return row.disposition.startswith("abandoned") and row.hung_up_by == "caller"
    return (row.disposition, row.hung_up_by, row.cause) == ("announced", "system", outcome.cause)
