"""Who is rung for which caller, and where callers go on when nobody answers."""

from __future__ import annotations

import asyncio
import json
import signal
from collections.abc import AsyncIterator
from itertools import count

import pytest_asyncio

from telephony.testphone import PhoneAgent, PhoneCall, TestPhone
from tests.live.harness.api import Api, Message
from tests.live.harness.hotline import Hotline, until
from tests.live.harness.records import agent_state, ended_call, reached
from tests.live.queues.conftest import LABOUR_LINE

NUMBERS = count(13900002000)
PERSON, ENGLISH = [(0.3, "0")], [(0.3, "9"), (2.0, "0")]


async def _skills(api: Api, extension: str, **skills: int) -> Message:
    agents = (await api.get("/api/agents"))["agents"]
    read = next(one["skills"] for one in agents if one["extension"] == extension)
    said: Message = await api.put(f"/api/agents/{extension}/skills", skills=skills, read=read)
    return said


@pytest_asyncio.fixture(autouse=True, loop_scope="session")
async def _no_skills_afterwards(admin: Api) -> AsyncIterator[None]:
    yield
    for extension in ("8001", "8002"):
        await _skills(admin, extension)


async def _over(call: PhoneCall) -> None:
    await call.hangup()
    await call.wait_ended()


def _steps(record: Message, step: str) -> list[Message]:
    return [one for one in record["path"] if one["step"] == step]


async def test_given_levels_then_the_best_free_agent_is_rung_first(
    phone: TestPhone,
    telephones: dict[str, PhoneAgent],
    agents: dict[str, Api],
    admin: Api,
) -> None:
    await _skills(admin, "8001", hotline=2)
    await _skills(admin, "8002", hotline=1)
    for api in agents.values():
        await api.state("ready")
    for _ in range(2):
        # rrmemory alone would ring the other one the second time
        call = await phone.dial("12345", keys=PERSON)
        await (await telephones["8002"].next_call()).wait_answered()
        await _over(call)
        await agent_state(admin, "8002", "ready")
    assert not telephones["8001"].calls
    first = await phone.dial("12345", keys=PERSON)
    await (await telephones["8002"].next_call()).wait_answered()
    second = await phone.dial("12345", keys=PERSON)
    await (await telephones["8001"].next_call()).wait_answered()
    await _over(first)
    await _over(second)


async def test_given_an_english_speaker_then_english_callers_and_no_others_ring_there(
    phone: TestPhone, telephones: dict[str, PhoneAgent], agents: dict[str, Api], admin: Api
) -> None:
    said = await _skills(admin, "8002", english=1)
    assert said["queues"] == {"english": 1}
    for api in agents.values():
        await api.state("ready")
    english, chinese = str(next(NUMBERS)), str(next(NUMBERS))
    call = await phone.dial("12345", caller=english, keys=ENGLISH)
    other = await phone.dial("12345", caller=chinese, keys=PERSON)
    assert (await telephones["8002"].next_call()).caller == english
    assert (await telephones["8001"].next_call()).caller == chinese
    await reached(admin, english, "answered")
    await _over(call)
    await _over(other)
    assert (await ended_call(admin, english))["queue"] == "english"
    assert (await ended_call(admin, chinese))["queue"] == "hotline"


async def test_given_a_caller_who_chooses_english_while_waiting_then_the_english_queue(
    phone: TestPhone, telephones: dict[str, PhoneAgent], agents: dict[str, Api], admin: Api
) -> None:
    await _skills(admin, "8002", english=1)
    await agents["8002"].state("ready")
    number = str(next(NUMBERS))
    call = await phone.dial("12345", caller=number, keys=PERSON)
    await reached(admin, number, "queued", queue="hotline")
    await call.press("9")
    await (await telephones["8002"].next_call()).wait_answered()
    await _over(call)
    assert (await ended_call(admin, number))["queue"] == "english"


