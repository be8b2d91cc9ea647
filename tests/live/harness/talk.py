"""A caller and an agent who talk, and the telephones beyond the trunk that may join them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from config.directory import DEFAULT_DIRECTORY
from telephony.testphone import AgentBehaviour, PhoneAgent, PhoneCall
from tests.live.harness.api import Api, Message
from tests.live.harness.audio import likeness, samples
from tests.live.harness.hotline import SPEECH, until

CALLER_SAYS = SPEECH / "02_noise_caller.wav"
AGENT_SAYS = SPEECH / "01_noise_agent.wav"
TARGET_SAYS = SPEECH / "03_noise_agent.wav"
HEARD, NOT_HEARD = 0.6, 0.4
DEPARTMENT = f"department:{json.loads(DEFAULT_DIRECTORY.read_text())['departments'][0]['key']}"
EMERGENCY, DRILL = "110", "0931999"


def fresh(telephone: PhoneAgent, answer_after_s: float = 0.0) -> None:
    """Let a telephone answer every call, and forget those that it had."""
    telephone.behaviour = AgentBehaviour(answer_after_s=answer_after_s)
    telephone.calls.clear()
    while not telephone._ringing.empty():
        telephone._ringing.get_nowait()


@dataclass
class Outside:
    """The telephones beyond the trunk."""

    department: PhoneAgent
    emergency: PhoneAgent
    drill: PhoneAgent

    @property
    def all(self) -> tuple[PhoneAgent, ...]:
        return self.department, self.emergency, self.drill

    def reset(self) -> None:
        """Every telephone answers soon, and knows of no call."""
        for telephone in self.all:
            fresh(telephone, answer_after_s=0.3)


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

    async def begin(self, kind: str, target: str = DEPARTMENT) -> Message:
        return await self.order("transfer", kind=kind, target=target)

    async def state(self, state: str, reason: str = "", deadline_s: float = 15.0) -> Message:
        return await self.desk.heard(
            "transfer.changed",
            lambda m: m["state"] == state and (not reason or m["reason"] == reason),
            deadline_s,
        )


async def say(*said: tuple[PhoneCall, Path]) -> None:
    """Each says a file, one after the other."""
    for call, wav in said:
        await call.speak(wav)


def heard(call: PhoneCall, wav: Path) -> float:
    """How surely the telephone has heard the file."""
    return likeness(samples(call.heard)[:, 0], samples(wav)[:, 0])


async def sealed(admin: Api, call_id: str, folder: Path, part: str = "") -> Path:
    """The call's recording (or a part of it) from the archive, once it is there."""

    async def fetch() -> bytes:
        status, body = await admin.download(f"/api/recordings/{call_id}?part={part}")
        return body if status == 200 else b""

    file = folder / f"recording{part}.flac"
    file.write_bytes(await until(fetch, "sealed recording"))
    return file
