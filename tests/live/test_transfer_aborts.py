"""Every way in which a transfer goes wrong: who is with the caller then, and what the caller hears.

``tests/live/test_transfers.py`` has each single failure; here are the chains of them, the rarer
ones, and what the caller hears meanwhile.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from agent_gateway.auth import Accounts, Role
from agent_gateway.service.asterisk_config import apply_endpoints
from telephony.testphone import AgentBehaviour, PhoneAgent, PhoneCall, TestPhone
from tests.live.harness.api import Api
from tests.live.harness.hotline import Hotline, until
from tests.live.harness.listening import longest_silence
from tests.live.harness.talk import (
    AGENT_SAYS,
    CALLER_SAYS,
    DEPARTMENT,
    EMERGENCY,
    HEARD,
    TARGET_SAYS,
    Conversation,
    Outside,
    heard,
    say,
)

SILENCE_S = 2.0
REASONS = {
    "busy": AgentBehaviour(answer_after_s=0.3, refuse="busy"),
    "refused": AgentBehaviour(answer_after_s=0.3, refuse="decline"),
    "unknown_number": AgentBehaviour(answer_after_s=0.3, refuse="vacant"),
    "no_answer": AgentBehaviour(answer_after_s=None),
}
KINDS = ("consult", "three_way", "emergency")


async def _begin(talk: Conversation, kind: str) -> None:
    if kind == "emergency":
        await talk.order("emergency", line=EMERGENCY)
    else:
        await talk.begin(kind)


def _target(outside: Outside, kind: str) -> PhoneAgent:
    return outside.emergency if kind == "emergency" else outside.department


_TOGETHER = {"consult": "consulting", "three_way": "three_way", "emergency": "three_way"}


@pytest.mark.parametrize("kind", KINDS)
async def test_given_a_target_that_fails_in_every_way_when_invited_then_caller_and_agent_go_on(
    talk: Conversation, outside: Outside, kind: str
) -> None:
    waits = []
    for reason, behaviour in REASONS.items():
        _target(outside, kind).behaviour = behaviour
        talk.desk.messages.clear()
        began = talk.caller.elapsed_s
        await _begin(talk, kind)
        said = await talk.state("together", deadline_s=25)
        waits.append((began, talk.caller.elapsed_s))
        assert said["reason"] == reason
        assert not talk.agent.is_ended
    await say((talk.caller, CALLER_SAYS), (talk.agent, AGENT_SAYS))
    await talk.caller.hangup()
    await talk.caller.wait_ended()
    await talk.agent.wait_ended()
    assert heard(talk.caller, AGENT_SAYS) > HEARD
    assert heard(talk.agent, CALLER_SAYS) > HEARD
    if kind == "consult":
        for began, ended in waits:
            assert longest_silence(talk.caller, began, ended) < SILENCE_S


@pytest.mark.parametrize("reason", REASONS)
async def test_given_a_blind_transfer_when_the_target_fails_then_there_is_music_and_an_agent(
    talk: Conversation,
    outside: Outside,
    agents: dict[str, Api],
    telephones: dict[str, PhoneAgent],
    reason: str,
) -> None:
    outside.department.behaviour = REASONS[reason]
    telephones["8002"].behaviour = AgentBehaviour(answer_after_s=1.0)
    await agents["8002"].state("ready")
    await talk.desk.state("break")
    began = talk.caller.elapsed_s
    await talk.begin("blind")
    await talk.agent.wait_ended()
    await talk.state("returned", reason, 20)
    second = await telephones["8002"].next_call()
    await second.wait_answered()
    ended = talk.caller.elapsed_s
    await second.speak(AGENT_SAYS)
    await talk.caller.hangup()
    await talk.caller.wait_ended()
    assert heard(talk.caller, AGENT_SAYS) > HEARD
    assert longest_silence(talk.caller, began, ended) < SILENCE_S


@pytest.mark.parametrize("reason", ["busy", "refused", "no_answer"])
async def test_given_a_colleague_who_does_not_take_a_blind_transfer_then_music_and_an_agent(
    talk: Conversation, telephones: dict[str, PhoneAgent], reason: str
) -> None:
    telephones["8002"].behaviour = REASONS[reason]
    began = talk.caller.elapsed_s
    await talk.begin("blind", "agent:8002")
    await talk.agent.wait_ended()
    await talk.state("returned", reason, 25)
    # the first agent is free again by now, and is the only one in the queue
    again = await telephones["8001"].next_call()
    await again.wait_answered()
    ended = talk.caller.elapsed_s
    await again.speak(AGENT_SAYS)
    await talk.caller.hangup()
    await talk.caller.wait_ended()
    assert len(telephones["8002"].calls) == 1
    assert heard(talk.caller, AGENT_SAYS) > HEARD
    assert longest_silence(talk.caller, began, ended) < SILENCE_S


@pytest.mark.parametrize("kind", ["blind", "consult", "three_way", "emergency"])
async def test_given_caller_and_target_alone_when_the_target_hangs_up_then_the_caller_gets_an_agent(
    talk: Conversation,
    outside: Outside,
    agents: dict[str, Api],
    telephones: dict[str, PhoneAgent],
    kind: str,
) -> None:
    await agents["8002"].state("ready")
    await talk.desk.state("break")
    if kind == "blind":
        await talk.begin("blind")
    else:
        await _begin(talk, kind)
        await talk.state(_TOGETHER[kind])
        await talk.agent.hangup()
    third = await _target(outside, kind).next_call()
    await talk.state("handed_over")
    await third.speak(TARGET_SAYS)
    began = talk.caller.elapsed_s
    await third.hangup()
    await talk.state("returned", "target hung up")
    second = await telephones["8002"].next_call()
    await second.wait_answered()
    ended = talk.caller.elapsed_s
    await second.speak(AGENT_SAYS)
    await talk.caller.hangup()
    await talk.caller.wait_ended()
    assert heard(talk.caller, TARGET_SAYS) > HEARD
    assert heard(talk.caller, AGENT_SAYS) > HEARD
    assert longest_silence(talk.caller, began, ended) < SILENCE_S


@pytest.mark.parametrize("kind", KINDS)
async def test_given_a_ringing_target_when_the_agent_hangs_up_then_music_until_it_answers(
    talk: Conversation, outside: Outside, kind: str
) -> None:
    _target(outside, kind).behaviour = AgentBehaviour(answer_after_s=4.0)
    await _begin(talk, kind)
    third = await _target(outside, kind).next_call()
    began = talk.caller.elapsed_s
    await talk.agent.hangup()
    await talk.state("handed_over")
    ended = talk.caller.elapsed_s
    await _go_on(talk.caller, third, TARGET_SAYS)
    assert longest_silence(talk.caller, began, ended) < SILENCE_S


@pytest.mark.parametrize("kind", KINDS)
async def test_given_a_ringing_target_when_the_agent_hangs_up_and_it_fails_then_an_agent_answers(
    talk: Conversation,
    outside: Outside,
    agents: dict[str, Api],
    telephones: dict[str, PhoneAgent],
    kind: str,
) -> None:
    _target(outside, kind).behaviour = AgentBehaviour(answer_after_s=2.0, refuse="busy")
    await agents["8002"].state("ready")
    await talk.desk.state("break")
    await _begin(talk, kind)
    await _target(outside, kind).next_call()
    began = talk.caller.elapsed_s
    await talk.agent.hangup()
    second = await telephones["8002"].next_call()
    await second.wait_answered()
    ended = talk.caller.elapsed_s
    await second.speak(AGENT_SAYS)
    await talk.caller.hangup()
    await talk.caller.wait_ended()
    assert heard(talk.caller, AGENT_SAYS) > HEARD
    assert longest_silence(talk.caller, began, ended) < SILENCE_S


@pytest.mark.parametrize("answered", [True, False])
@pytest.mark.parametrize("kind", ["blind", "three_way", "emergency"])
async def test_given_a_transfer_when_the_caller_hangs_up_then_everybody_is_released(
    talk: Conversation, outside: Outside, kind: str, answered: bool
) -> None:
    telephone = _target(outside, kind)
    telephone.behaviour = AgentBehaviour(answer_after_s=0.1 if answered else None)
    await _begin(talk, kind)
    third = await telephone.next_call()
    if answered:
        await talk.state(_TOGETHER.get(kind, "handed_over"))
    await talk.caller.hangup()
    for call in (talk.caller, talk.agent, third):
        await call.wait_ended(10)
    await talk.desk.heard("agent.state", lambda m: m["state"] == "wrap_up")


@pytest.mark.parametrize("kind", KINDS)
async def test_given_a_target_that_joined_when_it_hangs_up_then_the_agent_is_not_alone_with_music(
    talk: Conversation, outside: Outside, kind: str
) -> None:
    await _begin(talk, kind)
    third = await _target(outside, kind).next_call()
    await talk.state(_TOGETHER[kind])
    await third.hangup()
    await talk.state("together", "target hung up")
    await say((talk.caller, CALLER_SAYS), (talk.agent, AGENT_SAYS))
    await talk.caller.hangup()
    for call in (talk.caller, talk.agent):
        await call.wait_ended()
    assert heard(talk.caller, AGENT_SAYS) > HEARD
    assert heard(talk.agent, CALLER_SAYS) > HEARD


@pytest.mark.parametrize("kind", ["blind", "consult", "three_way", "emergency"])
async def test_given_a_transfer_when_the_agents_browser_dies_then_it_goes_on_and_can_be_ended(
    hotline: Hotline, talk: Conversation, outside: Outside, kind: str
) -> None:
    _target(outside, kind).behaviour = AgentBehaviour(answer_after_s=1.0)
    await _begin(talk, kind)
    await talk.desk.vanish()
    third = await _target(outside, kind).next_call()
    await third.wait_answered()
    if kind != "blind":
        # the agent opens the page anew, sees where the call is, and goes on from there
        async with hotline.api("agent8001") as page:
            await page.watch()
            assert talk.call_id in str(await page.heard("snapshot"))

            async def handed_over() -> bool:
                path = f"/api/calls/{talk.call_id}/complete"
                return await page.status("POST", path) == 200

            await until(handed_over, "handing over from a new page", 10)
    await talk.agent.wait_ended()
    await _go_on(talk.caller, third, TARGET_SAYS)


async def _go_on(caller: PhoneCall, other: PhoneCall, says: Path) -> None:
    """Both talk and hear each other, and it ends when the caller hangs up."""
    await say((caller, CALLER_SAYS), (other, says))
    await caller.hangup()
    for call in (caller, other):
        await call.wait_ended()
    assert heard(other, CALLER_SAYS) > HEARD
    assert heard(caller, says) > HEARD


@pytest_asyncio.fixture(loop_scope="session")
async def as_shipped(hotline: Hotline) -> AsyncIterator[None]:
    """Afterwards a telephone without a sound counts as dead after the 120 s that are shipped."""
    yield
    await apply_endpoints(hotline.settings, hotline.secrets)


@contextlib.asynccontextmanager
async def _doomed_agent(
    hotline: Hotline, extension: str
) -> AsyncIterator[tuple[Api, TestPhone, PhoneAgent]]:
    """A ready agent whose telephone counts as dead after four seconds without a sound."""
    account = await Accounts(hotline.store, "tests").add(
        f"agent{extension}", Role.AGENT, extension=extension
    )
    await apply_endpoints(hotline.settings, hotline.secrets)
    pjsip = hotline.settings.asterisk_dir / "etc" / "pjsip.conf"
    assert f"[agent-{extension}]" in pjsip.read_text(encoding="utf-8")
    pjsip.write_text(pjsip.read_text("utf-8").replace("rtp_timeout = 120", "rtp_timeout = 4"))
    await hotline.asterisk.command("module reload res_pjsip.so")
    async with (
        Api(hotline.web, account.username, account.password) as desk,
        TestPhone(hotline.installation, hotline.sip) as doomed,
    ):
        telephone = await doomed.add_agent(account.sip_user, account.sip_password)
        await desk.watch()
        await desk.state("ready")
        yield desk, doomed, telephone


async def test_given_a_talk_when_the_agents_telephone_loses_its_power_then_a_colleague_answers(
    hotline: Hotline,
    phone: TestPhone,
    telephones: dict[str, PhoneAgent],
    agents: dict[str, Api],
    as_shipped: None,
) -> None:
    async with _doomed_agent(hotline, "8019") as (desk, doomed, telephone):
        caller = await phone.dial("12345", caller="13900008019", keys=[(0.3, "0")])
        await (await telephone.next_call()).wait_answered()
        await agents["8001"].state("ready")
        # nobody to be asked: the dialplan knows it by itself
        hotline.kill_service()
        try:
            doomed.lose_power()
            colleague = await telephones["8001"].next_call(20)
            await colleague.wait_answered()
        finally:
            await hotline.start_service()
        await desk.state("logged_out")
    await _go_on(caller, colleague, AGENT_SAYS)


@pytest.mark.parametrize("kind", KINDS)
async def test_given_a_transfer_when_the_agents_telephone_loses_its_power_then_two_go_on(
    hotline: Hotline,
    phone: TestPhone,
    telephones: dict[str, PhoneAgent],
    agents: dict[str, Api],
    outside: Outside,
    as_shipped: None,
    kind: str,
) -> None:
    extension = f"801{KINDS.index(kind)}"
    async with _doomed_agent(hotline, extension) as (desk, doomed, telephone):
        caller = await phone.dial("12345", caller=f"1390000{extension}", keys=[(0.3, "0")])
        agent = await telephone.next_call()
        await agent.wait_answered()
        call_id = (await desk.heard("call.answered"))["call_id"]
        talk = Conversation(call_id, caller, agent, desk, "")
        await _begin(talk, kind)
        third = await _target(outside, kind).next_call()
        await talk.state(_TOGETHER[kind])
        doomed.lose_power()
        await talk.state("handed_over", "agent hung up", 20)
        await desk.state("logged_out")
    await _go_on(caller, third, TARGET_SAYS)


@pytest.mark.parametrize("target", [DEPARTMENT, "agent:8002"])
async def test_given_an_order_a_moment_before_the_target_answers_then_nobody_is_left_alone(
    hotline: Hotline,
    talk: Conversation,
    outside: Outside,
    telephones: dict[str, PhoneAgent],
    target: str,
) -> None:
    """The order to stop and the answer cross: both outcomes are right, a third one is not."""
    telephone = outside.department if target == DEPARTMENT else telephones["8002"]
    telephone.behaviour = AgentBehaviour(answer_after_s=None)
    for pause in (0.0, 0.02, 0.1):
        talk.desk.messages.clear()
        await talk.begin("consult", target)
        third = await telephone.next_call()
        await talk.state("consult_ringing")
        await asyncio.gather(third.answer(), _later(pause, talk.order("abort")))
        await third.wait_ended(10)
    assert not talk.caller.is_ended
    await say((talk.caller, CALLER_SAYS), (talk.agent, AGENT_SAYS))
    await talk.caller.hangup()
    for call in (talk.caller, talk.agent):
        await call.wait_ended()
    assert heard(talk.caller, AGENT_SAYS) > HEARD
    assert heard(talk.agent, CALLER_SAYS) > HEARD


async def _later(seconds: float, work: object) -> None:
    await asyncio.sleep(seconds)
    await work  # type: ignore[misc]  # a coroutine
