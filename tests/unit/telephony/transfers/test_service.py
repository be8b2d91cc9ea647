"""Orders and events, with an Asterisk that only writes down what it is asked."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pytest
import pytest_asyncio

from config.directory import Attempt
from telephony.calls import CallBook
from telephony.events import (
    CallArrived,
    CallEnded,
    Event,
    EventBus,
    HungUpBy,
    LinkState,
    LinkStateChanged,
    PartyJoined,
    PartyLeft,
    TargetStep,
    TransferChanged,
    TransferKind,
    TransferTarget,
)
from telephony.transfers import Target, TargetKind, TransferDesk, TransferError, TransferState
from telephony.transfers.control import After, Placed

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
CALL, CALLER, AGENT, THIRD = "hl-1.1", "PJSIP/trunk-1", "PJSIP/agent-8001-2", "PJSIP/carrier-1-3"
DEPARTMENT = Target(TargetKind.DEPARTMENT, "09310000001", "out-agent", "公交集团")


class Room:
    """Writes down what it is asked; ``away``: refuses everything."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.away = False
        self.reachable = asyncio.Event()
        self.channels: list[Placed] = []

    def _ask(self, *words: object) -> None:
        if self.away:
            raise ConnectionError("link down")
        self.asked.append(" ".join(str(word) for word in words if word != ""))

    async def together(self, caller: str, agent: str) -> None:
        self._ask("together")

    async def apart(self, caller: str, agent: str) -> None:
        self._ask("apart")

    async def join(self, caller: str) -> None:
        self._ask("join")

    async def hold(self, caller: str, agent: str, *, follow: bool) -> None:
        self._ask("hold", "follow" if follow else "")

    async def back(self, caller: str, queue: str = "") -> None:
        self._ask("back", queue)

    async def after(self, caller: str, where: After) -> None:
        self._ask("after", where.name.lower())

    async def record(self, agent: str, call_id: str) -> None:
        self._ask("record")

    async def stop_recording(self, agent: str) -> None:
        self._ask("stop recording")

    async def wait_on(self, caller: str) -> None:
        self._ask("wait on")

    async def hangup(self, channel: str) -> None:
        self._ask("hangup", {AGENT: "agent"}.get(channel, "target"))

    async def ring(
        self, target: Target, *, call_id: str, caller: str, shown: str, channel_id: str
    ) -> None:
        self._ask("ring", target.number)
        await self.reachable.wait()

    async def placed(self) -> Sequence[Placed]:
        return self.channels


class Desk:
    def __init__(self) -> None:
        self.bus, self.book, self.room = EventBus(), CallBook(), Room()
        self.desk = TransferDesk(self.bus, self.book, self.room, emergency_lines=("110",))
        self.said: list[Event] = []

    def tell(self, event: Event) -> None:
        self.book.apply(event)
        self.desk.apply(event)

    def joined(self, channel: str, bridge: str) -> None:
        endpoint = channel.rpartition("-")[0]
        self.tell(
            PartyJoined(at=NOW, call_id=CALL, channel=channel, endpoint=endpoint, bridge=bridge)
        )

    def left(self, channel: str, bridge: str) -> None:
        endpoint = channel.rpartition("-")[0]
        self.tell(
            PartyLeft(at=NOW, call_id=CALL, channel=channel, endpoint=endpoint, bridge=bridge)
        )

    def target(
        self,
        step: TargetStep,
        channel: str = "",
        *,
        last: bool = False,
        number: str = DEPARTMENT.number,
    ) -> None:
        self.tell(
            TransferTarget(
                at=NOW, call_id=CALL, target=number, step=step, channel=channel, last=last
            )
        )

    async def in_state(self, state: TransferState) -> None:
        async with asyncio.timeout(5):
            while (now := self.desk.snapshot(CALL)) is None or now.state is not state:
                await asyncio.sleep(0.005)

    async def begin(self, kind: TransferKind, target: Target = DEPARTMENT) -> None:
        await self.desk.start(CALL, kind, target, by="8001")
        async with asyncio.timeout(5):
            while not any(one.startswith("ring") for one in self.room.asked):
                await asyncio.sleep(0.005)
        self.left(AGENT, "queue")
        if kind is not TransferKind.BLIND:
            self.joined(AGENT, "room")
        self.room.asked.clear()

    async def asked(self, what: str) -> None:
        async with asyncio.timeout(5):
            while what not in self.room.asked:
                await asyncio.sleep(0.005)


