"""The desk's commands and what call events make of an agent's state."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest

from telephony.agents import AgentDesk, AgentError, Seat
from telephony.events import (
    AGENT_LEFT_STEP,
    AGENT_LOST_STEP,
    AgentState,
    AgentStateChanged,
    CallAnswered,
    CallEnded,
    CallOffered,
    EventBus,
    HungUpBy,
    IvrStep,
    LinkState,
    LinkStateChanged,
    OfferEnded,
    OfferOutcome,
    PartyJoined,
    PartyLeft,
)

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
ENDPOINT = "PJSIP/agent-8001"


class SeatsInMemory:
    def __init__(self) -> None:
        self.seats: dict[str, Seat] = {}
        self.away = False

    def _check(self) -> None:
        if self.away:
            raise ConnectionError("link down")

    async def add(self, interface: str) -> None:
        self._check()
        self.seats[interface] = Seat(interface, False, "", False, True)

    async def reseat(self, interface: str) -> None:
        self._check()

    async def remove(self, interface: str) -> None:
        self._check()
        self.seats.pop(interface, None)

    async def pause(self, interface: str, *, reason: str) -> None:
        self._check()
        if interface in self.seats:
            self.seats[interface] = Seat(interface, True, reason, False, True)

    async def unpause(self, interface: str) -> None:
        self._check()
        if interface in self.seats:
            self.seats[interface] = Seat(interface, False, "", False, True)

    async def members(self) -> dict[str, Seat]:
        self._check()
        return dict(self.seats)


class Desk:
    """A desk on a bus, with everything it published."""

    def __init__(self, wrap_up_seconds: int = 3600) -> None:
        self.bus = EventBus()
        self.seats = SeatsInMemory()
        self.desk = AgentDesk(
            self.bus,
            self.seats,
            wrap_up_seconds=wrap_up_seconds,
            missed_calls_before_break=2,
            move_seconds=0.01,
        )

    def state(self) -> AgentState:
        return self.desk.snapshot("8001").state

    @property
    def seat(self) -> Seat:
        return self.seats.seats[ENDPOINT]

    async def settle(self) -> None:
        """Let the commands that events started run to their end."""
        await self.desk._tasks.settled()

    def offer(self, call_id: str = "c1") -> None:
        self.desk.apply(CallOffered(at=NOW, call_id=call_id, endpoint=ENDPOINT, channel="x"))

    def offer_ended(self, outcome: OfferOutcome, call_id: str = "c1") -> None:
        self.desk.apply(
            OfferEnded(at=NOW, call_id=call_id, endpoint=ENDPOINT, channel="x", outcome=outcome)
        )

    def answer(self, call_id: str = "c1") -> None:
        self.desk.apply(CallAnswered(at=NOW, call_id=call_id, endpoint=ENDPOINT, channel="x"))

    def leave(self, call_id: str = "c1") -> None:
        self.desk.apply(
            PartyLeft(at=NOW, call_id=call_id, channel="x", endpoint=ENDPOINT, bridge="b")
        )

    def end(self, call_id: str = "c1") -> None:
        self.desk.apply(CallEnded(at=NOW, call_id=call_id, hung_up_by=HungUpBy.CALLER))


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    desk = Desk()
    yield desk
    desk.desk._agent("8001").stop_timer()


async def test_given_logged_out_when_login_then_seat_taken_and_ready(desk: Desk) -> None:
    with desk.bus.subscribe("test") as events:
        snapshot = await desk.desk.login("8001")
        desk.bus.close()
        published = [e async for e in events]
    assert snapshot.state is AgentState.READY
    assert not desk.seat.paused
    assert [e.state for e in published if isinstance(e, AgentStateChanged)] == [AgentState.READY]


async def test_given_call_when_it_rings_and_is_answered_and_ends_then_wrap_up(desk: Desk) -> None:
    await desk.desk.login("8001")
    desk.offer()
    assert desk.state() is AgentState.RINGING
    desk.answer()
    assert desk.state() is AgentState.TALKING
    desk.end()
    assert desk.state() is AgentState.WRAP_UP
    await desk.settle()
    assert (desk.seat.paused, desk.seat.paused_reason) == (True, "wrap-up")


async def test_given_wrap_up_when_agent_is_ready_then_calls_again(desk: Desk) -> None:
    await desk.desk.login("8001")
    desk.offer()
    desk.answer()
    desk.end()
    await desk.settle()
    await desk.desk.ready("8001")
    assert desk.state() is AgentState.READY
    assert not desk.seat.paused


async def test_given_no_wrap_up_time_when_call_ends_then_ready_at_once() -> None:
    desk = Desk(wrap_up_seconds=0)
    await desk.desk.login("8001")
    desk.offer()
    desk.answer()
    desk.end()
    await desk.settle()
    assert desk.state() is AgentState.READY
    assert not desk.seat.paused


async def test_given_talking_when_break_is_asked_for_then_it_starts_after_the_call(
    desk: Desk,
) -> None:
    await desk.desk.login("8001")
    desk.offer()
    desk.answer()
    await desk.desk.take_break("8001", "用餐")
    assert desk.state() is AgentState.TALKING
    assert desk.seat.paused, "no further call may be offered"
    desk.end()
    snapshot = desk.desk.snapshot("8001")
    assert (snapshot.state, snapshot.reason) == (AgentState.BREAK, "用餐")


async def test_given_talking_when_agent_logs_out_then_call_is_finished_first(desk: Desk) -> None:
    await desk.desk.login("8001")
    desk.offer()
    desk.answer()
    await desk.desk.logout("8001")
    assert desk.state() is AgentState.TALKING
    assert ENDPOINT not in desk.seats.seats
    desk.leave()
    async with asyncio.timeout(5):
        while desk.state() is not AgentState.LOGGED_OUT:
            await asyncio.sleep(0.01)


async def test_given_talking_when_moved_into_another_room_then_the_call_goes_on(
    desk: Desk,
) -> None:
    await desk.desk.login("8001")
    desk.offer()
    desk.answer()
    party: Any = {"at": NOW, "call_id": "c1", "channel": "x", "endpoint": ENDPOINT}
    desk.desk.apply(PartyLeft(**party, bridge="queue"))
    desk.desk.apply(PartyJoined(**party, bridge="room"))
    await asyncio.sleep(0.05)
    assert desk.state() is AgentState.TALKING
    desk.desk.apply(PartyLeft(**party, bridge="room"))
    async with asyncio.timeout(5):
        while desk.state() is not AgentState.WRAP_UP:
            await asyncio.sleep(0.01)


async def test_given_talking_when_the_call_ends_while_leaving_then_wrap_up_comes_once(
    desk: Desk,
) -> None:
    await desk.desk.login("8001")
    desk.offer()
    desk.answer()
    desk.leave()
    desk.end()
    assert desk.state() is AgentState.WRAP_UP
    await desk.desk.ready("8001")
    await asyncio.sleep(0.05)
    assert desk.state() is AgentState.READY


async def test_given_one_missed_call_when_second_is_missed_then_break_with_reason(
    desk: Desk,
) -> None:
    await desk.desk.login("8001")
    desk.offer("c1")
    desk.offer_ended(OfferOutcome.NO_ANSWER, "c1")
    assert desk.state() is AgentState.READY
    desk.offer("c2")
    desk.offer_ended(OfferOutcome.NO_ANSWER, "c2")
    await desk.settle()
    snapshot = desk.desk.snapshot("8001")
    assert (snapshot.state, snapshot.reason) == (AgentState.BREAK, "missed")
    assert desk.seat.paused


async def test_given_ringing_when_caller_gives_up_then_no_miss_is_counted(desk: Desk) -> None:
    await desk.desk.login("8001")
    for call_id in ("c1", "c2", "c3"):
        desk.offer(call_id)
        desk.end(call_id)
        assert desk.state() is AgentState.READY


async def test_given_logged_out_when_a_call_is_offered_all_the_same_then_logged_out_after_it(
    desk: Desk,
) -> None:
    desk.offer()
    assert desk.state() is AgentState.RINGING
    desk.answer()
    desk.end()
    assert desk.state() is AgentState.LOGGED_OUT


async def test_given_break_when_a_call_is_offered_all_the_same_then_break_with_its_reason_after_it(
    desk: Desk,
) -> None:
    await desk.desk.login("8001")
    await desk.desk.take_break("8001", "用餐")
    desk.offer()
    desk.offer_ended(OfferOutcome.NO_ANSWER)
    snapshot = desk.desk.snapshot("8001")
    assert (snapshot.state, snapshot.reason) == (AgentState.BREAK, "用餐")


async def test_given_other_call_when_it_ends_then_talking_goes_on(desk: Desk) -> None:
    await desk.desk.login("8001")
    desk.offer("c1")
    desk.answer("c1")
    desk.end("c2")
    assert desk.state() is AgentState.TALKING


async def test_given_logged_out_when_break_then_plain_error(desk: Desk) -> None:
    with pytest.raises(AgentError, match="log in"):
        await desk.desk.take_break("8001", "小休")


async def test_given_asterisk_away_when_login_then_plain_error_and_state_kept(desk: Desk) -> None:
    desk.seats.away = True
    with pytest.raises(AgentError, match="link down"):
        await desk.desk.login("8001")
    assert desk.state() is AgentState.LOGGED_OUT


async def test_given_restarted_service_when_link_is_up_then_states_come_from_the_seats(
    desk: Desk,
) -> None:
    desk.seats.seats = {
        "PJSIP/agent-8001": Seat("PJSIP/agent-8001", True, "wrap-up", False, True),
        "PJSIP/agent-8002": Seat("PJSIP/agent-8002", True, "用餐", False, True),
        "PJSIP/agent-8003": Seat("PJSIP/agent-8003", False, "", False, False),
    }
    desk.desk.apply(LinkStateChanged(at=NOW, state=LinkState.UP))
    await desk.settle()
    states = {s.extension: (s.state, s.reason, s.reachable) for s in desk.desk.snapshots()}
    assert states == {
        "8001": (AgentState.READY, "", True),
        "8002": (AgentState.BREAK, "用餐", True),
        "8003": (AgentState.READY, "", False),
    }
    assert not desk.seats.seats["PJSIP/agent-8001"].paused


async def test_given_a_talk_when_the_agent_left_and_the_caller_stays_then_wrap_up_at_once(
    desk: Desk,
) -> None:
    await desk.desk.login("8001")
    desk.offer()
    desk.answer()
    desk.desk.apply(IvrStep(at=NOW, call_id="another", step=AGENT_LEFT_STEP))
    assert desk.state() is AgentState.TALKING
    desk.desk.apply(IvrStep(at=NOW, call_id="c1", step=AGENT_LEFT_STEP))
    assert desk.state() is AgentState.WRAP_UP
    await desk.settle()


async def test_given_a_talk_when_the_telephone_is_lost_then_no_wrap_up_of_an_unfinished_call(
    desk: Desk,
) -> None:
    await desk.desk.login("8001")
    desk.offer()
    desk.answer()
    desk.leave()
    desk.desk.apply(IvrStep(at=NOW, call_id="c1", step=AGENT_LOST_STEP))
    assert desk.state() is AgentState.READY
    await desk.settle()
    assert not desk.seat.paused
