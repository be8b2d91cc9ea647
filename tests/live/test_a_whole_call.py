"""A citizen calls, an agent answers, both speak: everything that should come of it, does."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from telephony.testphone import AgentBehaviour, PhoneAgent, TestPhone
from tests.live.harness.api import Api, Message
from tests.live.harness.audio import likeness, samples
from tests.live.harness.hotline import SPEECH, Hotline, until
from tests.live.harness.words import alike, said_in

CALLER_SAYS = SPEECH / "02_noise_caller.wav"
CALLER_TEXT = said_in(CALLER_SAYS.name)
AGENT_SAYS = SPEECH / "01_noise_agent.wav"
AGENT_TEXT = said_in(AGENT_SAYS.name)


async def test_given_ready_agent_when_a_citizen_calls_then_everything_of_the_call_is_kept(
    hotline: Hotline,
    phone: TestPhone,
    telephones: dict[str, PhoneAgent],
    agents: dict[str, Api],
    admin: Api,
    tmp_path: Path,
) -> None:
    agent = agents["8001"]
    telephones["8001"].behaviour = AgentBehaviour(answer_after_s=1.0, speak=[(0.5, AGENT_SAYS)])
    await agent.state("ready")

    call = await phone.dial("093112328", caller="13900000011")
    await call.wait_answered()
    await call.press("0")

    # the screen pops up before or as the telephone rings
    ringing = await telephones["8001"].next_call()
    pop = (await agent.heard("call.offered"))["call"]
    assert (pop["caller"], pop["line"], pop["dialled"]) == ("13900000011", "12328", "093112328")
    assert pop["line_name"].startswith("12328")
    assert any(step.get("digit") == "0" for step in pop["path"])
    assert not ringing.is_answered, "the screen came after the answer"

    await ringing.wait_answered()
    await agent.heard("call.answered")
    await agent.heard("transcript.final", lambda m: m["speaker"] == "agent", 30)
    await call.speak(CALLER_SAYS)
    final = await agent.heard("transcript.final", lambda m: m["speaker"] == "caller", 30)
    assert final["call_id"] == pop["call_id"]
    await agent.heard("transcript.partial")
    filled = await agent.heard("prefill.changed", lambda m: "district" in m["fields"], 10)
    assert filled["fields"]["district"]["value"] == "城关区"
    await call.hangup()
    await call.wait_ended()

    await agent.heard("call.ended")
    drafted = (await agent.heard("ticket.drafted"))["ticket"]
    call_id: str = pop["call_id"]

    # the words of both, rightly attributed, are in the database
    turns = (await agent.get(f"/api/calls/{call_id}/transcript"))["turns"]
    said = {
        who: "".join(turn["text"] for turn in turns if turn["speaker"] == who)
        for who in ("caller", "agent")
    }
    assert alike(said["caller"], CALLER_TEXT) > 0.5 > alike(said["caller"], AGENT_TEXT), said
    assert alike(said["agent"], AGENT_TEXT) > 0.5 > alike(said["agent"], CALLER_TEXT), said

    # a draft ticket with line, number, transcript and what was extracted
    ticket = await agent.get(f"/api/tickets/{drafted['number']}")
    assert (ticket["line"], ticket["caller"], ticket["status"]) == (
        "12328",
        "13900000011",
        "draft",
    )
    assert ticket["fields"]["district"]["value"] == "城关区"
    assert {turn["who"] for turn in ticket["transcript"]} == {"caller", "agent"}

    # the call record
    record = await agent.get(f"/api/calls/{call_id}")
    assert record["disposition"] == "answered"
    assert (record["line"], record["queue"], record["agent"]) == ("12328", "hotline", "8001")
    assert (record["hung_up_by"], record["cause"]) == ("caller", 16)
    assert record["sip_call_id"] == call.sip_call_id
    times = [
        record[name]
        for name in ("arrived_at", "queued_at", "first_offered_at", "answered_at", "ended_at")
    ]
    assert all(times)
    assert times == sorted(times)

    # the recording: playable in ranges, whole, each voice in its own channel
    recording = await until(lambda: _recording(admin, call_id), "sealed recording")
    status, part = await agent.download(f"/api/recordings/{call_id}", Range="bytes=0-3")
    assert (status, part) == (206, b"fLaC")
    file = tmp_path / "recording.flac"
    file.write_bytes(recording)
    entry = await hotline.store.calls.recording(call_id)
    assert entry is not None
    assert hashlib.sha256(recording).hexdigest() == entry.sha256
    assert (entry.retain_until - entry.sealed_at).days >= 365
    heard = samples(file)
    caller_voice, agent_voice = samples(CALLER_SAYS)[:, 0], samples(AGENT_SAYS)[:, 0]
    left, right = heard[:, 0], heard[:, 1]
    assert likeness(left, caller_voice) > 0.6 > 0.4 > likeness(left, agent_voice)
    assert likeness(right, agent_voice) > 0.6 > 0.4 > likeness(right, caller_voice)


async def _recording(api: Api, call_id: str) -> bytes:
    status, body = await api.download(f"/api/recordings/{call_id}")
    return body if status == 200 else b""


@pytest.mark.parametrize(
    ("dialled", "line"),
    [
        ("12345", "12345"),
        ("12328", "12328"),
        ("12333", "12333"),
        ("12319", "12319"),
        ("093112345", "12345"),
        ("+8693112333", "12333"),
        ("8693112319", "12319"),
        ("55555", "12345"),
    ],
)
async def test_given_no_key_pressed_when_greeting_is_over_then_a_person_answers_on_the_line(
    phone: TestPhone,
    telephones: dict[str, PhoneAgent],
    agents: dict[str, Api],
    admin: Api,
    dialled: str,
    line: str,
) -> None:
    agent = agents["8001"]
    await agent.state("ready")
    call = await phone.dial(dialled, caller="13900000012")
    ringing = await telephones["8001"].next_call()
    await ringing.wait_answered()
    pop = (await agent.heard("call.offered"))["call"]
    assert pop["line"] == line
    greeting = [step for step in pop["path"] if step.get("prompt") == "greeting"]
    assert greeting, "the greeting with the recording notice was not played"
    await call.hangup()
    await call.wait_ended()
    record = await until(lambda: _ended(admin, pop["call_id"]), "call record")
    assert (record["line"], record["dialled"]) == (line, dialled)


async def _ended(api: Api, call_id: str) -> Message | None:
    record: Message = await api.get(f"/api/calls/{call_id}")
    return record if record["ended_at"] else None


async def test_given_an_earlier_call_when_the_same_number_calls_again_then_the_agent_sees_it(
    phone: TestPhone, telephones: dict[str, PhoneAgent], agents: dict[str, Api]
) -> None:
    agent = agents["8001"]
    await agent.state("ready")
    first = ""
    for _ in range(2):
        agent.messages.clear()
        call = await phone.dial("12345", caller="13900000013", keys=[(0.3, "0")])
        await (await telephones["8001"].next_call()).wait_answered()
        pop = (await agent.heard("call.offered"))["call"]
        await call.hangup()
        await call.wait_ended()
        await agent.heard("call.ended")
        await agent.heard("agent.state", lambda m: m["state"] == "ready")
        if first:
            updated = [m["call"] for m in agent.messages if m["type"].startswith("call.upd")]
            histories = [one["history"] for one in (pop, *updated) if one["history"]]
            assert first in [earlier["call_id"] for earlier in histories[0]]
        first = pop["call_id"]
