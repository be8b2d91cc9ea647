"""Calls to lines that differ by time."""

from __future__ import annotations

import asyncio

import pytest

from telephony.events import Event, IvrStep
from tests.live.ivr.conftest import DESK, OFFICE, Ivr

pytestmark = pytest.mark.live
SHIFTED_SATURDAY, HOLIDAY_MONDAY = "2026-10-10T10:00", "2026-10-05T10:00"


def steps(events: list[Event]) -> list[tuple[str, str]]:
    return [(event.step, event.detail) for event in events if isinstance(event, IvrStep)]


async def test_given_a_worked_saturday_then_served_as_usual(ivr: Ivr, events: list[Event]) -> None:
    await ivr.start(at=SHIFTED_SATURDAY)
    call = asyncio.create_task(ivr.call("call_and_hang_up", OFFICE, 20_000))
    assert (await ivr.waiting())["HL_PRIO"] == "30"
    assert steps(events) == [("greeting", OFFICE), ("queue", "hotline")]
    await ivr.end(call)


async def test_given_a_holiday_then_greeted_otherwise_and_not_turned_away(
    ivr: Ivr, events: list[Event]
) -> None:
    await ivr.start(at=HOLIDAY_MONDAY)
    call = asyncio.create_task(ivr.call("call_and_hang_up", OFFICE, 20_000))
    assert (await ivr.waiting())["HL_PRIO"] == "3"
    assert steps(events) == [("closed", OFFICE), ("greeting", OFFICE), ("queue", "hotline")]
    await ivr.end(call)


async def test_given_closed_hours_with_a_message_then_it_is_taken(
    ivr: Ivr, events: list[Event]
) -> None:
    await ivr.start(at=HOLIDAY_MONDAY)
    run = await ivr.call("press_key_by_info", DESK, 20_000, digit="#")
    assert run.received("BYE") == 1, "the hotline hangs up once the message is taken"
    assert steps(events) == [("closed", DESK), ("greeting", DESK), ("voicemail", "")]


async def test_given_closed_hours_when_the_service_is_away_then_served_all_the_same(
    ivr: Ivr,
) -> None:
    call = asyncio.create_task(ivr.call("call_and_hang_up", OFFICE, 20_000))
    variables = await ivr.waiting()
    assert variables["HL_LINE"] == OFFICE
    assert variables["HL_GREETED"] == "1"
    await ivr.end(call)
