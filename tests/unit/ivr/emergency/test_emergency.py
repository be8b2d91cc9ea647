"""The emergency key before anybody has answered."""

from __future__ import annotations

import pytest

from ivr.emergency import EmergencyLines
from ivr.inbound import InboundHandler
from ivr.waiting import WaitingKeyHandler
from telephony.events import EmergencyHeard, Event, EventBus, IvrStep
from tests.unit.ivr.conftest import Serve
from tests.unit.ivr.fake_asterisk import EveryPrompt, FakeAsterisk
from tests.unit.ivr.inbound.test_inbound import OneTicket, routing

LINES = EmergencyLines("#", frozenset({"110", "119", "120"}))


class Place:
    def last_position(self, call_id: str) -> int | None:
        return 4


async def call(
    serve: Serve,
    asterisk: FakeAsterisk,
    *,
    lines: EmergencyLines = LINES,
    menu: str | None = None,
    waiting: bool = False,
) -> list[Event]:
    bus = EventBus()
    if waiting:
        port = await serve(
            "inbound", WaitingKeyHandler(EveryPrompt(), bus, Place(), OneTicket(), emergency=lines)
        )
    else:
        handler = InboundHandler(routing(menu), EveryPrompt(), bus, OneTicket(), emergency=lines)
        port = await serve("inbound", handler)
    with bus.subscribe("test") as subscription:
        await asterisk.call(port)
        subscription.close()
        return [event async for event in subscription]


def pressed(choice: str, at: str = "greeting-12345") -> FakeAsterisk:
    return FakeAsterisk(
        keys={at: ["#"], "emergency-which": [choice]}, variables={"HL_DIALLED": "12345"}
    )


def alarms(events: list[Event]) -> list[tuple[str, str]]:
    return [(one.kind, one.line) for one in events if isinstance(one, EmergencyHeard)]


@pytest.mark.parametrize(("key", "line"), [("1", "110"), ("2", "119"), ("3", "120")])
async def test_given_the_key_and_a_choice_then_the_dialplan_is_told_to_dial_that_line(
    serve: Serve, key: str, line: str
) -> None:
    asterisk = pressed(key)
    events = await call(serve, asterisk)
    assert (asterisk.variables["HL_NEXT"], asterisk.variables["HL_EMERGENCY"]) == (
        "emergency",
        line,
    )
    assert asterisk.variables["HL_PRIO"] == "1000"
    assert asterisk.variables["HL_GREETED"] == "1"
    assert alarms(events) == [("key", line)]
    assert asterisk.played[-1] == "zh/emergency-connecting"


@pytest.mark.parametrize("key", ["", "0", "4"])
async def test_given_silence_or_a_line_that_cannot_be_dialled_then_the_next_agent(
    serve: Serve, key: str
) -> None:
    asterisk = pressed(key)
    events = await call(serve, asterisk)
    assert (asterisk.variables["HL_NEXT"], asterisk.variables["HL_PRIO"]) == ("queue", "1000")
    assert alarms(events) == [("key", "")]
    assert asterisk.played[-1] == "zh/emergency-person"


async def test_given_no_trunk_then_nothing_is_asked(serve: Serve) -> None:
    asterisk = pressed("1")
    await call(serve, asterisk, lines=EmergencyLines("#"))
    assert "zh/emergency-which" not in asterisk.played
    assert (asterisk.variables["HL_NEXT"], asterisk.variables["HL_PRIO"]) == ("queue", "1000")


async def test_given_the_key_by_mistake_then_everything_as_before(serve: Serve) -> None:
    asterisk = pressed("*")
    events = await call(serve, asterisk)
    assert (asterisk.variables["HL_NEXT"], asterisk.variables["HL_PRIO"]) == ("queue", "10")
    assert alarms(events) == []


async def test_given_the_key_at_every_prompt_then_it_is_asked_once(serve: Serve) -> None:
    asterisk = FakeAsterisk(
        keys={"greeting-12345": ["#"], "emergency-which": ["#"], "emergency-person": ["#"]},
        variables={"HL_DIALLED": "12345"},
    )
    events = await call(serve, asterisk)
    assert [e.detail for e in events if isinstance(e, IvrStep) and e.step == "emergency"] == ["key"]


async def test_given_a_menu_without_the_key_then_it_is_the_emergency_key(serve: Serve) -> None:
    asterisk = pressed("1", at="menu-example")
    events = await call(serve, asterisk, menu="example")
    assert alarms(events) == [("key", "110")]


async def test_given_a_menu_with_the_key_then_its_own_meaning(serve: Serve) -> None:
    asterisk = FakeAsterisk(
        keys={"menu-example": ["2", "0"], "menu-example-enterprise": ["#"]},
        variables={"HL_DIALLED": "12345"},
    )
    events = await call(serve, asterisk, menu="example")
    assert alarms(events) == []
    assert asterisk.played[-1] == "zh/menu-example"


async def test_given_a_caller_who_hangs_up_when_asked_then_the_top_priority_stays(
    serve: Serve,
) -> None:
    asterisk = pressed("")
    asterisk.hangs_up_at = "emergency-which"
    await call(serve, asterisk)
    assert asterisk.variables["HL_PRIO"] == "1000"


@pytest.mark.parametrize(
    ("choice", "next_", "position", "priority"),
    [("1", "emergency", "", "1000"), ("*", "", "4", "20")],
)
async def test_given_the_key_while_waiting_then_the_line_or_the_old_place(
    serve: Serve, choice: str, next_: str, position: str, priority: str
) -> None:
    asterisk = FakeAsterisk(
        keys={"emergency-which": [choice]},
        # as the dialplan has set them by itself
        variables={"HL_KEY": "#", "HL_PRIO": "1000", "HL_PRIO_BEFORE": "20"},
    )
    await call(serve, asterisk, waiting=True)
    assert asterisk.variables.get("HL_NEXT", "") == next_
    assert asterisk.variables["HL_POSITION"] == position
    assert asterisk.variables["HL_PRIO"] == priority
