"""Callers, agents and targets do anything in any order: no call is lost, none is forgotten."""

from __future__ import annotations

import asyncio
import os
import re
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from random import Random

import aiohttp
import pytest
import pytest_asyncio
import soundfile
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from telephony.testphone import PhoneAgent, TestPhone
from tests.live.harness.api import Api
from tests.live.harness.crowd import Caller, Crowd, by_hand, settled
from tests.live.harness.hotline import Hotline
from tests.live.harness.records import record_of
from tests.live.harness.talk import Outside

# Seconds for all sequences together. More than the default also means other ones at each run.
LONG = os.environ.get("HOTLINE_SEQUENCES_SECONDS", "")
BUDGET_S = float(LONG or 90)
LEAST_STEPS, MOST_STEPS = 10, 20
PAUSES_S = (0.0, 0.05, 0.3, 1.0)
TIMERS_TO_SPARE = 10

_began: list[float] = []


@pytest_asyncio.fixture(loop_scope="session")
async def crowd(
    hotline: Hotline,
    phone: TestPhone,
    telephones: dict[str, PhoneAgent],
    outside: Outside,
) -> AsyncIterator[Crowd]:
    """Everybody at their places; the agents are in the queue."""
    async with AsyncExitStack() as stack:

        async def user(name: str) -> Api:
            api = hotline.api(name)
            return await stack.enter_async_context(api)

        seats = {extension: await user(f"agent{extension}") for extension in telephones}
        yield Crowd(hotline, phone, outside, telephones, await user("admin"), seats)
        if hotline.service_pid is None:
            await hotline.start_service()
        for api in seats.values():
            await api.state("logged_out")


@pytest.mark.timeout(BUDGET_S + 240)
@settings(
    max_examples=10_000 if LONG else 100,
    deadline=None,
    derandomize=not LONG,
    database=None,
    # a sequence takes seconds: the one that failed is told as it was, not looked for a shorter one
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(seed=st.integers(0, 2**32 - 1))
async def test_given_any_sequence_of_deeds_when_all_have_hung_up_then_every_call_is_kept(
    crowd: Crowd, seed: int
) -> None:
    _began[:] = _began or [time.monotonic()]
    if time.monotonic() - _began[0] > BUDGET_S:
        return
    choice = Random(seed)
    # a start of the service takes as long as a whole sequence
    crowd.begin(seed, may_kill=choice.random() < 0.25)
    for telephone in crowd.all_telephones().values():
        by_hand(telephone)
    for extension in crowd.agents:
        await crowd.state(extension, "ready")
    at_first = await _under_way(crowd.hotline)
    if choice.random() < 0.75:
        await crowd.open()
    for _ in range(choice.randint(LEAST_STEPS, MOST_STEPS)):
        await crowd.act(choice)
        await asyncio.sleep(choice.choice(PAUSES_S))
    await crowd.go()
    await _nothing_is_left(crowd, at_first)
    await _each_answered_call_is_kept(crowd)


async def _nothing_is_left(crowd: Crowd, at_first: dict[str, float]) -> None:
    hotline = crowd.hotline
    left: list[str] = []

    async def gone() -> bool:
        left[:] = await hotline.channels()
        for question in ("bridge show all", "confbridge list"):
            said = (await hotline.asterisk.command(question)).splitlines()
            left.extend(line for line in said if re.match(r"[0-9a-f]{8}-|hotline-", line))
        return not left

    await settled(gone, lambda: crowd.report(f"left in Asterisk: {left}"))

    async def at_rest() -> bool:
        agents = (await crowd.admin.get("/api/agents"))["agents"]
        left[:] = [
            f"{one['extension']} {one['state']} {one['call_id']}"
            for one in agents
            if one["call_id"] or one["state"] in ("talking", "ringing", "wrap_up")
        ]
        return not left

    await settled(at_rest, lambda: crowd.report(f"agents who still have a call: {left}"))

    async def calm() -> bool:
        now = await _under_way(hotline)
        spare = {"timers": TIMERS_TO_SPARE}
        left[:] = [
            f"{name}: {number:g}, before {at_first.get(name, 0):g}"
            for name, number in now.items()
            if number > at_first.get(name, 0) + spare.get(name, 0)
        ]
        return not left

    await settled(calm, lambda: crowd.report(f"left in the service: {left}"))


async def _under_way(hotline: Hotline) -> dict[str, float]:
    """Calls, tasks and timers of the service, by name."""
    async with aiohttp.ClientSession() as http, http.get(f"{hotline.web}/metrics") as answer:
        text = await answer.text()
    figures = {
        name: float(number)
        for name, number in re.findall(r'^hotline_tasks\{name="(.*)"\} (\S+)$', text, re.MULTILINE)
    }
    for name in ("timers", "calls_live"):
        found = re.search(rf"^hotline_{name} (\S+)$", text, re.MULTILINE)
        assert found, name
        figures[name] = float(found[1])
    # as many as there are requests and pages just now
    for name in ("unnamed", "live"):
        figures.pop(name, None)
    return figures


async def _each_answered_call_is_kept(crowd: Crowd) -> None:
    missing: list[str] = []

    async def kept() -> bool:
        missing[:] = [
            f"{one.number}: {fault}"
            for one in crowd.callers
            if (fault := await _fault(crowd, one)) is not None
        ]
        return not missing

    await settled(kept, lambda: crowd.report(f"not kept: {missing}"))


async def _fault(crowd: Crowd, one: Caller) -> str | None:
    """What is wrong with the record of a call; None when nothing is."""
    if not one.call.is_answered:
        return None
    record = await record_of(crowd.admin, one.number)
    if record is None or not record["ended_at"]:
        return "no record" if record is None else "a record without an end"
    if not record["has_recording"]:
        at = {event.kind: event.at_s for event in one.call.events}
        # who hangs up in the moment of the answer may have gone before there was any sound
        return "no recording" if at["ended"] - at["answered"] > 1 else None
    status, body = await crowd.admin.download(f"/api/recordings/{record['call_id']}")
    if status != 200:
        return f"recording: {status}"
    file = Path(crowd.hotline.data_dir) / "played.flac"
    file.write_bytes(body)
    sound, _ = soundfile.read(file)
    return None if len(sound) else "an empty recording"
