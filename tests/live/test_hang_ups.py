"""Whoever hangs up, whenever: the call is told rightly, recorded, and nothing of it stays."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from telephony.testphone import AgentBehaviour, PhoneAgent, TestPhone
from tests.live.harness.api import Api, Message
from tests.live.harness.audio import samples
from tests.live.harness.hotline import Hotline
from tests.live.harness.records import agent_state, ended_call, reached, waiting

STRAIGHT_ON = [(0.3, "0")]
NORMAL = 16


def _end(record: Message) -> tuple[str, str, int]:
    return record["disposition"], record["hung_up_by"], record["cause"]


async def _was_heard(admin: Api, record: Message, folder: Path) -> bool:
    """Whether the recording has something of what was said to the caller: at least the greeting."""
    status, body = await admin.download(f"/api/recordings/{record['call_id']}")
    assert status == 200
    file = folder / "recording.flac"
    file.write_bytes(body)
    told = samples(file)[:, 1]
    return bool(np.max(np.abs(told), initial=0.0) > 0.01)


async def test_given_the_greeting_when_the_caller_hangs_up_then_abandoned_before_the_queue(
    phone: TestPhone,
    telephones: dict[str, PhoneAgent],
    agents: dict[str, Api],
    admin: Api,
    tmp_path: Path,
) -> None:
    await agents["8001"].state("ready")
    call = await phone.dial("12345", caller="13900000051")
    await reached(admin, "13900000051", "ivr", prompt="greeting")
    await call.wait_for("hears")
    await call.hangup()
    await call.wait_ended()

    record = await ended_call(admin, "13900000051")
    assert _end(record) == ("abandoned_in_ivr", "caller", NORMAL)
    assert record["queued_at"] is None
    assert await _was_heard(admin, record, tmp_path)
    assert not telephones["8001"].calls
    await agent_state(admin, "8001", "ready")


async def test_given_no_agent_when_the_waiting_caller_hangs_up_then_abandoned_and_the_queue_empty(
    hotline: Hotline,
    phone: TestPhone,
    telephones: dict[str, PhoneAgent],
    agents: dict[str, Api],
    admin: Api,
    tmp_path: Path,
) -> None:
    call = await phone.dial("12345", caller="13900000052", keys=STRAIGHT_ON)
    await waiting(hotline, 1)
    await call.hangup()
    await call.wait_ended()

    record = await ended_call(admin, "13900000052")
    assert _end(record) == ("abandoned_in_queue", "caller", NORMAL)
    assert record["queued_at"]
    assert not record["first_offered_at"]
    assert await _was_heard(admin, record, tmp_path)
    await waiting(hotline, 0)
    await agents["8001"].state("ready")
    await agent_state(admin, "8001", "ready")
    assert not telephones["8001"].calls


async def test_given_a_ringing_telephone_when_the_caller_hangs_up_then_it_stops_and_is_ready(
    phone: TestPhone,
    telephones: dict[str, PhoneAgent],
    agents: dict[str, Api],
    admin: Api,
    tmp_path: Path,
) -> None:
    telephones["8001"].behaviour = AgentBehaviour(answer_after_s=None)
    await agents["8001"].state("ready")
    call = await phone.dial("12345", caller="13900000053", keys=STRAIGHT_ON)
    ringing = await telephones["8001"].next_call()
    await agents["8001"].heard("agent.state", lambda m: m["state"] == "ringing")
    await call.hangup()
    await call.wait_ended()
    await ringing.wait_ended(10)

    assert not ringing.is_answered
    record = await ended_call(admin, "13900000053")
    assert _end(record) == ("abandoned_ringing", "caller", NORMAL)
    assert record["first_offered_at"]
    assert not record["answered_at"]
    assert await _was_heard(admin, record, tmp_path)
    await agent_state(admin, "8001", "ready")


async def test_given_a_conversation_when_the_caller_hangs_up_then_answered_and_the_agent_is_free(
    phone: TestPhone,
    telephones: dict[str, PhoneAgent],
    agents: dict[str, Api],
    admin: Api,
    tmp_path: Path,
) -> None:
    await agents["8001"].state("ready")
    call = await phone.dial("12345", caller="13900000054", keys=STRAIGHT_ON)
    talking = await telephones["8001"].next_call()
    await talking.wait_answered()
    await agents["8001"].heard("agent.state", lambda m: m["state"] == "talking")
    await call.hangup()
    await call.wait_ended()
    await talking.wait_ended(10)

    record = await ended_call(admin, "13900000054")
    assert _end(record) == ("answered", "caller", NORMAL)
    assert record["agent"] == "8001"
    assert await _was_heard(admin, record, tmp_path)
    await agents["8001"].heard("agent.state", lambda m: m["state"] == "wrap_up")
    await agent_state(admin, "8001", "ready")


async def test_given_a_conversation_when_the_agent_hangs_up_then_it_is_the_agent_who_did(
    phone: TestPhone,
    telephones: dict[str, PhoneAgent],
    agents: dict[str, Api],
    admin: Api,
    tmp_path: Path,
) -> None:
    await agents["8001"].state("ready")
    call = await phone.dial("12345", caller="13900000055", keys=STRAIGHT_ON)
    talking = await telephones["8001"].next_call()
    await talking.wait_answered()
    await agents["8001"].heard("agent.state", lambda m: m["state"] == "talking")
    await talking.hangup()
    # the caller is asked for a rating, and rings off
    await reached(admin, "13900000055", "ivr", prompt="survey")
    await call.hangup()
    await call.wait_ended(10)

    record = await ended_call(admin, "13900000055")
    assert _end(record) == ("answered", "agent", NORMAL)
    assert record["agent"] == "8001"
    assert await _was_heard(admin, record, tmp_path)
    await agents["8001"].heard("agent.state", lambda m: m["state"] == "wrap_up")
    await agent_state(admin, "8001", "ready")
