"""Supervisors in agents' calls: who hears whom, and that no call is disturbed by it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import pytest
import pytest_asyncio

from telephony.testphone import AgentBehaviour, PhoneAgent, PhoneCall, TestPhone
from tests.live.harness.api import Api, Message
from tests.live.harness.audio import likeness, samples
from tests.live.harness.hotline import SPEECH, Hotline, until
from tests.live.harness.records import agent_state, ended_call
from tests.live.harness.talk import (
    AGENT_SAYS,
    CALLER_SAYS,
    HEARD,
    NOT_HEARD,
    TARGET_SAYS,
    heard,
    sealed,
)
from tests.live.queues.conftest import SUPERVISOR, SUPERVISOR_PHONE

NUMBERS = count(13900003000)
WHISPERED = TARGET_SAYS
SPOKEN_TO_BOTH = SPEECH / "06_bus_agent.wav"


@dataclass
class Talk:
    """A caller and agent 8001 who talk, and a supervisor at a page and a telephone."""

    call_id: str
    caller: PhoneCall
    agent: PhoneCall
    number: str
    supervisor: Api
    phone: PhoneAgent

    async def order(self, mode: str) -> Message:
        answer: Message = await self.supervisor.post("/api/agents/8001/supervision", mode=mode)
        return answer

    async def state(self, state: str, reason: str = "") -> Message:
        return await self.supervisor.heard(
            "supervision.changed", lambda m: (m["state"], m["reason"]) == (state, reason)
        )

    async def go_on_and_hang_up(self) -> None:
        """Both speak, hear each other, and the caller hangs up."""
        await self.caller.speak(CALLER_SAYS)
        await self.agent.speak(AGENT_SAYS)
        assert not self.agent.is_ended
        await self.caller.hangup()
        await self.caller.wait_ended()
        await self.agent.wait_ended()
        assert heard(self.caller, AGENT_SAYS) > HEARD
        assert heard(self.agent, CALLER_SAYS) > HEARD


@pytest_asyncio.fixture(loop_scope="session")
async def talk(
    phone: TestPhone,
    telephones: dict[str, PhoneAgent],
    agents: dict[str, Api],
    supervisor: Api,
) -> Talk:
    await agents["8001"].state("ready")
    number = str(next(NUMBERS))
    caller = await phone.dial("12345", caller=number, keys=[(0.3, "0")])
    agent = await telephones["8001"].next_call()
    await agent.wait_answered()
    call_id = (await agents["8001"].heard("call.answered"))["call_id"]
    return Talk(call_id, caller, agent, number, supervisor, telephones[SUPERVISOR_PHONE])


async def test_given_a_talk_when_whispered_then_only_the_agent_hears_it(
    talk: Talk, admin: Api, hotline: Hotline, tmp_path: Path
) -> None:
    assert (await talk.order("listen"))["state"] == "ringing"
    ear = await talk.phone.next_call()
    assert ear.caller == "8001"
    await talk.state("listen")
    await talk.caller.speak(CALLER_SAYS)
    await talk.agent.speak(AGENT_SAYS)
    assert (await talk.order("whisper"))["state"] == "listen"
    await talk.state("whisper")
    await ear.speak(WHISPERED)
    await talk.order("barge")
    await talk.state("barge")
    await ear.speak(SPOKEN_TO_BOTH)
    assert not ear.is_ended
    await talk.caller.hangup()
    for call in (talk.caller, talk.agent, ear):
        await call.wait_ended()
    await talk.state("over")

    both = (CALLER_SAYS, AGENT_SAYS)
    for listener, hears, not_these in (
        (talk.caller, (AGENT_SAYS, SPOKEN_TO_BOTH), (WHISPERED,)),
        (talk.agent, (CALLER_SAYS, WHISPERED, SPOKEN_TO_BOTH), ()),
        (ear, both, ()),
    ):
        for wav in hears:
            assert heard(listener, wav) > HEARD, (listener.number, wav.name)
        for wav in not_these:
            assert heard(listener, wav) < NOT_HEARD, (listener.number, wav.name)

    record = await ended_call(admin, talk.number)
    told = [one for one in record["path"] if one["step"] == "supervised"]
    assert [one["mode"] for one in told] == ["listen", "whisper", "barge"]
    assert {(one["supervisor"], one["by"], one["agent"]) for one in told} == {
        (SUPERVISOR_PHONE, SUPERVISOR, "8001")
    }
    assert [one["to"] for one in told[:2]] == [one["at"] for one in told[1:]]
    assert told[2]["to"] <= record["ended_at"].replace("Z", "+00:00")
    assert (record["agent"], record["disposition"]) == ("8001", "answered")

    recording = samples(await sealed(admin, talk.call_id, tmp_path))
    sides: tuple[tuple[tuple[Path, ...], tuple[Path, ...]], ...] = (
        ((CALLER_SAYS,), (AGENT_SAYS, WHISPERED, SPOKEN_TO_BOTH)),
        ((AGENT_SAYS,), (CALLER_SAYS, WHISPERED)),
    )
    for side, (within, without) in enumerate(sides):
        for wav in within:
            assert likeness(recording[:, side], samples(wav)[:, 0]) > HEARD, (side, wav.name)
        for wav in without:
            assert likeness(recording[:, side], samples(wav)[:, 0]) < NOT_HEARD, (side, wav.name)
    # what the supervisor said is a part of its own
    [part] = record["parts"]
    joined = samples(await sealed(admin, talk.call_id, tmp_path, part["part"]))
    for wav in (WHISPERED, SPOKEN_TO_BOTH):
        assert likeness(joined[:, 0], samples(wav)[:, 0]) > HEARD, wav.name
    # the supervisor's telephone was no call of its own
    calls = (await admin.get("/api/calls?limit=50"))["calls"]
    assert not [one for one in calls if SUPERVISOR_PHONE in (one["caller"], one["dialled"])]
    trail = [one.action for one in await hotline.store.audit.latest(30)]
    assert {f"supervision.{mode}" for mode in ("listen", "whisper", "barge")} <= set(trail)


@pytest.mark.parametrize("mode", ["listen", "whisper", "barge"])
async def test_given_a_supervisor_in_a_call_when_leaving_then_the_call_goes_on(
    talk: Talk, mode: str
) -> None:
    await talk.order(mode)
    ear = await talk.phone.next_call()
    await talk.state(mode)
    if mode == "whisper":
        assert await talk.supervisor.status("DELETE", "/api/supervision") == 204
    else:
        await ear.wait_answered()
        await ear.hangup()
    await ear.wait_ended()
    await talk.state("over")
    await talk.go_on_and_hang_up()


async def test_given_a_barge_when_changed_to_listening_then_the_call_goes_on(talk: Talk) -> None:
    await talk.order("barge")
    ear = await talk.phone.next_call()
    await talk.state("barge")
    await ear.speak(SPOKEN_TO_BOTH)
    await talk.order("listen")
    await talk.state("listen")
    await ear.speak(WHISPERED)
    await talk.go_on_and_hang_up()
    await ear.wait_ended()
    assert heard(talk.caller, SPOKEN_TO_BOTH) > HEARD
    for listener in (talk.caller, talk.agent):
        assert heard(listener, WHISPERED) < NOT_HEARD
    assert heard(ear, CALLER_SAYS) > HEARD


TROUBLES = {
    "busy": AgentBehaviour(answer_after_s=0.2, refuse="busy"),
    "refused": AgentBehaviour(answer_after_s=0.2, refuse="decline"),
    "no_answer": AgentBehaviour(answer_after_s=None),
}


@pytest.mark.parametrize("reason", TROUBLES)
async def test_given_a_supervisor_who_does_not_answer_then_told_and_the_call_goes_on(
    talk: Talk, reason: str
) -> None:
    talk.phone.behaviour = TROUBLES[reason]
    await talk.order("barge")
    await talk.state("over", reason)
    await talk.go_on_and_hang_up()


async def test_given_a_dead_telephone_or_no_call_then_a_plain_refusal(
    hotline: Hotline, talk: Talk, agents: dict[str, Api], admin: Api
) -> None:
    path = "/api/agents/{}/supervision"
    listen = {"json": {"mode": "listen"}}
    assert await talk.supervisor.status("POST", path.format("8002"), **listen) == 409
    assert await admin.status("POST", path.format("8001"), **listen) == 409
    assert await agents["8002"].status("POST", path.format("8001"), **listen) == 403
    words = ("tingbujian", "--role", "supervisor", "--extension", "8010")
    await hotline.command("user", "add", *words)
    # nothing has registered as 8010
    new = await hotline.command("user", "passwd", "tingbujian", "--json")
    async with Api(hotline.web, "tingbujian", json.loads(new)["password"]) as deaf:
        await deaf.post("/api/agents/8001/supervision", mode="listen")
        await talk.state("over", "unreachable")
    await talk.go_on_and_hang_up()


async def test_given_a_call_that_ends_while_the_supervisor_is_rung_then_the_ringing_ends(
    talk: Talk,
) -> None:
    talk.phone.behaviour = TROUBLES["no_answer"]
    await talk.order("listen")
    ringing = await talk.phone.next_call()
    await talk.caller.hangup()
    await ringing.wait_ended()
    await talk.supervisor.heard("supervision.changed", lambda m: m["state"] == "over")


async def test_given_a_supervisor_in_a_call_when_the_service_dies_then_all_go_on_and_it_is_known(
    talk: Talk, hotline: Hotline, admin: Api
) -> None:
    await talk.order("listen")
    ear = await talk.phone.next_call()
    await talk.state("listen")
    hotline.kill_service()
    assert not ear.is_ended
    await talk.caller.speak(CALLER_SAYS)
    await hotline.start_service()
    assert not ear.is_ended

    async def known() -> bool:
        path = "/api/agents/8001/supervision"
        return await talk.supervisor.status("POST", path, json={"mode": "whisper"}) == 200

    await until(known, "the supervision that goes on")
    await ear.speak(WHISPERED)
    await talk.caller.hangup()
    await ear.wait_ended()
    await talk.agent.wait_ended()
    assert heard(ear, CALLER_SAYS) > HEARD
    assert heard(talk.agent, WHISPERED) > HEARD
    assert heard(talk.caller, WHISPERED) < NOT_HEARD


async def test_given_a_talk_when_the_agent_is_logged_out_by_force_then_the_call_is_finished_first(
    talk: Talk, agents: dict[str, Api], admin: Api, hotline: Hotline
) -> None:
    said = await talk.supervisor.post("/api/agents/8001/state", state="logged_out")
    assert said["state"] == "talking"
    assert "agent-8001" not in await hotline.asterisk.command("queue show hotline")
    await talk.go_on_and_hang_up()
    await agent_state(admin, "8001", "logged_out")
    again = {"json": {"state": "ready"}}
    assert await talk.supervisor.status("POST", "/api/agents/8001/state", **again) == 409
    trail = [(one.user, one.action, one.object) for one in await hotline.store.audit.latest(20)]
    assert (SUPERVISOR, "agent.logged_out", "8001") in trail