@pytest_asyncio.fixture
async def desk() -> AsyncIterator[Desk]:
    made = Desk()
    made.tell(CallArrived(at=NOW, call_id=CALL, channel=CALLER, caller="139", dialled="12345"))
    made.joined(CALLER, "queue")
    made.joined(AGENT, "queue")
    running = asyncio.create_task(made.desk.run())
    yield made
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_given_a_talk_when_consulted_and_merged_then_the_caller_joins_once(
    desk: Desk,
) -> None:
    await desk.begin(TransferKind.CONSULT)
    desk.target(TargetStep.DIALLING, THIRD)
    desk.target(TargetStep.ANSWERED, THIRD)
    await desk.in_state(TransferState.CONSULTING)
    await desk.desk.merge(CALL)
    assert desk.room.asked == ["record", "join", "stop recording"]
    with pytest.raises(TransferError):
        await desk.desk.merge(CALL)


async def test_given_the_first_trunk_fails_when_another_is_tried_then_nothing_moves(
    desk: Desk,
) -> None:
    await desk.begin(TransferKind.CONSULT)
    desk.target(TargetStep.UNREACHABLE)
    desk.target(TargetStep.BUSY, last=True)
    await desk.in_state(TransferState.TOGETHER)
    assert desk.room.asked == ["join"]


async def test_given_a_blind_transfer_when_the_target_fails_then_the_caller_queues_again(
    desk: Desk,
) -> None:
    await desk.begin(TransferKind.BLIND)
    desk.target(TargetStep.REFUSED, last=True)
    await desk.in_state(TransferState.RETURNED)
    assert desk.room.asked == ["back"]


@pytest.mark.parametrize("away", [False, True])
async def test_given_a_returned_caller_when_another_agent_answers_then_they_talk_in_the_room(
    desk: Desk, away: bool
) -> None:
    await desk.begin(TransferKind.BLIND)
    for channel in (AGENT, CALLER):
        desk.left(channel, "queue")
    desk.target(TargetStep.REFUSED, last=True)
    await desk.in_state(TransferState.RETURNED)
    desk.room.asked.clear()
    desk.room.away = away
    for channel in ("PJSIP/agent-8002-7", CALLER):
        desk.joined(channel, "second")
    async with asyncio.timeout(5):
        while (now := desk.desk.snapshot(CALL)) and now.state is TransferState.RETURNED:
            await asyncio.sleep(0.005)
        while not away and desk.room.asked != ["together", "after hangup"]:
            await asyncio.sleep(0.005)
    # if Asterisk does not obey, the two talk as the queue has brought them together
    now = desk.desk.snapshot(CALL)
    assert (now.state if now else None) is (None if away else TransferState.TOGETHER)


async def test_given_a_consultation_when_the_agent_dies_then_the_caller_meets_the_target(
    desk: Desk,
) -> None:
    await desk.begin(TransferKind.CONSULT)
    desk.target(TargetStep.ANSWERED, THIRD)
    await desk.in_state(TransferState.CONSULTING)
    desk.left(AGENT, "room")
    await desk.in_state(TransferState.HANDED_OVER)
    assert desk.room.asked == ["record", "after queue", "join"]


async def test_given_a_ringing_target_when_the_caller_hangs_up_then_it_rings_no_longer(
    desk: Desk,
) -> None:
    await desk.begin(TransferKind.CONSULT)
    desk.tell(CallEnded(at=NOW, call_id=CALL, hung_up_by=HungUpBy.CALLER))
    async with asyncio.timeout(5):
        while desk.room.asked != ["hangup target"]:
            await asyncio.sleep(0.005)
    assert desk.desk.snapshot(CALL) is None


async def test_given_asterisk_away_when_ordered_then_it_is_refused_and_can_be_tried_again(
    desk: Desk,
) -> None:
    desk.room.away = True
    with pytest.raises(TransferError):
        await desk.desk.start(CALL, TransferKind.CONSULT, DEPARTMENT, by="8001")
    desk.room.away = False
    await desk.begin(TransferKind.CONSULT)
    assert desk.desk.snapshot(CALL) is not None


async def test_given_a_consultation_when_an_emergency_is_ordered_then_it_comes_first(
    desk: Desk,
) -> None:
    await desk.begin(TransferKind.CONSULT)
    police = Target(TargetKind.EMERGENCY, "110", "out-emergency", "110")
    snapshot = await desk.desk.emergency(CALL, police, by="8001")
    assert (snapshot.state, snapshot.target) == (TransferState.THREE_WAY_RINGING, "110")
    assert desk.room.asked[:3] == ["hangup target", "join", "after hold"]
    with pytest.raises(TransferError):
        await desk.desk.start(CALL, TransferKind.BLIND, police, by="8001")


