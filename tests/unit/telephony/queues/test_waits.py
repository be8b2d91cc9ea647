from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from telephony.ami import AmiAction, AmiDown
from telephony.events import AgentState, AgentStateChanged, EventBus
from telephony.queues import PLACES, WaitEstimate, WaitTeller

BEGIN = datetime(2026, 3, 2, 1, 0, 0, tzinfo=UTC)


def state(seconds: float, what: AgentState, agent: str = "8001") -> AgentStateChanged:
    return AgentStateChanged(at=BEGIN + timedelta(seconds=seconds), agent=agent, state=what)


def after_conversations(*seconds: float) -> WaitEstimate:
    """An agent talked so long each time, half a minute of wrap-up included."""
    estimate, now = WaitEstimate(), 0.0
    for one in seconds:
        estimate.heard(state(now, AgentState.TALKING))
        estimate.heard(state(now + one - 30, AgentState.WRAP_UP))
        now += one
        estimate.heard(state(now, AgentState.READY))
    return estimate


def test_given_conversations_of_two_minutes_then_a_place_costs_two_minutes_per_agent() -> None:
    estimate = after_conversations(100, 120, 140)
    assert [estimate.minutes(place, 1) for place in (1, 2, 3)] == [2, 4, 6]
    assert [estimate.minutes(place, 4) for place in (1, 2, 3)] == [1, 1, 2]


def test_given_too_few_conversations_or_no_agent_then_nobody_can_tell() -> None:
    assert after_conversations(120, 120).minutes(1, 1) is None
    assert after_conversations(120, 120, 120).minutes(1, 0) is None
    assert after_conversations(120, 120).spoken(5) == "00" * PLACES


def test_given_a_long_line_then_more_than_ten_minutes_is_all_that_is_told() -> None:
    spoken = after_conversations(120, 120, 120).spoken(1)
    assert spoken == "0204060810" + "11" * (PLACES - 5)


def test_given_a_telephone_that_only_rang_then_it_was_no_conversation() -> None:
    estimate = after_conversations(120, 120)
    estimate.heard(state(500, AgentState.RINGING))
    estimate.heard(state(520, AgentState.READY))
    assert estimate.minutes(1, 1) is None


class Asterisk:
    def __init__(self) -> None:
        self.values: dict[str, str] = {}
        self.asked = asyncio.Event()
        self.down = False

    async def action(self, fields: AmiAction) -> Sequence[Mapping[str, str]]:
        self.asked.set()
        if self.down:
            raise AmiDown("no connection")
        self.values[str(fields.fields["Variable"])] = str(fields.fields["Value"])
        return []


async def test_given_agents_at_work_when_told_then_asterisk_knows_how_long_it_holds() -> None:
    bus, asterisk = EventBus(), Asterisk()
    teller = WaitTeller(bus, asterisk, lambda: 1)
    await teller.tell()
    assert asterisk.values["HL_WAITS"] == "00" * PLACES
    left = int(asterisk.values["HL_WAITS_UNTIL"]) - datetime.now(UTC).timestamp()
    assert 0 < left <= 30


async def test_given_no_asterisk_when_telling_then_the_teller_goes_on() -> None:
    bus, asterisk = EventBus(), Asterisk()
    asterisk.down = True
    task = asyncio.create_task(WaitTeller(bus, asterisk, lambda: 1).run())
    await asyncio.wait_for(asterisk.asked.wait(), 5)
    await asyncio.sleep(0)
    assert not task.done()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
