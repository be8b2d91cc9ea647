"""While waiting: the place in the queue and the wait, in sentences; being called back instead."""

from __future__ import annotations

import signal
from difflib import SequenceMatcher
from pathlib import Path

from telephony.testphone import AgentBehaviour, PhoneAgent, TestPhone
from tests.live.harness.api import Api, Message
from tests.live.harness.audio import likeness, samples
from tests.live.harness.hotline import SPEECH, Hotline, until
from tests.live.harness.listening import hears, longest_silence, prompt_sound
from tests.live.harness.records import agent_state, ended_call, reached, waiting

STRAIGHT_ON = [(0.3, "0")]
MESSAGE = SPEECH / "02_noise_caller.wav"
MESSAGE_TEXT = "在城关区张掖路金城花园小区，东门对面。"


def _said(hotline: Hotline, heard: Path, *prompts: str) -> dict[str, float]:
    """How surely each of the Chinese prompts was heard."""
    sound = samples(heard)[:, 0]
    return {key: likeness(sound, prompt_sound(hotline, key)) for key in prompts}


def _was_told(hotline: Hotline, heard: Path, key: str) -> None:
    assert likeness(samples(heard)[:, 0], prompt_sound(hotline, key)) > 0.7, key


async def _global(hotline: Hotline, name: str) -> str:
    said = await hotline.asterisk.command("dialplan show globals")
    lines = [line.strip() for line in said.splitlines()]
    return next(
        (line.removeprefix(f"{name}=") for line in lines if line.startswith(name + "=")), ""
    )


async def test_given_callers_in_line_then_each_hears_the_own_place_and_the_estimated_wait(
    hotline: Hotline,
    phone: TestPhone,
    telephones: dict[str, PhoneAgent],
    agents: dict[str, Api],
    admin: Api,
) -> None:
    await agents["8001"].state("ready")
    for number in range(3):
        caller = f"1390000010{number}"
        call = await phone.dial("12345", caller=caller, keys=STRAIGHT_ON)
        await (await telephones["8001"].next_call()).wait_answered()
        await call.hangup()
        await call.wait_ended()
        await ended_call(admin, caller)
        await agent_state(admin, "8001", "ready")

    # one conversation goes on, so that somebody works and nobody is free
    telephones["8001"].behaviour = AgentBehaviour(answer_after_s=0.2)
    busy = await phone.dial("12345", caller="13900000103", keys=STRAIGHT_ON)
    await (await telephones["8001"].next_call()).wait_answered()

    async def told() -> bool:
        return (await _global(hotline, "HL_WAITS")).startswith("01")

    await until(told, "estimate in Asterisk")
    calls = []
    for number in range(3):
        caller = f"1390000011{number}"
        calls.append(await phone.dial("12345", caller=caller, keys=STRAIGHT_ON))
        await waiting(hotline, number + 1)
    # until the last of them has heard the whole of it, without having left the queue
    await hears(hotline, calls[-1], "estimate-01")
    await waiting(hotline, 3)
    for call in (*calls, busy):
        await call.hangup()
        await call.wait_ended()

    first = _said(hotline, calls[0].heard, "queue-next", "place-2")
    assert first["queue-next"] > 0.7 > first["place-2"], first
    third = _said(hotline, calls[2].heard, "queue-busy", "place-3", "estimate-01", "place-2")
    right = [third[key] for key in ("queue-busy", "place-3", "estimate-01")]
    assert min(right) > 0.7 > third["place-2"], third


async def test_given_a_caller_who_waits_then_music_or_words_and_never_silence(
    hotline: Hotline, phone: TestPhone, telephones: dict[str, PhoneAgent]
) -> None:
    call = await phone.dial("12345", caller="13900000105", keys=STRAIGHT_ON)
    await waiting(hotline, 1)
    began = call.elapsed_s
    # told again and again what can be done meanwhile
    await hears(hotline, call, "queue-keys")
    ended = call.elapsed_s
    await call.hangup()
    await call.wait_ended()
    assert ended - began > 20
    assert longest_silence(call, began, ended) < 2.0


