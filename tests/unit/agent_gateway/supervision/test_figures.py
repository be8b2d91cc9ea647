"""Figures of queues, lines and agents out of events, and who is told."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from agent_gateway.store import Call
from agent_gateway.supervision.figures import FigureBoard
from agent_gateway.supervision.teller import FigureTeller
from agent_gateway.supervision.views import QueueFigures
from config.queues import Queue, QueuePlan
from telephony.events import (
    AgentState,
    AgentStateChanged,
    CallAnswered,
    CallEnded,
    CallLeftQueue,
    CallQueued,
    Event,
    HungUpBy,
    LineIdentified,
    QueueLeaveReason,
)
from tests.unit.agent_gateway.house import House

QUEUES = QueuePlan((Queue("hotline", "市民热线"), Queue("english", "英语", common=False)))
ZONE = ZoneInfo("Asia/Shanghai")
BEGIN = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return BEGIN + timedelta(seconds=seconds)


def queued(call_id: str, queue: str, seconds: float) -> CallQueued:
    return CallQueued(at=at(seconds), call_id=call_id, queue=queue, position=1)


def left(call_id: str, queue: str, seconds: float, reason: QueueLeaveReason) -> CallLeftQueue:
    return CallLeftQueue(at=at(seconds), call_id=call_id, queue=queue, reason=reason)


def board(*events: Event) -> FigureBoard:
    made = FigureBoard(QUEUES, in_time_s=15, zone=ZONE)
    made.seats({"8001": {"hotline": 1}, "8002": {"hotline": 2, "english": 1}})
    for event in events:
        made.apply(event)
    return made


def queue(made: FigureBoard, name: str, seconds: float = 100) -> QueueFigures:
    return next(one for one in made.figures(at(seconds)).queues if one.queue == name)


def test_given_callers_who_wait_then_how_many_and_since_when_by_queue_and_line() -> None:
    made = board(
        LineIdentified(at=at(0), call_id="a", line="12345"),
        queued("a", "english", 1),
        LineIdentified(at=at(0), call_id="b", line="12328"),
        queued("b", "hotline", 5),
        left("a", "english", 9, QueueLeaveReason.TIMEOUT),
        queued("a", "hotline", 9),
    )
    hotline, english = queue(made, "hotline"), queue(made, "english")
    assert (hotline.waiting, hotline.waiting_since) == (2, at(1))
    assert (english.waiting, english.calls, english.overflowed) == (0, 1, 1)
    assert {one.line: one.waiting for one in made.figures(at(9)).lines} == {"12345": 1, "12328": 1}


def test_given_answers_and_hang_ups_then_each_call_counts_once() -> None:
    made = board(
        queued("a", "hotline", 0),
        left("a", "hotline", 5, QueueLeaveReason.KEY),
        queued("a", "hotline", 8),
        left("a", "hotline", 10, QueueLeaveReason.ANSWERED),
        CallAnswered(at=at(10), call_id="a", endpoint="PJSIP/agent-8001", channel="x"),
        queued("b", "hotline", 0),
        left("b", "hotline", 40, QueueLeaveReason.ANSWERED),
        queued("c", "hotline", 0),
        left("c", "hotline", 4, QueueLeaveReason.ABANDONED),
        CallEnded(at=at(4), call_id="c", hung_up_by=HungUpBy.CALLER),
    )
    now = queue(made, "hotline")
    figures = (now.waiting, now.calls, now.answered, now.answered_in_time, now.abandoned)
    assert figures == (0, 3, 2, 1, 1)
    agents = {one.extension: one.answered for one in made.figures(at(50)).agents}
    assert agents == {"8001": 1, "8002": 0}
    assert queue(made, "hotline", 24 * 3600).calls == 0, "a new day begins at local midnight"


def test_given_agents_then_their_states_count_in_each_of_their_queues() -> None:
    made = board(
        AgentStateChanged(at=at(0), agent="8001", state=AgentState.BREAK, reason="用餐"),
        AgentStateChanged(at=at(0), agent="8002", state=AgentState.TALKING, call_id="a"),
    )
    hotline, english = queue(made, "hotline"), queue(made, "english")
    assert (hotline.on_break, hotline.talking, hotline.ready) == (1, 1, 0)
    assert (english.on_break, english.talking) == (0, 1)


def test_given_a_new_service_then_the_day_so_far_is_in_the_figures() -> None:
    made = board()
    steps = [
        {"at": "x", "step": "queued", "queue": "english"},
        {"at": "x", "step": "left_queue", "queue": "english", "reason": "timeout"},
        {"at": "x", "step": "queued", "queue": "hotline"},
    ]
    call = Call(
        id="a", line="12345", queue="hotline", queued_at=at(0), answered_at=at(20), agent="8001",
        queue_seconds=20.0, path=steps,
    )  # fmt: skip
    made.remember([call], at(30))
    assert (queue(made, "english").calls, queue(made, "english").overflowed) == (1, 1)
    hotline = queue(made, "hotline")
    assert (hotline.calls, hotline.answered, hotline.answered_in_time) == (1, 1, 0)


async def test_given_a_change_then_supervisors_and_nobody_else_are_told(house: House) -> None:
    context = house.context
    context.queues = QUEUES
    context.figures = FigureTeller(
        house.bus, house.store, context.settings, QUEUES, context.live.tell_leaders
    )
    async with house.page("boss") as boss, house.page("zhang") as agent:
        task = asyncio.create_task(context.figures.run())
        await asyncio.sleep(0)
        house.publish([queued("a", "hotline", 0)])
        told = await boss.hear("figures.changed")
        hotline = next(one for one in told["queues"] if one["queue"] == "hotline")
        assert hotline["waiting"] == 1
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert "figures.changed" not in [one["type"] for one in agent.heard]
    status, figures = await house.ask("GET", "/api/figures", as_="boss")
    assert status == 200
    assert [one["queue"] for one in figures["queues"]] == ["hotline", "english"]
    assert (await house.ask("GET", "/api/figures", as_="zhang"))[0] == 403
