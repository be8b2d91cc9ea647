"""The service dies or freezes: features are lost for a moment, calls and records never."""

from __future__ import annotations

import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest_asyncio

from telephony.testphone import AgentBehaviour, PhoneAgent, TestPhone, heard_sounds
from tests.live.harness.api import Api, Message
from tests.live.harness.hotline import SPEECH, Hotline, until

CALLER_SAYS = SPEECH / "12_light_caller.wav"
AGENT_SAYS = SPEECH / "01_noise_agent.wav"


@pytest_asyncio.fixture(loop_scope="session")
async def seated(hotline: Hotline, telephones: dict[str, PhoneAgent]) -> AsyncIterator[PhoneAgent]:
    """Agent 8001 in the queue; the service runs again afterwards."""
    async with AsyncExitStack() as stack:
        stack.push_async_callback(_log_out, hotline)
        async with hotline.api("agent8001") as agent:
            await agent.state("ready")
        yield telephones["8001"]
        if not await hotline.serves():
            await hotline.start_service()


async def _log_out(hotline: Hotline) -> None:
    async with hotline.api("agent8001") as agent:
        await agent.state("logged_out")


async def _record(hotline: Hotline, caller: str) -> Message | None:
    """The finished record of the caller's only call, with its recording."""
    async with hotline.api("admin") as admin:
        calls = (await admin.get(f"/api/calls?caller={caller}"))["calls"]
        assert len(calls) < 2, calls
        if not calls or not calls[0]["ended_at"]:
            return None
        record: Message = await admin.get(f"/api/calls/{calls[0]['call_id']}")
        return record if record["has_recording"] else None


async def test_given_a_caller_in_the_greeting_when_the_service_is_killed_then_an_agent_answers(
    hotline: Hotline, phone: TestPhone, seated: PhoneAgent
) -> None:
    call = await phone.dial("12333", caller="13900000041")
    await call.wait_for("hears")
    hotline.kill_service()
    ringing = await seated.next_call(40)
    await ringing.wait_answered()
    await ringing.speak(AGENT_SAYS)
    await call.hangup()
    await call.wait_ended()
    assert heard_sounds(call.heard), "the caller heard nothing"

    await hotline.start_service()
    record = await until(lambda: _record(hotline, "13900000041"), "record of the call", 40)
    assert (record["line"], record["disposition"], record["agent"]) == ("12333", "answered", "8001")


async def test_given_no_service_at_all_when_a_citizen_calls_then_greeted_queued_and_recorded_later(
    hotline: Hotline, phone: TestPhone, seated: PhoneAgent
) -> None:
    hotline.kill_service()
    call = await phone.dial("093112319", caller="13900000042")
    await (await seated.next_call(40)).wait_answered()
    await call.speak(CALLER_SAYS)
    await call.hangup()
    await call.wait_ended()

    await hotline.start_service()
    record = await until(lambda: _record(hotline, "13900000042"), "record of the call", 40)
    assert record["recovered"]
    assert (record["line"], record["disposition"], record["agent"]) == ("12319", "answered", "8001")


async def test_given_a_frozen_service_when_a_citizen_calls_then_asterisk_goes_on_after_two_seconds(
    hotline: Hotline, phone: TestPhone, seated: PhoneAgent
) -> None:
    hotline.kill_service(signal.SIGSTOP)
    try:
        call = await phone.dial("12345", caller="13900000043")
        await (await seated.next_call(40)).wait_answered()
        await call.hangup()
        await call.wait_ended()
    finally:
        hotline.kill_service(signal.SIGCONT)
    record = await until(lambda: _record(hotline, "13900000043"), "record of the call", 60)
    assert (record["line"], record["disposition"]) == ("12345", "answered")


async def test_given_a_conversation_when_the_service_is_killed_then_it_goes_on_and_is_heard_again(
    hotline: Hotline, phone: TestPhone, seated: PhoneAgent
) -> None:
    seated.behaviour = AgentBehaviour(answer_after_s=0.5)
    call = await phone.dial("12345", caller="13900000044", keys=[(0.3, "0")])
    ringing = await seated.next_call()
    await ringing.wait_answered()
    hotline.kill_service()
    await call.speak(CALLER_SAYS)
    assert not call.is_ended
    assert not ringing.is_ended

    await hotline.start_service()
    async with hotline.api("agent8001") as agent:
        await agent.watch()
        snapshot = await agent.heard("snapshot")
        state = await until(lambda: _talking(agent), "state of the agent rebuilt")
        assert state, snapshot
        await ringing.speak(AGENT_SAYS)
        final = await agent.heard("transcript.final", lambda m: m["speaker"] == "agent", 40)
        assert len(final["text"]) > 5
        await call.hangup()
        await call.wait_ended()
        await agent.heard("ticket.drafted", deadline_s=30)
    record = await until(lambda: _record(hotline, "13900000044"), "record of the call", 40)
    assert (record["line"], record["disposition"], record["agent"]) == ("12345", "answered", "8001")
    assert record["talk_seconds"] > 5
    # the recording holds the whole conversation, the service's absence included
    entry = await hotline.store.calls.recording(record["call_id"])
    assert entry is not None
    assert entry.duration_ms > 1000 * record["talk_seconds"]


async def _talking(agent: Api) -> bool:
    me = await agent.get("/api/agents")
    return any(one["extension"] == "8001" and one["state"] == "talking" for one in me["agents"])
