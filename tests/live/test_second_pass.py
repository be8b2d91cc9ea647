"""A call that is over is heard again from its recording, in the time that live calls leave."""

from __future__ import annotations

import asyncio
import contextlib
from datetime import datetime
from pathlib import Path

import pytest

from asr.recogniser.scoring import character_errors
from telephony.testphone import PhoneAgent, PhoneCall, TestPhone
from tests.live.conftest import NUMBERS, SECOND_PASS_LINE
from tests.live.harness.api import Api, Message
from tests.live.harness.hotline import SPEECH, Hotline, until
from tests.live.harness.talk import DEPARTMENT, Outside
from tests.live.harness.words import said_in

CALLER_SAYS, CALLER_ADDS = SPEECH / "12_light_caller.wav", SPEECH / "00_noise_caller.wav"
AGENT_SAYS = SPEECH / "03_noise_agent.wav"
THIRD_SAYS = SPEECH / "01_noise_agent.wav"
LOWEST_PRIORITY = 19
SLACK = 2
"""Characters: the same model hears both, and what went over the air is never quite the same."""

# what nobody waits for may take long on a busy machine
pytestmark = pytest.mark.timeout(400)


async def connected(
    phone: TestPhone, telephone: PhoneAgent, desk: Api
) -> tuple[str, PhoneCall, PhoneCall]:
    """A caller on the line whose calls are heard again, and an agent, who talk."""
    before = len(desk.messages)
    await desk.state("ready")
    number = f"1390000{next(NUMBERS)}"
    call = await phone.dial(SECOND_PASS_LINE, caller=number, keys=[(0.3, "0")])
    agent = await telephone.next_call()
    await agent.wait_answered()
    answered = await desk.heard("call.answered", lambda message: message in desk.messages[before:])
    return str(answered["call_id"]), call, agent


async def transcript(api: Api, call_id: str, which: str = "best") -> Message:
    answer: Message = await api.get(f"/api/calls/{call_id}/transcript?which={which}")
    return answer


async def heard_again(api: Api, call_id: str) -> Message:
    """The transcript once the second pass is over, one way or the other."""

    async def over() -> Message | None:
        now = await transcript(api, call_id)
        return now if now["second"]["state"] in ("done", "failed") else None

    return await until(over, "end of the second pass", 200)


def words(turns: list[Message], speaker: str) -> str:
    return "".join(turn["text"] for turn in turns if turn["speaker"] == speaker)


def wrong(turns: list[Message], speaker: str, *files: Path) -> int:
    """Characters that were heard wrong."""
    return character_errors("".join(said_in(file.name) for file in files), words(turns, speaker))[0]


def second_recognisers(service: int | None) -> list[int]:
    """Processes of the service that recognise at the lowest priority."""
    found = []
    for folder in Path("/proc").iterdir():
        with contextlib.suppress(OSError, IndexError):
            stat = (folder / "stat").read_text().rpartition(")")[2].split()
            ours = b"asr.apart" in (folder / "cmdline").read_bytes() and stat[1] == str(service)
            if ours and int(stat[16]) == LOWEST_PRIORITY:
                found.append(int(folder.name))
    return found


async def test_given_a_call_with_a_third_party_when_it_is_over_then_every_voice_is_heard_again(
    phone: TestPhone,
    telephones: dict[str, PhoneAgent],
    agents: dict[str, Api],
    outside: Outside,
    admin: Api,
) -> None:
    desk = agents["8001"]
    call_id, call, agent = await connected(phone, telephones["8001"], desk)
    await call.speak(CALLER_SAYS)
    await agent.speak(AGENT_SAYS)
    await desk.post(f"/api/calls/{call_id}/transfer", kind="three_way", target=DEPARTMENT)
    third = await outside.department.next_call()
    await third.wait_answered()
    await desk.heard(
        "transfer.changed",
        lambda m: m["call_id"] == call_id and m["state"] == "three_way",
    )
    await asyncio.sleep(1)  # the room's own sounds
    await third.speak(THIRD_SAYS)
    await desk.heard(
        "transcript.final", lambda m: m["call_id"] == call_id and m["speaker"] == "third", 60
    )
    await call.hangup()
    await call.wait_ended()
    drafted = await desk.heard(
        "ticket.drafted", lambda m: m["ticket"]["call_id"] == call_id, deadline_s=60
    )
    best = await heard_again(admin, call_id)
    assert best["second"]["state"] == "done", best["second"]
    assert best["which"] == "second"
    live = (await transcript(admin, call_id, "live"))["turns"]
    second = best["turns"]
    voices = (("caller", CALLER_SAYS), ("agent", AGENT_SAYS), ("third", THIRD_SAYS))
    before, after = (
        sum(wrong(turns, speaker, file) for speaker, file in voices) for turns in (live, second)
    )
    assert after <= before + SLACK, (live, second)
    for speaker, file in voices:
        said = said_in(file.name)
        assert wrong(second, speaker, file) < len(said) * 0.5, (speaker, second)
        first, again = (
            next(turn for turn in turns if turn["speaker"] == speaker) for turns in (live, second)
        )
        apart = datetime.fromisoformat(first["started_at"]) - datetime.fromisoformat(
            again["started_at"]
        )
        assert abs(apart.total_seconds()) < 1.0, (first, again)
    starts = [turn["started_at"] for turn in second]
    assert starts == sorted(starts)
    # whoever reads it sees written figures and punctuation; the ticket is as it was
    assert any("。" in turn["readable"] or "，" in turn["readable"] for turn in second)
    ticket = await admin.get(f"/api/tickets/{drafted['ticket']['number']}")
    assert ticket["fields"] == drafted["ticket"]["fields"]


