"""Callers in danger before anybody has answered: the emergency key, and words that are heard."""

from __future__ import annotations

import asyncio
import signal
from datetime import datetime

import pytest

from telephony.testphone import AgentBehaviour, PhoneAgent, PhoneCall, TestPhone
from tests.live.harness.api import Api, Message
from tests.live.harness.hotline import SPEECH, Hotline, until
from tests.live.harness.records import ended_call, reached, record_of, waiting
from tests.live.harness.talk import CALLER_SAYS, EMERGENCY, HEARD, TARGET_SAYS, Outside, heard, say
from tests.live.harness.trunk import Trunk

KEY = "#"
POLICE = ((0.5, KEY), (2.0, "1"))
FIRE = SPEECH / "10_fire_caller.wav"
STRAIGHT_ON = [(0.3, "0")]


def steps(record: Message) -> list[tuple[str, str]]:
    return [(one["prompt"], one["detail"]) for one in record["path"] if one["step"] == "ivr"]


async def test_given_the_key_in_the_greeting_then_the_emergency_line_with_the_callers_number(
    phone: TestPhone,
    telephones: dict[str, PhoneAgent],
    agents: dict[str, Api],
    outside: Outside,
    admin: Api,
) -> None:
    call = await phone.dial("12328", caller="13900000701", keys=POLICE)
    police = await outside.emergency.next_call()
    assert police.caller == "13900000701"
    await police.wait_answered()
    alarm = await agents["8002"].heard("call.alarm", lambda m: m["line"] == EMERGENCY)
    assert alarm["kind"] == "key"
    await say((call, CALLER_SAYS), (police, TARGET_SAYS))
    await police.hangup()
    await call.wait_ended()
    assert heard(police, CALLER_SAYS) > HEARD
    assert heard(call, TARGET_SAYS) > HEARD
    record = await ended_call(admin, "13900000701")
    assert (record["line"], record["disposition"]) == ("12328", "emergency")
    told = [step for step in steps(record) if step[0].startswith("emergency")]
    assert told == [
        ("emergency", "key"),
        ("emergency_line", EMERGENCY),
        ("emergency_dialled", EMERGENCY),
        ("emergency_reached", ""),
    ]
    assert all(step["at"] for step in record["path"])


@pytest.mark.parametrize("known", [False, True], ids=["not known yet", "known"])
async def test_given_the_first_trunk_dead_then_the_second_reaches_the_emergency_line_soon(
    hotline: Hotline,
    phone: TestPhone,
    telephones: dict[str, PhoneAgent],
    outside: Outside,
    first_trunk: Trunk,
    admin: Api,
    known: bool,
) -> None:
    number = f"1390000072{known:d}"
    if known:
        first_trunk.works = False
        await until(lambda: _gone(hotline), "first trunk that is known to be dead")
    call = await phone.dial("12345", caller=number, keys=POLICE[:1])
    await reached(admin, number, "ivr", prompt="emergency")
    first_trunk.works = False
    await call.press(POLICE[1][1])
    police = await outside.emergency.next_call(40)
    await police.wait_answered()
    await say((call, CALLER_SAYS))
    await call.hangup()
    await police.wait_ended()
    assert heard(police, CALLER_SAYS) > HEARD
    record = await ended_call(admin, number)
    at = {one["prompt"]: one["at"] for one in record["path"] if one["step"] == "ivr"}
    dialled, answered = (at[f"emergency_{step}"] for step in ("dialled", "reached"))
    took = datetime.fromisoformat(answered) - datetime.fromisoformat(dialled)
    print(f"{took.total_seconds():.2f} s to the answer, first trunk dead, known: {known}")
    # by SIP's own timer 6.4 s would have gone by before the second trunk was tried
    assert took.total_seconds() < 6
    tried = [one["data"]["via"] for one in record["events"] if one["type"] == "TransferTarget"]
    if known:
        assert "carrier-1" not in tried


async def _gone(hotline: Hotline) -> bool:
    return not await hotline.reaches(1)


async def test_given_no_answer_from_the_emergency_line_then_an_agent_before_all_who_wait(
    hotline: Hotline,
    phone: TestPhone,
    telephones: dict[str, PhoneAgent],
    agents: dict[str, Api],
    outside: Outside,
    admin: Api,
) -> None:
    outside.emergency.behaviour = AgentBehaviour(answer_after_s=0.1, refuse="busy")
    first = await phone.dial("12328", caller="13900000703", keys=STRAIGHT_ON)
    await waiting(hotline, 1)
    call = await phone.dial("12345", caller="13900000704", keys=POLICE)
    await reached(admin, "13900000704", "ivr", prompt="emergency_unreached")
    await waiting(hotline, 2)
    await _answers_first(telephones, agents, "13900000704")
    await _hang_up(call, first)


