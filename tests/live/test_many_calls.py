"""Twenty citizens at once, all of them kept."""

from __future__ import annotations

from telephony.testphone import AgentBehaviour, PhoneAgent, TestPhone
from tests.live.harness.api import Api
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
) -> None:
    for extension, api in agents.items():
        telephones[extension].behaviour = AgentBehaviour(hangup_after_s=1.5)
        await api.state("ready")
    run = await run_sipp(
        hotline.installation,
        "stay_at_most_15_s",
        hotline.sip,
        "12345",
        caller=CALLER,
        calls=CALLS,
        at_once=CALLS,
        per_second=CALLS,
    )
    assert run.exit_code == 0, run.errors[-2000:]

    async def records() -> list[dict[str, object]]:
        found = (await admin.get(f"/api/calls?caller={CALLER}&limit=100"))["calls"]
        details = [await admin.get(f"/api/calls/{one['call_id']}") for one in found]
        return [one for one in details if one["ended_at"] and one["has_recording"]]

    async def all_there() -> bool:
        return len(await records()) == CALLS

    await until(all_there, "twenty records with recordings", 30)
    kept = await records()
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
