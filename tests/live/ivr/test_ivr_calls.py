"""Real calls through the real dialplan: greeting, keys, and every way of the service to fail."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from ivr.fastagi import AgiSession, CallerGone, PlaybackFailed
from telephony.events import Event, IvrStep
from tests.live.ivr.conftest import LONG_GREETING, Ivr

pytestmark = pytest.mark.live


def steps(events: list[Event]) -> list[str]:
    return [event.step for event in events if isinstance(event, IvrStep)]


async def test_given_a_dual_line_when_called_then_greeted_and_waiting_with_its_priority(
    ivr: Ivr, events: list[Event]
) -> None:
    await ivr.start()
    call = asyncio.create_task(ivr.call("call_and_hang_up", "+8693112328", 6000))
    variables = await ivr.waiting()
    assert {
        "HL_LINE": "12328",
        "HL_QUEUE": "hotline",
        "HL_PRIO": "20",
        "HL_LANG": "zh",
        "HL_GREETED": "1",
        "HL_NEXT": "queue",
    }.items() <= variables.items()
    assert steps(events) == ["greeting", "queue"]
    assert events[-1].at.timestamp() - events[-2].at.timestamp() > 2.0
    assert (await call).exit_code == 0


async def test_given_a_diverted_call_then_the_line_first_dialled(
    ivr: Ivr, events: list[Event]
) -> None:
    await ivr.start()
    call = asyncio.create_task(ivr.call("diverted", "12345", 20_000, diversion="093112319"))
    variables = await ivr.waiting()
    assert variables["HL_LINE"] == "12319"
    assert await ivr.account_code() == "12319"
    await ivr.end(call)


async def test_given_a_caller_who_hangs_up_in_the_greeting_then_a_clean_end(
    ivr: Ivr, events: list[Event]
) -> None:
    await ivr.start()
    with capture_logs() as logs:
        assert (await ivr.call("call_and_hang_up", "12345", 1000)).exit_code == 0
        async with asyncio.timeout(10):
            while len(ended := [one for one in logs if one["event"] == "agi.session_ended"]) < 2:
                await asyncio.sleep(0.05)
    # the one before the answer has done its work
    assert ended[0]["outcome"] == "done"
    assert ended[1]["outcome"].startswith("ended by Asterisk")
    assert not [entry for entry in logs if entry["log_level"] in ("warning", "error")]
    assert steps(events) == ["greeting"]


async def test_given_0_in_the_greeting_then_waiting_at_once(ivr: Ivr, events: list[Event]) -> None:
    await ivr.start()
    # its greeting lasts longer than this test waits
    call = asyncio.create_task(ivr.call("press_key_by_info", LONG_GREETING, 20_000, digit="0"))
    variables = await ivr.waiting()
    assert steps(events) == ["greeting", "queue"]
    assert variables["HL_GREETED"] == "1"
    await ivr.end(call)


async def test_given_star_in_the_greeting_then_the_status_and_waiting(
    ivr: Ivr, events: list[Event]
) -> None:
    await ivr.start()
    call = asyncio.create_task(ivr.call("press_key_by_info", "12345", 20_000, digit="*"))
    await ivr.waiting()
    assert steps(events) == ["greeting", "ticket_progress", "queue"]
    await ivr.end(call)


async def test_given_9_while_waiting_then_english_and_the_place_kept(
    ivr: Ivr, events: list[Event]
) -> None:
    async def at_once(session: AgiSession) -> None:
        await session.set_variable("HL_GREETED", "1")

    await ivr.start(at_once)
    call = asyncio.create_task(ivr.call("press_key_by_info", "12345", 20_000, digit="9"))
    async with asyncio.timeout(15):
        while not steps(events):
            await asyncio.sleep(0.05)
    variables = await ivr.waiting()
    assert variables["HL_LANG"] == "en"
    assert variables["HL_POSITION"] == "4"
    assert [e.detail for e in events if isinstance(e, IvrStep)] == ["9"]
    await ivr.end(call)


async def test_given_a_frozen_service_then_asterisk_greets_and_queues_by_itself(ivr: Ivr) -> None:
    arrived = asyncio.Event()

    async def frozen(session: AgiSession) -> None:
        arrived.set()
        await asyncio.Event().wait()

    await ivr.start(frozen)
    call = asyncio.create_task(ivr.call("call_and_hang_up", "12319", 20_000))
    await asyncio.wait_for(arrived.wait(), 10)
    variables = await ivr.waiting()
    assert variables["HL_LINE"] == "12319"
    assert variables["HL_GREETED"] == "1"
    await ivr.end(call)


async def test_given_a_service_frozen_after_a_prompt_then_the_lease_ends_and_the_call_goes_on(
    ivr: Ivr,
) -> None:
    async def freezes(session: AgiSession) -> None:
        await session.set_variable("HL_GREETED", "1")
        path = ivr.settings.prompts_dir / "zh" / "already-waiting"
        await session.stream_file(path, lasts_s=0.3)
        await asyncio.Event().wait()

    await ivr.start(freezes)
    call = asyncio.create_task(ivr.call("call_and_hang_up", "12345", 20_000))
    assert (await ivr.waiting())["HL_GREETED"] == "1"
    await ivr.end(call)


async def test_given_a_service_killed_in_the_greeting_then_the_caller_waits_ungreeted_again(
    ivr: Ivr, events: list[Event]
) -> None:
    await ivr.start()
    call = asyncio.create_task(ivr.call("call_and_hang_up", "12328", 20_000))
    async with asyncio.timeout(10):
        while "greeting" not in steps(events):
            await asyncio.sleep(0.05)
    await ivr.stop()
    variables = await ivr.waiting()
    assert variables["HL_GREETED"] == "1"
    assert variables["HL_PRIO"] == "20"
    await ivr.end(call)


async def test_given_no_service_then_the_caller_waits(ivr: Ivr) -> None:
    call = asyncio.create_task(ivr.call("call_and_hang_up", "12345", 20_000))
    assert (await ivr.waiting())["HL_LINE"] == "12345"
    await ivr.end(call)


async def test_given_files_that_cannot_be_played_then_the_session_goes_on(ivr: Ivr) -> None:
    outcomes: list[str | None] = []
    done = asyncio.Event()
    broken = ivr.settings.prompts_dir / "broken"
    broken.with_suffix(".wav").write_bytes(b"this is no audio")

    async def handler(session: AgiSession) -> None:
        for path in (Path("/nowhere/nothing"), broken):
            try:
                await session.stream_file(path, lasts_s=1)
            except PlaybackFailed:
                outcomes.append("failed")
        try:
            await session.get_data(
                Path("/nowhere/nothing"), lasts_s=1, digit_s=1, max_digits=2, limit_s=3
            )
        except PlaybackFailed:
            outcomes.append("failed")
        evil = 'a "quoted" \\ value, ${SHELL(id)} (x) 张三'
        await session.set_variable("EVIL", evil)
        outcomes.append(await session.get_variable("EVIL"))
        outcomes.append(evil)
        done.set()

    await ivr.start(handler)
    call = asyncio.create_task(ivr.call("call_and_hang_up", "12345", 20_000))
    await asyncio.wait_for(done.wait(), 15)
    assert outcomes[:-2] == ["failed"] * 3
    assert outcomes[-2] == outcomes[-1]
    await ivr.end(call)


async def test_given_a_number_to_type_then_its_digits(ivr: Ivr) -> None:
    typed: list[tuple[str, bool]] = []

    async def handler(session: AgiSession) -> None:
        path = ivr.settings.prompts_dir / "zh" / "greeting-12345"
        collected = await session.get_data(path, lasts_s=2.5, digit_s=1, max_digits=5, limit_s=10)
        typed.append((collected.digits, collected.timed_out))
        silent = await session.get_data(path, lasts_s=2.5, digit_s=0.5, max_digits=5, limit_s=10)
        typed.append((silent.digits, silent.timed_out))

    await ivr.start(handler)
    call = asyncio.create_task(ivr.call("press_key_by_info", "12345", 20_000, digit="7"))
    await ivr.waiting()
    assert typed == [("7", True), ("", True)]
    await ivr.end(call)


async def test_given_a_hostile_caller_name_then_the_call_is_served(
    ivr: Ivr, events: list[Event]
) -> None:
    await ivr.start()
    call = asyncio.create_task(ivr.call("hostile_caller_name", "12345", 20_000))
    await ivr.waiting()
    assert steps(events) == ["greeting", "queue"]
    await ivr.end(call)


async def test_given_a_dead_channel_then_commands_say_so(ivr: Ivr) -> None:
    outcome: list[str] = []
    done = asyncio.Event()

    async def handler(session: AgiSession) -> None:
        try:
            await session.wait_for_digit(5)
            await session.get_variable("HL_LINE")
        except CallerGone as error:
            outcome.append(str(error))
        done.set()

    await ivr.start(handler)
    await ivr.call("call_and_hang_up", "12345", 500)
    await asyncio.wait_for(done.wait(), 10)
    assert outcome