async def test_given_the_key_while_waiting_and_silence_then_the_head_of_the_queue(
    hotline: Hotline,
    phone: TestPhone,
    telephones: dict[str, PhoneAgent],
    agents: dict[str, Api],
    outside: Outside,
    admin: Api,
) -> None:
    first = await phone.dial("12328", caller="13900000705", keys=STRAIGHT_ON)
    await waiting(hotline, 1)
    call = await phone.dial("12345", caller="13900000706", keys=STRAIGHT_ON)
    await waiting(hotline, 2)
    await _press_until_heard(call, admin)
    await waiting(hotline, 2)
    assert not outside.emergency.calls
    await _answers_first(telephones, agents, "13900000706")
    await _hang_up(call, first)


async def test_given_the_key_by_mistake_then_the_old_place(
    hotline: Hotline,
    phone: TestPhone,
    telephones: dict[str, PhoneAgent],
    agents: dict[str, Api],
    admin: Api,
) -> None:
    first = await phone.dial("12328", caller="13900000707", keys=STRAIGHT_ON)
    await waiting(hotline, 1)
    call = await phone.dial("12345", caller="13900000708", keys=STRAIGHT_ON)
    await waiting(hotline, 2)
    await _press_until_heard(call, admin)
    await call.press("*")
    await reached(admin, "13900000708", "ivr", prompt="emergency", detail="by mistake")
    await waiting(hotline, 2)
    await _answers_first(telephones, agents, "13900000707")
    await _hang_up(call, first)


async def test_given_a_frozen_service_then_the_key_leads_to_the_head_of_the_queue(
    hotline: Hotline,
    phone: TestPhone,
    telephones: dict[str, PhoneAgent],
    agents: dict[str, Api],
) -> None:
    first = await phone.dial("12328", caller="13900000709", keys=STRAIGHT_ON)
    await waiting(hotline, 1)
    call = await phone.dial("12345", caller="13900000710", keys=STRAIGHT_ON)
    await waiting(hotline, 2)
    hotline.kill_service(signal.SIGSTOP)
    try:

        async def at_the_head() -> bool:
            await call.press(KEY)
            await asyncio.sleep(1)
            said = await hotline.asterisk.command("queue show hotline")
            return "prio: 1000" in said

        await until(at_the_head, "caller at the top priority", 30)
    finally:
        hotline.kill_service(signal.SIGCONT)
    await _answers_first(telephones, agents, "13900000710")
    await _hang_up(call, first)


async def test_given_words_of_danger_while_waiting_then_the_head_of_the_queue_and_an_alarm(
    hotline: Hotline,
    phone: TestPhone,
    telephones: dict[str, PhoneAgent],
    agents: dict[str, Api],
    admin: Api,
) -> None:
    first = await phone.dial("12328", caller="13900000711", keys=STRAIGHT_ON)
    await waiting(hotline, 1)
    call = await phone.dial("12345", caller="13900000712", keys=STRAIGHT_ON)
    await waiting(hotline, 2)
    await call.speak(FIRE)
    alarm = await agents["8002"].heard("call.alarm", lambda m: m["line"] == "119", 60)
    assert alarm["words"]
    await reached(admin, "13900000712", "ivr", prompt="priority_raised")
    await waiting(hotline, 2)
    await _answers_first(telephones, agents, "13900000712")
    await _hang_up(call, first)


async def test_given_words_of_danger_in_a_menu_then_straight_to_the_agents(
    hotline: Hotline,
    phone: TestPhone,
    telephones: dict[str, PhoneAgent],
    agents: dict[str, Api],
    admin: Api,
) -> None:
    first = await phone.dial("12328", caller="13900000713", keys=STRAIGHT_ON)
    await waiting(hotline, 1)
    # asks for the progress of a ticket, whose number is waited for
    call = await phone.dial("12345", caller="13900000714", keys=[(0.5, "*")])
    await call.wait_answered()
    await call.speak(FIRE)
    await reached(admin, "13900000714", "ivr", prompt="priority_raised")
    await waiting(hotline, 2)
    await _answers_first(telephones, agents, "13900000714")
    await _hang_up(call, first)


async def _press_until_heard(call: PhoneCall, admin: Api) -> None:
    """Asterisk hears no key while it says the place in the queue: callers press again."""

    async def heard_key() -> bool:
        await call.press(KEY)
        await asyncio.sleep(1)
        record = await record_of(admin, call.caller)
        return record is not None and ("emergency", "key") in steps(record)

    await until(heard_key, "emergency key heard while waiting")


async def _answers_first(
    telephones: dict[str, PhoneAgent], agents: dict[str, Api], caller: str
) -> None:
    telephones["8001"].behaviour = AgentBehaviour(answer_after_s=None)
    await agents["8001"].state("ready")
    ringing = await telephones["8001"].next_call()
    assert ringing.caller == caller


async def _hang_up(*calls: PhoneCall) -> None:
    for call in calls:
        await call.hangup()
        await call.wait_ended()
