"""After the call: the agent hangs up first and the caller says how it was, or does not."""

from __future__ import annotations

import signal
from datetime import datetime

import pytest

from telephony.testphone import AgentBehaviour, PhoneAgent, PhoneCall, TestPhone
from tests.live.harness.api import Api, Message
from tests.live.harness.audio import likeness, samples
from tests.live.harness.hotline import Hotline, until
from tests.live.harness.records import agent_state, ended_call, reached

STRAIGHT_ON = [(0.3, "0")]


async def _talk(
    phone: TestPhone, telephones: dict[str, PhoneAgent], desk: Api, caller: str, line: str = "12345"
) -> tuple[PhoneCall, PhoneCall, str]:
    telephones["8001"].behaviour = AgentBehaviour(answer_after_s=0.2)
    await desk.state("ready")
    call = await phone.dial(line, caller=caller, keys=STRAIGHT_ON)
    agent = await telephones["8001"].next_call()
    await agent.wait_answered()
    return call, agent, (await desk.heard("call.answered"))["call_id"]


def _heard(hotline: Hotline, call: PhoneCall, prompt: str) -> float:
    said = samples(hotline.settings.prompts_dir / "zh" / f"{prompt}.wav")[:, 0]
    return likeness(samples(call.heard)[:, 0], said)


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _agent_left(record: Message) -> datetime:
    return _at(next(one["at"] for one in record["path"] if one.get("prompt") == "agent_left"))


@pytest.mark.parametrize("way", ["telephone", "button"])
async def test_given_an_agent_who_leaves_when_the_caller_rates_then_the_answer_and_true_times(
    hotline: Hotline,
    phone: TestPhone,
    telephones: dict[str, PhoneAgent],
    agents: dict[str, Api],
    admin: Api,
    way: str,
) -> None:
    caller = {"telephone": "13900000201", "button": "13900000202"}[way]
    desk = agents["8001"]
    call, agent, call_id = await _talk(phone, telephones, desk, caller, "12328")
    if way == "telephone":
        await agent.hangup()
    else:
        await desk.post(f"/api/calls/{call_id}/survey")
    await agent.wait_ended()
    # the agent's wrap-up begins, and ends, while the caller is still being asked
    await desk.heard("agent.state", lambda m: m["state"] == "wrap_up")
    await reached(admin, caller, "ivr", prompt="survey", detail="score")
    assert not call.is_ended
    await call.press("4")
    await reached(admin, caller, "ivr", prompt="survey", detail="solved")
    await agent_state(admin, "8001", "ready")
    assert not call.is_ended
    await call.press("1")
    await call.wait_ended(20)

    record = await ended_call(admin, caller)
    assert (record["hung_up_by"], record["disposition"]) == ("agent", "answered")
    left = _agent_left(record)
    assert record["talk_seconds"] == pytest.approx(
        (left - _at(record["answered_at"])).total_seconds()
    )
    assert _at(record["ended_at"]) > left
    steps = [(one["score"], one["solved"]) for one in record["path"] if one["step"] == "survey"]
    assert steps == [(4, None), (4, True)]
    page = await admin.get("/api/surveys?agent=8001&line=12328")
    answer = next(one for one in page["answers"] if one["call_id"] == call_id)
    assert (answer["score"], answer["solved"], answer["agent"]) == (4, True, "8001")
    assert page["averages"][0]["average"] == 4.0
    assert await desk.status("GET", "/api/surveys") == 403
    assert _heard(hotline, call, "survey-thanks") > 0.6


@pytest.mark.parametrize("key", ["", "9"])
async def test_given_silence_or_a_wrong_key_then_thanks_and_the_end(
    hotline: Hotline,
    phone: TestPhone,
    telephones: dict[str, PhoneAgent],
    agents: dict[str, Api],
    admin: Api,
    key: str,
) -> None:
    caller = f"1390000021{key or 0}"
    call, agent, _ = await _talk(phone, telephones, agents["8001"], caller)
    await agent.hangup()
    await reached(admin, caller, "ivr", prompt="survey", detail="score")
    if key:
        await call.press(key)
    await call.wait_ended(40)
    record = await ended_call(admin, caller)
    assert not [one for one in record["path"] if one["step"] == "survey"]
    assert record["hung_up_by"] == "agent"
    assert _heard(hotline, call, "survey-goodbye") > 0.6


async def test_given_the_survey_when_the_caller_hangs_up_then_nothing_is_left_and_next_call_comes(
    hotline: Hotline,
    phone: TestPhone,
    telephones: dict[str, PhoneAgent],
    agents: dict[str, Api],
    admin: Api,
) -> None:
    caller = "13900000221"
    call, agent, _ = await _talk(phone, telephones, agents["8001"], caller)
    await agent.hangup()
    await reached(admin, caller, "ivr", prompt="survey", detail="score")
    # the agent is free for the next caller while this one is still asked
    await agent_state(admin, "8001", "ready")
    second = await phone.dial("12345", caller="13900000222", keys=STRAIGHT_ON)
    ringing = await telephones["8001"].next_call()
    await ringing.wait_answered()
    assert not call.is_ended
    await call.hangup()
    await call.wait_ended()
    await second.hangup()
    await second.wait_ended()
    record = await ended_call(admin, caller)
    assert record["hung_up_by"] == "agent"
    other = await ended_call(admin, "13900000222")
    assert other["hung_up_by"] == "caller"


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP])
async def test_given_no_service_when_the_agent_hangs_up_then_the_caller_is_not_kept(
    hotline: Hotline,
    phone: TestPhone,
    telephones: dict[str, PhoneAgent],
    agents: dict[str, Api],
    how: signal.Signals,
) -> None:
    caller = f"139000002{int(how):02d}"
    call, agent, _ = await _talk(phone, telephones, agents["8001"], caller)
    hotline.kill_service(how)
    try:
        await agent.hangup()
        await call.wait_ended(10)
    finally:
        if how is signal.SIGKILL:
            await hotline.start_service()
        else:
            hotline.kill_service(signal.SIGCONT)
    async with hotline.api("admin") as admin:
        record = await until(lambda: _ended(admin, caller), "record of the call", 90)
    assert record is not None
    assert record["disposition"] == "answered"


async def _ended(admin: Api, caller: str) -> Message | None:
    calls = (await admin.get(f"/api/calls?caller={caller}"))["calls"]
    return calls[0] if calls and calls[0]["ended_at"] else None
