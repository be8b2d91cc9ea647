from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from telephony.testphone import AgentBehaviour, PhoneError, TestPhone, heard_sounds

from .sounds import loudest_hertz, write_tone
from .standin import AGENT_PASSWORD, StandIn

pytestmark = [pytest.mark.live, pytest.mark.asyncio(loop_scope="package")]


async def test_given_a_registered_agent_when_called_then_both_hear_each_other(
    phone: TestPhone, hotline: StandIn, tmp_path: Path
) -> None:
    low = write_tone(tmp_path / "low.wav", 500, 1.0)
    high = write_tone(tmp_path / "high.wav", 1200, 1.0)
    agent = await phone.add_agent("agent-8001", AGENT_PASSWORD, AgentBehaviour(speak=[(0.5, high)]))

    call = await phone.dial("2001", caller="13900000042", speak=[(0.5, low)])
    rung = await agent.next_call()
    await asyncio.gather(call.wait_for("spoken"), rung.wait_for("spoken"))
    await asyncio.gather(call.wait_for("hears nothing"), rung.wait_for("hears nothing"))
    await rung.hangup()
    await asyncio.gather(call.wait_ended(), rung.wait_ended())

    assert rung.caller == "13900000042"
    assert rung.sip_call_id not in ("", call.sip_call_id)
    for listener, hertz in ((rung, 500), (call, 1200)):
        [sound] = heard_sounds(listener.heard)
        assert sound.end_ms - sound.start_ms == pytest.approx(1000, abs=80)
        heard = loudest_hertz(listener.heard, sound.start_ms, sound.end_ms)
        assert heard == pytest.approx(hertz, abs=3)
    await hotline.channels_gone()


async def test_given_an_agent_that_hangs_up_after_a_while_when_called_then_the_call_ends(
    phone: TestPhone,
) -> None:
    behaviour = AgentBehaviour(answer_after_s=0.3, hangup_after_s=0.5)
    agent = await phone.add_agent("agent-8001", AGENT_PASSWORD, behaviour)
    call = await phone.dial("2001")
    await call.wait_for("ringing")
    await call.wait_answered()
    await call.wait_ended()
    assert call.cause == 16
    [rung] = agent.calls
    assert [event.kind for event in rung.events] == ["rings", "answered", "ended"]


@pytest.mark.parametrize(("refuse", "cause", "status"), [("busy", 17, 486), ("decline", 21, 403)])
async def test_given_an_agent_that_refuses_when_called_then_the_caller_gets_its_cause(
    phone: TestPhone, refuse: str, cause: int, status: int
) -> None:
    behaviour = AgentBehaviour(refuse="busy" if refuse == "busy" else "decline")
    await phone.add_agent("agent-8001", AGENT_PASSWORD, behaviour)
    call = await phone.dial("2001")
    await call.wait_ended()
    assert (call.is_answered, call.cause, call.sip_status) == (False, cause, status)


async def test_given_an_agent_that_never_answers_when_called_then_it_rings_until_it_is_given_up(
    phone: TestPhone,
) -> None:
    agent = await phone.add_agent("agent-8001", AGENT_PASSWORD, AgentBehaviour(answer_after_s=None))
    call = await phone.dial("2001")
    rung = await agent.next_call()
    await rung.wait_ended()
    await call.wait_ended()
    assert not call.is_answered
    assert not rung.is_answered
    assert "ringing" in [event.kind for event in call.events]


async def test_given_several_agents_when_called_at_once_then_each_gets_its_own_call(
    phone: TestPhone,
) -> None:
    names = [f"agent-800{number}" for number in (1, 2, 3)]
    agents = await asyncio.gather(*(phone.add_agent(name, AGENT_PASSWORD) for name in names))
    calls = [await phone.dial(f"200{number}", caller=f"1390000000{number}") for number in (1, 2, 3)]
    await asyncio.gather(*(call.wait_answered() for call in calls))
    for number, agent in enumerate(agents, start=1):
        [rung] = agent.calls
        assert rung.caller == f"1390000000{number}"


async def test_given_a_wrong_password_when_registering_then_the_error_says_who_was_refused(
    phone: TestPhone,
) -> None:
    with pytest.raises(PhoneError, match="agent-8001: the hotline says Rejected"):
        await phone.add_agent("agent-8001", "not-the-password")


async def test_given_signs_of_a_configuration_file_when_registering_then_they_are_refused(
    phone: TestPhone,
) -> None:
    for name, password in (("a\n[x]", "b"), ("a", "b\nc=d"), ("hotline", "x"), ("a]", "b")):
        with pytest.raises(ValueError, match=r"telephone|unusable"):
            await phone.add_agent(name, password)