async def test_given_an_old_target_when_it_fails_late_then_the_new_one_goes_on_ringing(
    desk: Desk,
) -> None:
    await desk.begin(TransferKind.THREE_WAY)
    desk.target(TargetStep.BUSY, last=True)  # not yet worked off when the agent aborts
    await desk.desk.abort(CALL)
    await desk.desk.start(CALL, TransferKind.CONSULT, DEPARTMENT, by="8001")
    await asyncio.sleep(0.02)
    await desk.in_state(TransferState.CONSULT_RINGING)


async def test_given_two_in_the_room_when_the_agents_keys_bring_a_line_then_it_is_a_third_party(
    desk: Desk,
) -> None:
    await desk.begin(TransferKind.CONSULT)
    desk.target(TargetStep.BUSY, last=True)
    await desk.in_state(TransferState.TOGETHER)
    desk.room.asked.clear()
    desk.target(TargetStep.DIALLING, THIRD, number="110")
    desk.target(TargetStep.ANSWERED, THIRD, number="110")
    await desk.in_state(TransferState.THREE_WAY)
    snapshot = desk.desk.snapshot(CALL)
    assert snapshot is not None
    assert (snapshot.target, snapshot.kind) == ("110", TransferKind.THREE_WAY)
    assert desk.room.asked == ["after hangup"]
    desk.left(THIRD, "room")
    await desk.in_state(TransferState.TOGETHER)


async def test_given_an_aborted_target_when_it_answers_late_then_it_is_no_third_party(
    desk: Desk,
) -> None:
    await desk.begin(TransferKind.THREE_WAY, SEVERAL)
    desk.target(TargetStep.BUSY, last=True)
    await desk.asked("ring 09310000002")
    await desk.desk.abort(CALL)
    desk.target(TargetStep.ANSWERED, THIRD, number="09310000001")
    desk.target(TargetStep.ANSWERED, THIRD, number="09310000002")
    await asyncio.sleep(0.02)
    await desk.in_state(TransferState.TOGETHER)


SEVERAL = replace(
    DEPARTMENT, others=(Attempt("09310000002", "公交集团"), Attempt("09310000009", "夜间值班"))
)


async def test_given_several_numbers_when_one_fails_then_the_next_is_rung_and_nobody_is_moved(
    desk: Desk,
) -> None:
    await desk.begin(TransferKind.CONSULT, SEVERAL)
    desk.target(TargetStep.BUSY, last=True)
    await desk.asked("ring 09310000002")
    # what is told late of the first number changes nothing
    desk.target(TargetStep.NO_ANSWER, last=True)
    desk.target(TargetStep.NO_ANSWER, last=True, number="09310000002")
    await desk.asked("ring 09310000009")
    snapshot = desk.desk.snapshot(CALL)
    assert snapshot is not None
    assert (snapshot.state, snapshot.name) == (TransferState.CONSULT_RINGING, "夜间值班")
    assert desk.room.asked == ["wait on", "ring 09310000002", "wait on", "ring 09310000009"]
    desk.target(TargetStep.BUSY, last=True, number="09310000009")
    await desk.in_state(TransferState.TOGETHER)
    assert desk.room.asked[4:] == ["join"]


async def test_given_several_numbers_when_aborted_between_two_then_no_other_is_rung(
    desk: Desk,
) -> None:
    await desk.begin(TransferKind.THREE_WAY, SEVERAL)
    await desk.desk.abort(CALL)
    desk.target(TargetStep.BUSY, last=True)
    await asyncio.sleep(0.02)
    assert desk.room.asked == ["after hangup", "hangup target"]


@pytest.mark.parametrize(
    ("places", "state"),
    [
        ({"hold", "agent", "target"}, TransferState.CONSULTING),
        ({"hold", "agent"}, TransferState.CONSULT_RINGING),
        ({"caller", "agent", "target"}, TransferState.THREE_WAY),
        ({"caller", "agent"}, TransferState.TOGETHER),
        ({"caller", "target"}, TransferState.HANDED_OVER),
        ({"hold"}, TransferState.BLIND_RINGING),
    ],
)
async def test_given_a_service_that_was_away_when_the_link_is_up_then_it_sees_who_is_where(
    desk: Desk, places: set[str], state: TransferState
) -> None:
    channels = {"caller": CALLER, "hold": CALLER, "agent": AGENT, "target": "Local/1@out-agent-1;1"}
    desk.room.channels = [Placed(CALL, channels[place], place) for place in sorted(places)]
    desk.room.channels.append(Placed(CALL, THIRD, ""))
    with desk.bus.subscribe("test") as events:
        desk.tell(LinkStateChanged(at=NOW, state=LinkState.UP))
        async with asyncio.timeout(5):
            async for event in events:
                if isinstance(event, TransferChanged):
                    break
    snapshot = desk.desk.snapshot(CALL)
    assert snapshot is not None
    assert snapshot.state is state