async def test_given_a_service_killed_while_hearing_again_when_back_then_it_is_done(
    hotline: Hotline,
    phone: TestPhone,
    telephones: dict[str, PhoneAgent],
    agents: dict[str, Api],
    admin: Api,
) -> None:
    call_id, call, _ = await connected(phone, telephones["8001"], agents["8001"])
    await call.speak(CALLER_ADDS)
    await call.speak(CALLER_SAYS)
    await call.hangup()
    await call.wait_ended()

    async def begun() -> bool:
        return bool(second_recognisers(hotline.service_pid))

    await until(begun, "recogniser of the second pass", 90)
    hotline.kill_service()
    await hotline.start_service()
    assert "hotline_second_pass_waiting" in (await admin.download("/metrics"))[1].decode()
    best = await heard_again(admin, call_id)
    assert best["second"]["state"] == "done", best["second"]
    live = (await transcript(admin, call_id, "live"))["turns"]
    said = CALLER_ADDS, CALLER_SAYS
    assert wrong(best["turns"], "caller", *said) <= wrong(live, "caller", *said) + SLACK

    async def gone() -> bool:
        return not second_recognisers(hotline.service_pid)

    await until(gone, "end of the second recogniser", 30)


async def test_given_live_calls_when_others_are_over_then_those_wait_and_a_bad_file_harms_none(
    hotline: Hotline,
    phone: TestPhone,
    telephones: dict[str, PhoneAgent],
    agents: dict[str, Api],
    admin: Api,
) -> None:
    talking_id, talking, _ = await connected(phone, telephones["8002"], agents["8002"])
    call_id, call, _ = await connected(phone, telephones["8001"], agents["8001"])
    await call.speak(CALLER_SAYS)
    await call.hangup()
    await call.wait_ended()

    async def recorded() -> Message | None:
        record: Message = await admin.get(f"/api/calls/{call_id}")
        return record if record["has_recording"] and record["ended_at"] else None

    record = await until(recorded, "end and sealed recording", 60)

    async def waits() -> bool:
        state: str = (await transcript(admin, call_id))["second"]["state"]
        return state == "waiting"

    await until(waits, "call that waits", 60)
    row = await hotline.store.calls.recording(call_id)
    assert row is not None
    file = hotline.settings.archive_dir / row.path
    whole = file.read_bytes()
    file.chmod(0o600)
    file.write_bytes(whole[: len(whole) // 2])
    # somebody still talks
    assert second_recognisers(hotline.service_pid) == []
    assert await waits()
    await talking.hangup()
    await talking.wait_ended()
    best = await heard_again(admin, call_id)
    assert best["second"]["state"] == "failed"
    assert "not what was sealed" in best["second"]["reason"]
    assert best["which"] == "live"
    assert words(best["turns"], "caller")
    now = await recorded()
    assert now is not None
    assert now["disposition"] == record["disposition"] == "answered"
    # what is mended is heard when somebody says so
    file.write_bytes(whole)
    assert "1 calls" in await hotline.command("asr", "again", call_id)
    assert (await heard_again(admin, call_id))["second"]["state"] == "done"
    assert (await heard_again(admin, talking_id))["second"]["state"] == "done"