async def test_given_no_service_then_the_place_is_told_all_the_same_and_no_old_estimate(
    hotline: Hotline, phone: TestPhone, telephones: dict[str, PhoneAgent]
) -> None:
    hotline.kill_service(signal.SIGKILL)
    try:
        # as if the last estimate had run out by now
        await hotline.asterisk.command("dialplan set global HL_WAITS_UNTIL 1")
        calls = []
        for number in range(2):
            calls.append(await phone.dial("12345", caller=f"1390000012{number}"))
            await waiting(hotline, number + 1)
        await hears(hotline, calls[1], "estimate-00")
        await waiting(hotline, 2)
        for call in calls:
            await call.hangup()
            await call.wait_ended()
    finally:
        await hotline.start_service()
    said = _said(hotline, calls[1].heard, "place-2", "estimate-00", "estimate-01")
    assert said["place-2"] > 0.7, said
    assert said["estimate-00"] > 0.7 > said["estimate-01"], said


async def test_given_a_caller_who_chose_english_then_the_place_is_told_in_english(
    hotline: Hotline, phone: TestPhone, telephones: dict[str, PhoneAgent]
) -> None:
    first = await phone.dial("12345", caller="13900000124", keys=STRAIGHT_ON)
    await waiting(hotline, 1)
    second = await phone.dial("12345", caller="13900000125", keys=[(0.3, "9"), (1.5, "0")])
    await hears(hotline, second, "place-2", "en")
    await waiting(hotline, 2)
    for call in (first, second):
        await call.hangup()
        await call.wait_ended()


async def _entry(api: Api, caller: str, state: str = "open") -> Message | None:
    page = await api.get(f"/api/missed-calls?state={state}&limit=200")
    found: list[Message] = [one for one in page["missed_calls"] if one["caller"] == caller]
    assert len(found) <= 1, found
    return found[0] if found else None


async def test_given_calls_in_vain_then_one_entry_until_the_number_is_answered(
    hotline: Hotline,
    phone: TestPhone,
    telephones: dict[str, PhoneAgent],
    agents: dict[str, Api],
    admin: Api,
) -> None:
    agent, caller = agents["8001"], "13900000131"
    for _ in range(2):
        call = await phone.dial("12328", caller=caller, keys=STRAIGHT_ON)
        await waiting(hotline, 1)
        await call.hangup()
        await call.wait_ended()
    await agent.heard(
        "missed.changed",
        lambda m: m["missed_call"]["caller"] == caller and m["missed_call"]["calls"] == 2,
    )
    entry = await _entry(agent, caller)
    assert entry is not None
    assert (entry["line"], entry["requested"], entry["closed_at"]) == ("12328", False, None)

    await agent.state("ready")
    call = await phone.dial("12328", caller=caller, keys=STRAIGHT_ON)
    await (await telephones["8001"].next_call()).wait_answered()
    await agent.heard(
        "missed.changed",
        lambda m: m["missed_call"]["caller"] == caller and m["missed_call"]["closed_at"],
    )
    assert await _entry(agent, caller) is None
    closed = await _entry(agent, caller, "closed")
    assert closed is not None
    assert (closed["result"], closed["closed_by"]) == ("answered", "8001")
    assert closed["seconds_to_callback"] > 0
    await call.hangup()
    await call.wait_ended()


async def test_given_a_missed_call_when_an_agent_has_called_back_then_it_is_closed_once(
    hotline: Hotline, phone: TestPhone, telephones: dict[str, PhoneAgent], agents: dict[str, Api]
) -> None:
    agent, caller = agents["8001"], "13900000132"
    call = await phone.dial("12345", caller=caller, keys=STRAIGHT_ON)
    await waiting(hotline, 1)
    await call.hangup()
    await call.wait_ended()
    entry = await until(lambda: _entry(agent, caller), "missed call")
    assert entry is not None
    path = f"/api/missed-calls/{entry['id']}/done"
    body = {"result": "reached", "note": "已回拨"}
    assert await agent.status("POST", path, json=body) == 200
    assert await agent.status("POST", path, json=body) == 409
    assert await agent.status("POST", "/api/missed-calls/999999999/done", json=body) == 404
    closed = await _entry(agent, caller, "closed")
    assert closed is not None
    assert (closed["result"], closed["closed_by"], closed["note"]) == (
        "reached",
        "agent8001",
        "已回拨",
    )


async def test_given_a_call_missed_while_the_service_was_away_then_it_is_entered_when_it_is_back(
    hotline: Hotline, phone: TestPhone, telephones: dict[str, PhoneAgent]
) -> None:
    hotline.kill_service(signal.SIGKILL)
    caller = "13900000133"
    try:
        call = await phone.dial("12345", caller=caller)
        await waiting(hotline, 1)
        await call.hangup()
        await call.wait_ended()
    finally:
        await hotline.start_service()
    async with hotline.api("admin") as admin:
        entry = await until(lambda: _entry(admin, caller), "missed call of the time before", 90)
    assert entry is not None
    assert entry["calls"] == 1


