"""A caller whose packets come late, in disorder, or not at all."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from telephony.testphone import PhoneAgent, PhoneCall, TestPhone
from tests.live.conftest import NUMBERS
from tests.live.harness.api import Api, Message
from tests.live.harness.hotline import SPEECH, Hotline, until
from tests.live.harness.rough import RoughWay
from tests.live.harness.talk import AGENT_SAYS, HEARD, NOT_HEARD, heard
from tests.live.harness.words import alike, said_in

FIRST, SECOND = SPEECH / "12_light_caller.wav", SPEECH / "13_wages_caller.wav"
EXACT_S = 0.7


def spoken_at(call: PhoneCall, wav: Path) -> float:
    return next(one.at_s for one in call.events if (one.kind, one.detail) == ("speaks", wav.name))


# RTP numbers from 0 to 65535: in the upper half, and from the end to the beginning in mid-call
@pytest.mark.parametrize("first_number", [40000, 65300])
async def test_given_packets_late_lost_and_in_disorder_when_the_caller_speaks_then_all_is_heard(
    hotline: Hotline,
    telephones: dict[str, PhoneAgent],
    agents: dict[str, Api],
    admin: Api,
    first_number: int,
) -> None:
    await agents["8001"].state("ready")
    async with (
        RoughWay(hotline.sip, seed=20260713, first_number=first_number) as way,
        TestPhone(hotline.installation, way.address) as phone,
    ):
        caller = await phone.dial("12345", caller=f"1390000{next(NUMBERS)}", keys=[(0.3, "0")])
        agent = await telephones["8001"].next_call()
        await agent.wait_answered()
        call_id = (await agents["8001"].heard("call.answered"))["call_id"]
        await caller.speak(FIRST)
        await agent.speak(AGENT_SAYS)
        await caller.speak(SECOND)

        async def both() -> list[Message] | None:
            turns = (await admin.get(f"/api/calls/{call_id}/transcript"))["turns"]
            mine = [turn for turn in turns if turn["speaker"] == "caller"]
            said = "".join(turn["text"] for turn in mine)
            return mine if alike(said, said_in(FIRST.name) + said_in(SECOND.name)) > 0.6 else None

        turns = await until(both, "all that the caller said", 40)
        await caller.hangup()
        await caller.wait_ended()
        await agent.wait_ended()
        assert way.lost > 0
        assert way.overtaken > 5
        assert heard(caller, AGENT_SAYS) > HEARD
        for wav in (FIRST, SECOND):
            assert heard(agent, wav) > NOT_HEARD, wav.name
        assert turns is not None
        between_s = spoken_at(caller, SECOND) - spoken_at(caller, FIRST)
    # nothing is there twice
    said = "".join(turn["text"] for turn in turns)
    assert len(said) < 1.3 * len(said_in(FIRST.name) + said_in(SECOND.name))
    second = next(turn for turn in turns if alike(turn["text"], said_in(SECOND.name)) > 0.4)
    began = [datetime.fromisoformat(one["started_at"]) for one in (turns[0], second)]
    assert abs((began[1] - began[0]).total_seconds() - between_s) < EXACT_S