async def test_given_no_english_speaker_then_the_caller_goes_on_to_the_default_queue(
    phone: TestPhone, telephones: dict[str, PhoneAgent], agents: dict[str, Api], admin: Api
) -> None:
    await agents["8001"].state("ready")
    number = str(next(NUMBERS))
    call = await phone.dial("12345", caller=number, keys=ENGLISH)
    await reached(admin, number, "queued", queue="english")
    assert not telephones["8001"].calls
    await (await telephones["8001"].next_call()).wait_answered()
    await _over(call)
    record = await ended_call(admin, number)
    assert (record["queue"], record["agent"]) == ("hotline", "8001")
    left = [(one["queue"], one["reason"]) for one in _steps(record, "left_queue")]
    assert left == [("english", "timeout"), ("hotline", "answered")]
    overflow = [one["detail"] for one in _steps(record, "ivr") if one["prompt"] == "overflow"]
    assert overflow == ["english hotline"]


async def test_given_nobody_anywhere_then_the_way_ends_in_the_default_queue_and_waits_there(
    phone: TestPhone, telephones: dict[str, PhoneAgent], agents: dict[str, Api], admin: Api
) -> None:
    number = str(next(NUMBERS))
    # keys do not turn the clock back, or this caller would stay in the first queue
    keys = [(1.0 + 1.5 * n, "0") for n in range(5)]
    call = await phone.dial(LABOUR_LINE, caller=number, keys=keys)
    await reached(admin, number, "queued", queue="backup")
    # backup overflows to labour, where the caller was: on to the end
    await reached(admin, number, "queued", queue="hotline")
    assert not call.is_ended
    await agents["8002"].state("ready")
    await (await telephones["8002"].next_call()).wait_answered()
    await _over(call)
    record = await ended_call(admin, number)
    assert record["queue"] == "hotline"
    visits = [one["queue"] for one in _steps(record, "queued")]
    assert list(dict.fromkeys(visits)) == ["labour", "backup", "hotline"]


async def test_given_no_service_then_the_dialplan_overflows_by_itself(
    hotline: Hotline,
    phone: TestPhone,
    telephones: dict[str, PhoneAgent],
    agents: dict[str, Api],
    admin: Api,
) -> None:
    await _skills(admin, "8001", hotline=1)
    await agents["8001"].state("ready")
    number = str(next(NUMBERS))
    hotline.kill_service(signal.SIGKILL)
    try:
        call = await phone.dial(LABOUR_LINE, caller=number)
        answered = await telephones["8001"].next_call(60)
        await answered.wait_answered()
        assert answered.caller == number
        await _over(call)
    finally:
        await hotline.start_service()


async def test_given_an_agent_at_work_when_skills_change_then_the_seat_follows_at_once(
    hotline: Hotline, agents: dict[str, Api], admin: Api
) -> None:
    async def sits(queue: str) -> bool:
        return "agent-8001" in await hotline.asterisk.command(f"queue show {queue}")

    await agents["8001"].state("ready")
    assert await sits("hotline")
    assert await sits("labour")
    assert not await sits("english")
    await agents["8001"].state("break", "用餐")
    await _skills(admin, "8001", english=3)
    assert await sits("english")
    assert not await sits("hotline")
    said = await hotline.asterisk.command("queue show english")
    assert "penalty 2" in said
    assert "paused:用餐" in said
    # by the command it counts when the agent is ready again
    told = json.loads(await hotline.command("user", "skills", "agent8001", "hotline=1", "--json"))
    assert told["queues"] == {"hotline": 1}
    await agents["8001"].state("ready")
    assert await sits("hotline")
    assert not await sits("english")
    path = "/api/agents/8001/skills"
    body = {"skills": {"nowhere": 1}, "read": {"hotline": 1}}
    assert await admin.status("PUT", path, json=body) == 422
    assert await agents["8001"].status("PUT", path, json={**body, "skills": {}}) == 403
    trail = await hotline.store.audit.latest(20)
    assert ("admin", "agent8001", "english=3") in {
        (one.user, one.object, one.detail) for one in trail if one.action == "user.skills"
    }


async def test_given_a_service_that_comes_back_then_agents_are_where_they_were(
    hotline: Hotline, agents: dict[str, Api], admin: Api
) -> None:
    await _skills(admin, "8002", english=1)
    await agents["8002"].state("ready")
    hotline.kill_service(signal.SIGKILL)
    await hotline.start_service()

    async def ready() -> bool:
        await asyncio.sleep(0)
        state = (await admin.get("/api/agents"))["agents"]
        return any(one["extension"] == "8002" and one["state"] == "ready" for one in state)

    await until(ready, "agent 8002 ready")
    assert "agent-8002" not in await hotline.asterisk.command("queue show hotline")
