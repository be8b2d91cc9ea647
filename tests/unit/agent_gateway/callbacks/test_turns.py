from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from agent_gateway.callbacks.desk import CallbackDesk
from agent_gateway.callbacks.turns import CallbackTurns
from agent_gateway.store import Callback, MissedCall, Store
from config.calendar import CityClock, Spans, WorkCalendar
from config.settings import CallbackSettings, OutboundSettings
from telephony.agents import AgentSnapshot
from telephony.calls import Call
from telephony.events import AgentState, EventBus
from telephony.transfers import OutboundPolicy

NOW = datetime.now(UTC)
CITIZEN = "13900000001"


class Switchboard:
    """Agents, live calls and what is dialled."""

    def __init__(self, store: Store, **hours: Spans) -> None:
        self.store = store
        self.now: datetime | None = None
        self.state = AgentState.READY
        self.queues: dict[str, int] = {"hotline": 1}
        self.live: dict[str, Call] = {}
        self.placed: list[tuple[str, str, str]] = []
        self.desk = CallbackDesk(
            store,
            self,
            OutboundSettings(trunks=("127.0.0.1",)),
            OutboundPolicy,
            agent=self.agent,
            live=lambda call_id: False,
            missed_changed=lambda row: None,
            main_line="12345",
        )
        self.turns = CallbackTurns(
            store,
            EventBus(),
            self.desk,
            CallbackSettings(attempts=2, minutes_between=15, **hours),
            agents=lambda: [self.agent("8001")],
            queues=self.served,
            live=lambda: self.live,
            clock=CityClock(
                ZoneInfo("Asia/Shanghai"), WorkCalendar(), now=lambda: self.now or datetime.now(UTC)
            ),
        )

    async def place(self, call_id: str, extension: str, number: str, line: str) -> None:
        self.placed.append((extension, number, line))

    def agent(self, extension: str) -> AgentSnapshot:
        return AgentSnapshot(extension, self.state, "", NOW, "", reachable=True)

    async def served(self, interface: str) -> Mapping[str, int]:
        return self.queues

    async def look(self) -> int:
        """How many were dialled by one look."""
        before = len(self.placed)
        await self.turns.look()
        async with self.desk:
            while self.desk._ringing:
                await self.desk.sweep()
        return len(self.placed) - before

    async def tried(self, result: str, minutes_ago: float) -> None:
        """An attempt of that time."""
        # the module may have been read long before this test runs
        at = datetime.now(UTC) - timedelta(minutes=minutes_ago)
        row = Callback(
            call_id=f"out-{at.timestamp()}",
            kind="queue",
            citizen=CITIZEN,
            number=CITIZEN,
            agent="8001",
            missed_id=1,
            asked_by="automatic",
            asked_at=at,
        )
        await self.store.callbacks.add(row)
        await self.store.callbacks.finish(row.call_id, result=result, at=at)


@pytest.fixture
async def board(store: Store) -> Switchboard:
    await _request(store, datetime.now(UTC) - timedelta(minutes=5))
    return Switchboard(store)


async def _request(store: Store, since: datetime) -> MissedCall:
    return await store.missed.request(
        call_id="1.1", caller=CITIZEN, line="12328", waiting_since=since, at=since
    )


def _waiting(minutes: float) -> dict[str, Call]:
    began = datetime.now(UTC) - timedelta(minutes=minutes)
    return {"2.2": Call("2.2", "PJSIP/trunk-1", "x", "12345", began, queue="hotline")}


async def test_given_a_free_agent_then_the_request_is_dialled_on_its_line(
    board: Switchboard,
) -> None:
    assert await board.look() == 1
    assert board.placed == [("8001", CITIZEN, "12328")]


async def test_given_somebody_who_waits_longer_then_that_caller_is_first(
    board: Switchboard,
) -> None:
    board.live = _waiting(6)
    assert await board.look() == 0
    board.live = _waiting(4)
    assert await board.look() == 1


@pytest.mark.parametrize("state", [one for one in AgentState if one is not AgentState.READY])
async def test_given_no_agent_who_is_free_then_nobody_is_dialled(
    board: Switchboard, state: AgentState
) -> None:
    board.state = state
    assert await board.look() == 0


async def test_given_attempts_then_a_pause_and_an_end_of_them(board: Switchboard) -> None:
    await board.tried("busy", 10)
    assert await board.look() == 0, "too soon"


async def test_given_as_many_attempts_as_are_set_then_no_more(board: Switchboard) -> None:
    await board.tried("busy", 60)
    await board.tried("no_answer", 30)
    assert await board.look() == 0


async def test_given_an_agent_who_did_not_answer_then_it_counts_as_no_attempt(
    board: Switchboard,
) -> None:
    await board.tried("agent_absent", 60)
    await board.tried("agent_absent", 30)
    assert await board.look() == 1


async def test_given_an_old_request_then_it_is_left_to_people(store: Store) -> None:
    await _request(store, NOW - timedelta(hours=9))
    assert await Switchboard(store).look() == 0


async def test_given_a_request_that_was_dealt_with_then_nobody_is_dialled(
    board: Switchboard,
) -> None:
    await board.store.missed.close(1, at=NOW, by="x", result="reached", note="")
    assert await board.look() == 0


SPRING_FESTIVAL = datetime(2026, 2, 18, 2, tzinfo=UTC)  # a Wednesday, 10 o'clock in the city
SHIFTED = datetime(2026, 2, 28, 2, tzinfo=UTC)  # a Saturday that is worked
WEEKDAY = datetime(2026, 3, 4, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("moment", "dialled"),
    [(SPRING_FESTIVAL, 0), (SHIFTED, 1), (WEEKDAY, 1), (WEEKDAY + timedelta(hours=12), 0)],
)
async def test_given_hours_then_nobody_is_dialled_outside_them_by_the_calendar(
    store: Store, moment: datetime, dialled: int
) -> None:
    await _request(store, moment - timedelta(minutes=5))
    board = Switchboard(store, working_days=("08:00-20:00",), weekends=(), holidays=())
    board.now = moment
    assert await board.look() == dialled


async def test_given_a_request_of_the_evening_when_hours_begin_then_it_is_dialled(
    store: Store,
) -> None:
    await _request(store, WEEKDAY - timedelta(hours=13))
    board = Switchboard(store, working_days=("08:00-20:00",), weekends=(), holidays=())
    board.now = WEEKDAY
    assert await board.look() == 1
