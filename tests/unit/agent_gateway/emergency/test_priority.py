"""Words of danger heard before anybody has answered."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import pytest

from agent_gateway.emergency import EmergencyPriority
from telephony.ami import AmiAction, AmiError
from telephony.events import (
    CallAnswered,
    CallArrived,
    CallEnded,
    CallQueued,
    EmergencyHeard,
    Event,
    EventBus,
    HungUpBy,
    IvrStep,
    Speaker,
)

NOW = datetime(2026, 11, 22, tzinfo=UTC)
ID = "1.1"
ARRIVED = CallArrived(at=NOW, call_id=ID, channel="PJSIP/trunk-1", caller="1", dialled="12345")
QUEUED = CallQueued(at=NOW, call_id=ID, queue="hotline", position=3)
ANSWERED = CallAnswered(at=NOW, call_id=ID, endpoint="PJSIP/agent-8001", channel="x")
ENDED = CallEnded(at=NOW, call_id=ID, hung_up_by=HungUpBy.CALLER)


def danger(kind: str = "fire", *, urgent_only: bool = False) -> EmergencyHeard:
    return EmergencyHeard(
        at=NOW,
        call_id=ID,
        line="119",
        kind=kind,
        words="着火了",
        speaker=Speaker.CALLER,
        turn=0,
        urgent_only=urgent_only,
    )


class Ami:
    def __init__(self, refuses: str = "") -> None:
        self.sent: list[str] = []
        self.refuses = refuses

    async def action(self, fields: AmiAction) -> Sequence[Mapping[str, str]]:
        name = str(fields.fields["Action"])
        if name == self.refuses:
            raise AmiError("Invalid/unknown command")
        self.sent.append(name)
        return []


async def follow(ami: Ami, *events: Event) -> list[Event]:
    bus = EventBus()
    with bus.subscribe("test") as told:
        task = asyncio.create_task(EmergencyPriority(bus, ami).run())
        await asyncio.sleep(0)
        for event in events:
            bus.publish(event)
        bus.close()
        await asyncio.wait_for(task, 5)
        return [event async for event in told]


@pytest.mark.parametrize(
    ("before", "sent"),
    [
        ((ARRIVED,), "Redirect"),
        ((ARRIVED, QUEUED), "QueueChangePriorityCaller"),
    ],
)
async def test_given_a_caller_nobody_has_answered_when_danger_is_heard_then_raised_once(
    before: tuple[Event, ...], sent: str
) -> None:
    ami = Ami()
    await follow(ami, *before, danger(), danger("gas"))
    assert ami.sent.count(sent) == 1
    assert ("Redirect" in ami.sent) is (sent == "Redirect")


async def test_given_an_asterisk_that_cannot_change_priorities_then_queued_anew() -> None:
    ami = Ami(refuses="QueueChangePriorityCaller")
    await follow(ami, ARRIVED, QUEUED, danger())
    assert ami.sent[-1] == "Redirect"


@pytest.mark.parametrize(
    "events",
    [
        (ARRIVED, QUEUED, ANSWERED, danger()),
        (ARRIVED, QUEUED, ENDED, danger()),
        (ARRIVED, QUEUED, danger(urgent_only=True)),
        (ARRIVED, QUEUED, danger("key")),
        (danger(),),
    ],
    ids=["answered", "ended", "no danger to life", "own key", "unknown call"],
)
async def test_given_no_reason_then_the_call_is_left_alone(events: tuple[Event, ...]) -> None:
    ami = Ami()
    assert not any(isinstance(event, IvrStep) for event in await follow(ami, *events))
    assert ami.sent == []


async def test_given_asterisk_away_when_danger_is_heard_then_the_next_call_is_followed() -> None:
    ami = Ami(refuses="Setvar")
    await follow(ami, ARRIVED, QUEUED, danger())
    assert ami.sent == []
