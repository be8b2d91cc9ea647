"""Agents who do not answer, refuse, vanish, take a break: no caller is lost by it."""

from __future__ import annotations

import asyncio
import json

import pytest

from telephony.testphone import AgentBehaviour, PhoneAgent, TestPhone
from tests.live.harness.api import Api
from tests.live.harness.hotline import Hotline, until


@pytest.mark.parametrize(
    ("behaviour", "outcome"),
    [
        (AgentBehaviour(answer_after_s=None), "no_answer"),
        (AgentBehaviour(answer_after_s=0.2, refuse="busy"), "busy"),
        (AgentBehaviour(answer_after_s=0.2, refuse="decline"), "refused"),
    ],
    ids=["no answer", "busy", "declined"],
)
async def test_given_an_agent_who_does_not_take_the_call_then_the_next_one_gets_it(
    phone: TestPhone,
    telephones: dict[str, PhoneAgent],
    agents: dict[str, Api],
    behaviour: AgentBehaviour,
    outcome: str,
) -> None:
    telephones["8001"].behaviour = behaviour
    await agents["8001"].state("ready")
    call = await phone.dial("12345", keys=[(0.3, "0")])
    await telephones["8001"].next_call()
    await agents["8002"].state("ready")
    taken = await telephones["8002"].next_call(30)
    await taken.wait_answered()
    ended = await agents["8001"].heard("call.offer_ended")
    assert ended["outcome"] == outcome
    await call.hangup()
    await call.wait_ended()


async def test_given_one_agent_who_misses_calls_then_a_break_with_its_reason_and_the_caller_waits(
    hotline: Hotline,
    phone: TestPhone,
    telephones: dict[str, PhoneAgent],
    agents: dict[str, Api],
) -> None:
    telephones["8001"].behaviour = AgentBehaviour(answer_after_s=0.1, refuse="decline")
    await agents["8001"].state("ready")
    call = await phone.dial("12345", keys=[(0.3, "0")])
    missed = await agents["8001"].heard("agent.state", lambda m: m["state"] == "break", 30)
    assert missed["reason"] == "missed"
    assert not call.is_ended
    telephones["8001"].behaviour = AgentBehaviour()
    await agents["8001"].state("ready")
    await agents["8001"].heard("call.answered", deadline_s=30)
    await call.hangup()
    await call.wait_ended()


async def test_given_two_callers_and_two_agents_then_each_agent_gets_one_caller(
    phone: TestPhone, telephones: dict[str, PhoneAgent], agents: dict[str, Api]
) -> None:
    for api in agents.values():
        await api.state("ready")
    callers = ("13900000031", "13900000032")
    calls = [await phone.dial("12345", caller=caller, keys=[(0.3, "0")]) for caller in callers]
    rung = [await telephones[extension].next_call() for extension in agents]
    for one in rung:
        await one.wait_answered()
    assert {one.caller for one in rung} == set(callers)
    assert all(len(telephones[extension].calls) == 1 for extension in agents)
    for call in calls:
        await call.hangup()
        await call.wait_ended()


async def test_given_an_agent_on_break_then_the_call_goes_to_the_other(
    phone: TestPhone, telephones: dict[str, PhoneAgent], agents: dict[str, Api]
) -> None:
    for api in agents.values():
        await api.state("ready")
    await agents["8001"].state("break", "用餐")
    call = await phone.dial("12345", keys=[(0.3, "0")])
    await (await telephones["8002"].next_call()).wait_answered()
    assert not telephones["8001"].calls
    await call.hangup()
    await call.wait_ended()


async def test_given_a_call_that_is_over_then_wrap_up_and_ready_again_by_itself(
    phone: TestPhone, telephones: dict[str, PhoneAgent], agents: dict[str, Api]
) -> None:
    agent = agents["8001"]
    telephones["8001"].behaviour = AgentBehaviour(hangup_after_s=1.0)
    await agent.state("ready")
    call = await phone.dial("12345", keys=[(0.3, "0")])
    await call.wait_ended()
    ended = await agent.heard("call.ended")
    assert ended["hung_up_by"] == "agent"
    await agent.heard("agent.state", lambda m: m["state"] == "wrap_up")
    states = [m["state"] for m in agent.messages if m["type"] == "agent.state"]
    assert states[-1] in ("wrap_up", "ready")
    await until(lambda: _last_state(agent, "ready"), "end of the wrap-up")


async def test_given_an_agent_added_by_command_whose_telephone_vanishes_then_no_call_is_swallowed(
    hotline: Hotline,
    phone: TestPhone,
    telephones: dict[str, PhoneAgent],
    agents: dict[str, Api],
) -> None:
    added = json.loads(
        await hotline.command("user", "add", "agent8003", "--extension", "8003", "--json")
    )
    async with Api(hotline.web, "agent8003", added["password"]) as third:
        async with TestPhone(hotline.installation, hotline.sip) as other:
            await other.add_agent("agent-8003", added["sip_password"])
            assert (await third.state("ready"))["reachable"]
        # the telephone is gone, the seat is still in the queue
        call = await phone.dial("12345", keys=[(0.3, "0")])
        await agents["8002"].state("ready")
        await (await telephones["8002"].next_call(30)).wait_answered()
        await call.hangup()
        await call.wait_ended()
        await third.state("logged_out")


async def _last_state(api: Api, state: str) -> bool:
    await asyncio.sleep(0)
    states = [m["state"] for m in api.messages if m["type"] == "agent.state"]
    return bool(states) and states[-1] == state
