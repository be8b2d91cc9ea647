"""Calls handed on: whoever answers, refuses or hangs up, the caller has somebody or music."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from telephony.testphone import AgentBehaviour, PhoneAgent, PhoneCall, TestPhone
from tests.live.harness.api import Api, Message
from tests.live.harness.audio import likeness, samples
from tests.live.harness.hotline import DEPARTMENT_NUMBER, SPEECH, until
from tests.live.harness.records import ended_call
from tests.live.harness.trunk import Trunk

CALLER_SAYS = SPEECH / "02_noise_caller.wav"
AGENT_SAYS = SPEECH / "01_noise_agent.wav"
TARGET_SAYS = SPEECH / "03_noise_agent.wav"
HEARD, NOT_HEARD = 0.6, 0.4
EMERGENCY, DRILL = "110", "0931999"


@dataclass
class Outside:
    """The telephones beyond the trunk."""

    department: PhoneAgent
    emergency: PhoneAgent
    drill: PhoneAgent

    @property
    def all(self) -> tuple[PhoneAgent, ...]:
        return self.department, self.emergency, self.drill


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def _outside(phone: TestPhone, first_trunk: Trunk) -> Outside:
    return Outside(*(phone.add_number(one) for one in (DEPARTMENT_NUMBER, EMERGENCY, DRILL)))


@pytest_asyncio.fixture(loop_scope="session")
async def outside(_outside: Outside, first_trunk: Trunk) -> AsyncIterator[Outside]:
    first_trunk.works = True
    for telephone in _outside.all:
        telephone.behaviour = AgentBehaviour(answer_after_s=0.3)
        telephone.calls.clear()
        while not telephone._ringing.empty():
            telephone._ringing.get_nowait()
    yield _outside
    first_trunk.works = True


@dataclass
class Conversation:
    """A caller and agent 8001 who talk."""

    call_id: str
    caller: PhoneCall
    agent: PhoneCall
    desk: Api
    number: str

    async def order(self, what: str, **body: object) -> Message:
        answer: Message = await self.desk.post(f"/api/calls/{self.call_id}/{what}", **body)
        return answer

    async def begin(self, kind: str, target: str = "department:") -> Message:
        return await self.order("transfer", kind=kind, target=target)

    async def state(self, state: str, reason: str = "", deadline_s: float = 15.0) -> Message:
        return await self.desk.heard(
            "transfer.changed",
            lambda m: m["state"] == state and (not reason or m["reason"] == reason),
            deadline_s,
        )


@pytest_asyncio.fixture(loop_scope="session")
async def talk(
    phone: TestPhone,
    telephones: dict[str, PhoneAgent],
    agents: dict[str, Api],
    outside: Outside,
    request: pytest.FixtureRequest,
) -> Conversation:
    desk = agents["8001"]
    await desk.state("ready")
    number = f"1390000{1000 + abs(hash(request.node.name)) % 9000}"
    caller = await phone.dial("12345", caller=number, keys=[(0.3, "0")])
    agent = await telephones["8001"].next_call()
    await agent.wait_answered()
    pop = (await desk.heard("call.answered"))["call_id"]
    return Conversation(pop, caller, agent, desk, number)


def _department(api_directory: Message) -> str:
    target: str = api_directory["departments"][0]["target"]
    return target


async def _say(*said: tuple[PhoneCall, Path]) -> None:
    for call, wav in said:
        await call.speak(wav)


def _heard(call: PhoneCall, wav: Path) -> float:
    return likeness(samples(call.heard)[:, 0], samples(wav)[:, 0])


async def _sealed(admin: Api, call_id: str, folder: Path) -> Path:
    async def fetch() -> bytes:
        status, body = await admin.download(f"/api/recordings/{call_id}")
        return body if status == 200 else b""

    file = folder / "recording.flac"
    file.write_bytes(await until(fetch, "sealed recording"))
    return file


async def test_given_a_talk_when_a_department_joins_then_all_three_hear_each_other(
    talk: Conversation, outside: Outside, admin: Api, tmp_path: Path
) -> None:
    target = _department(await talk.desk.get("/api/directory"))
    assert (await talk.begin("three_way", target))["state"] == "three_way_ringing"
    third = await outside.department.next_call()
    await talk.state("three_way")
    await _say((talk.caller, CALLER_SAYS), (talk.agent, AGENT_SAYS), (third, TARGET_SAYS))
    final = await talk.desk.heard("transcript.final", lambda m: m["speaker"] == "third", 30)
    assert final["call_id"] == talk.call_id

    # the agent leaves, the others go on; then the target hangs up and the caller waits for an agent
    await talk.order("complete")
    await talk.agent.wait_ended()
    await talk.state("handed_over")
    assert not talk.caller.is_ended
    await talk.desk.heard("agent.state", lambda m: m["state"] == "wrap_up")
    await talk.desk.state("logged_out")
    await third.hangup()
    await talk.state("returned") if False else None
    await talk.caller.hangup()
    for call in (talk.caller, third):
        await call.wait_ended()

    for listener, others in (
        (talk.caller, (AGENT_SAYS, TARGET_SAYS)),
        (talk.agent, (CALLER_SAYS, TARGET_SAYS)),
        (third, (CALLER_SAYS, AGENT_SAYS)),
    ):
        for wav in others:
            assert _heard(listener, wav) > HEARD, (listener.number, wav.name)
    record = await ended_call(admin, talk.number)
    assert (record["agent"], record["disposition"]) == ("8001", "answered")
    recording = samples(await _sealed(admin, talk.call_id, tmp_path))
    assert likeness(recording[:, 0], samples(CALLER_SAYS)[:, 0]) > HEARD
    assert likeness(recording[:, 1], samples(TARGET_SAYS)[:, 0]) > HEARD
