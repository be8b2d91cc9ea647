"""Twenty citizens at once, all of them kept."""

from __future__ import annotations

from pathlib import Path

import soundfile

from telephony.testphone import AgentBehaviour, PhoneAgent, TestPhone
from tests.live.harness.api import Api, Message
from tests.live.harness.hotline import SPEECH, Hotline, until
from tests.live.harness.sipp import run_sipp
from tests.live.harness.words import alike, said_in

CALLS = 20
CALLER = "13900000051"


async def test_given_twenty_calls_at_once_then_each_is_answered_recorded_and_kept(
    hotline: Hotline,
    telephones: dict[str, PhoneAgent],
    agents: dict[str, Api],
    admin: Api,
    tmp_path: Path,
) -> None:
    for extension, api in agents.items():
        telephones[extension].behaviour = AgentBehaviour(hangup_after_s=1.5)
        await api.state("ready")
    speech = tmp_path / "speech.alaw"
    sound, rate = soundfile.read(SPEECH / "13_wages_caller.wav")
    soundfile.write(speech, sound, rate, format="RAW", subtype="ALAW")
    run = await run_sipp(
        hotline.installation,
        "stay_at_most_30_s",
        hotline.sip,
        "12345",
        caller=CALLER,
        calls=CALLS,
        at_once=CALLS,
        per_second=CALLS,
        keys={"speech": str(speech)},
    )
    assert run.exit_code == 0, run.errors[-2000:]

    kept: list[Message] = []

    async def unfinished() -> str:
        listed = (await admin.get(f"/api/calls?caller={CALLER}&limit=100"))["calls"]
        kept[:] = [await admin.get(f"/api/calls/{one['call_id']}") for one in listed]
        without = [one["call_id"] for one in kept if not (one["ended_at"] and one["has_recording"])]
        return f"{len(kept)} records, unfinished: {without}" if without or len(kept) < CALLS else ""

    async def all_there() -> bool:
        return not await unfinished()

    try:
        await until(all_there, "twenty records with recordings", 60)
    except AssertionError as error:
        raise AssertionError(await unfinished() + hotline.service_log()[-3000:]) from error
    answered = [one for one in kept if one["disposition"] == "answered"]
    assert answered, "the agents took no call"
    assert {one["disposition"] for one in kept} <= {
        "answered",
        "abandoned_in_queue",
        "abandoned_ringing",
    }
    assert len({one["sip_call_id"] for one in kept}) == CALLS


async def test_given_a_conversation_when_its_audio_to_the_recogniser_breaks_then_it_is_heard_again(
    hotline: Hotline,
    phone: TestPhone,
    telephones: dict[str, PhoneAgent],
    agents: dict[str, Api],
) -> None:
    agent = agents["8001"]
    await agent.state("ready")
    call = await phone.dial("12345", keys=[(0.3, "0")])
    ringing = await telephones["8001"].next_call()
    await ringing.wait_answered()

    async def attached() -> list[str]:
        return [name for name in await hotline.channels() if name.startswith("Local/spy@")]

    async def both_heard() -> bool:
        return len(await attached()) == 4  # two halves of a Local channel for each party

    await until(both_heard, "both parties attached")
    before = await attached()
    for name in before:
        await hotline.asterisk.command(f"channel request hangup {name}")

    async def attached_again() -> bool:
        now = await attached()
        return len(now) == 4 and not set(now) & set(before)

    await until(attached_again, "both parties attached again")
    assert not call.is_ended
    assert not ringing.is_ended
    await call.speak(SPEECH / "13_wages_caller.wav")
    final = await agent.heard("transcript.final", lambda m: m["speaker"] == "caller", 40)
    assert alike(final["text"], said_in("13_wages_caller.wav")) > 0.5, final
    await call.hangup()
    await call.wait_ended()