async def test_given_waiting_callers_when_the_first_wants_a_call_back_then_the_turn_is_kept(
    hotline: Hotline,
    phone: TestPhone,
    telephones: dict[str, PhoneAgent],
    agents: dict[str, Api],
    admin: Api,
) -> None:
    first = await phone.dial("12345", caller="13900000141", keys=STRAIGHT_ON)
    await waiting(hotline, 1)
    second = await phone.dial("12345", caller="13900000142", keys=STRAIGHT_ON)
    await waiting(hotline, 2)
    await second.hangup()
    await second.wait_ended()
    await until(lambda: _entry(admin, "13900000142"), "missed call")

    await first.press("1")
    await reached(admin, "13900000141", "ivr", prompt="waiting_key", detail="1")
    await hears(hotline, first, "callback-number")
    await first.press("1")
    await first.wait_ended(30)
    _was_told(hotline, first.heard, "callback-noted")

    record = await ended_call(admin, "13900000141")
    assert record["disposition"] == "callback_requested"
    page = await agents["8001"].get("/api/missed-calls?limit=200")
    ours = [
        (one["caller"], one["requested"], one["calls"])
        for one in page["missed_calls"]
        if one["caller"] in ("13900000141", "13900000142")
    ]
    assert ours == [("13900000141", True, 1), ("13900000142", False, 1)]


async def test_given_the_offer_when_it_is_not_confirmed_then_the_caller_waits_on_at_the_same_place(
    hotline: Hotline, phone: TestPhone, telephones: dict[str, PhoneAgent], admin: Api
) -> None:
    first = await phone.dial("12345", caller="13900000143", keys=STRAIGHT_ON)
    await waiting(hotline, 1)
    second = await phone.dial("12345", caller="13900000144", keys=STRAIGHT_ON)
    await waiting(hotline, 2)
    await first.press("1")
    await reached(admin, "13900000143", "ivr", prompt="waiting_key", detail="1")
    await hears(hotline, first, "callback-number")
    await first.press("5")
    await waiting(hotline, 2)
    shown = await hotline.asterisk.command("queue show hotline")
    places = [line for line in shown.splitlines() if "wait:" in line]
    record = await reached(admin, "13900000143", "queued")
    assert record["channel"] in places[0], shown
    for call in (first, second):
        await call.hangup()
        await call.wait_ended()


async def test_given_a_waiting_caller_when_a_message_is_left_then_recording_words_and_a_draft(
    hotline: Hotline,
    phone: TestPhone,
    telephones: dict[str, PhoneAgent],
    agents: dict[str, Api],
    admin: Api,
    tmp_path: Path,
) -> None:
    caller = "13900000151"
    call = await phone.dial("12328", caller=caller, keys=STRAIGHT_ON)
    await waiting(hotline, 1)
    await call.press("2")
    await hears(hotline, call, "voicemail-ask")
    await call.speak(MESSAGE)
    await call.press("#")
    await call.wait_ended(30)
    _was_told(hotline, call.heard, "voicemail-noted")

    record = await ended_call(admin, caller)
    assert record["disposition"] == "voicemail"

    async def draft() -> Message | None:
        tickets = (await admin.get(f"/api/tickets?caller={caller}"))["tickets"]
        if not tickets:
            return None
        ticket: Message = await admin.get(f"/api/tickets/{tickets[0]['number']}")
        return ticket if ticket["transcript"] else None

    ticket = await until(draft, "draft with the message's words", 40)
    assert ticket is not None
    assert (ticket["line"], ticket["status"], ticket["agent"]) == ("12328", "draft", "")
    words = "".join(turn["text"] for turn in ticket["transcript"] if turn["who"] == "caller")
    assert SequenceMatcher(None, words, MESSAGE_TEXT).ratio() > 0.5, words
    status, body = await admin.download(f"/api/recordings/{record['call_id']}")
    assert status == 200
    file = tmp_path / "recording.flac"
    file.write_bytes(body)
    assert likeness(samples(file)[:, 0], samples(MESSAGE)[:, 0]) > 0.7
    assert await _entry(agents["8001"], caller)
