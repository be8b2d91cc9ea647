from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from agent_gateway.journal import fold_call
from agent_gateway.missed.watch import MissedCallWatch
from agent_gateway.store import Entry, MissedCall, Store
from telephony.events import CALLBACK_STEP, CallEvent, HungUpBy, IvrStep
from tests.unit.agent_gateway.house import House
from tests.unit.agent_gateway.scenes import CALLER, answer, arrival, at, end, until, whole_call


@dataclass
class Desk:
    """A watch, and a journal that writes at once."""

    store: Store
    watch: MissedCallWatch
    told: list[MissedCall]
    counts: list[int]
    seq: int = field(default=0)

    async def happens(self, events: Sequence[CallEvent], *, noticed: bool = True) -> None:
        entries = [Entry(self.seq + n, event) for n, event in enumerate(events)]
        self.seq += len(events)
        await self.store.events.append(entries, fold_call)
        if noticed:
            self.watch.noticed(events)

    async def open(self) -> Sequence[MissedCall]:
        rows, _ = await self.store.missed.page(is_open=True, limit=50, offset=0)
        return rows


@pytest.fixture
async def desk(store: Store) -> AsyncIterator[Desk]:
    told: list[MissedCall] = []
    counts: list[int] = []
    watch = MissedCallWatch(store, told.append, counts.append, sweep_s=60)
    async with watch:
        yield Desk(store, watch, told, counts)


def in_vain(call_id: str, *, later_s: float = 0, caller: str = CALLER) -> list[CallEvent]:
    return [_later(event, later_s) for event in (*arrival(call_id, caller=caller), end(call_id))]


def _later(event: CallEvent, seconds: float) -> CallEvent:
    values = {name: getattr(event, name) for name in event.__dataclass_fields__}
    return type(event)(**{**values, "at": event.at + timedelta(seconds=seconds)})


async def test_given_calls_in_vain_then_one_entry_a_number_with_the_first_ones_turn(
    desk: Desk,
) -> None:
    await desk.happens(in_vain("1.1"))
    await desk.happens(in_vain("1.2", later_s=100))
    await desk.happens(in_vain("1.3", later_s=50, caller="13900000002"))
    await until(lambda: len(desk.told) == 3, "three changes")
    rows = await desk.open()
    assert [(row.caller, row.calls, row.call_id) for row in rows] == [
        (CALLER, 2, "1.2"),
        ("13900000002", 1, "1.3"),
    ]
    assert rows[0].waiting_since == at(5)
    assert desk.counts[-1] == 2


@pytest.mark.parametrize("caller", ["", "anonymous"])
async def test_given_no_number_then_there_is_nobody_to_call_back(desk: Desk, caller: str) -> None:
    await desk.happens(in_vain("1.1", caller=caller))
    await desk.happens(in_vain("1.2"))
    await until(lambda: desk.told, "the other entry")
    assert [row.call_id for row in await desk.open()] == ["1.2"]


async def test_given_a_caller_who_hung_up_before_the_queue_then_no_entry(desk: Desk) -> None:
    await desk.happens([*arrival("1.1")[:3], end("1.1")])
    await desk.happens(in_vain("1.2", caller="13900000002"))
    await until(lambda: desk.told, "the other entry")
    assert [row.call_id for row in await desk.open()] == ["1.2"]


async def test_given_an_entry_when_the_number_is_answered_then_it_is_closed_and_stays_so(
    desk: Desk,
) -> None:
    await desk.happens(in_vain("1.1"))
    await until(lambda: desk.told, "entry")
    await desk.happens([_later(event, 300) for event in whole_call("1.2")])
    await until(lambda: len(desk.told) == 2, "closed entry")
    row = desk.told[-1]
    assert (row.result, row.closed_by, row.closed_at) == ("answered", "8001", at(309))
    # the same once more, as after a crash, changes nothing
    assert await desk.store.missed.enter("1.1") is None
    assert await desk.store.missed.reached("1.2") is None
    assert not await desk.open()


async def test_given_an_answer_while_the_service_was_away_then_the_sweep_closes_the_entry(
    desk: Desk,
) -> None:
    await desk.happens(in_vain("1.1"))
    await until(lambda: desk.told, "entry")
    await desk.happens([_later(event, 300) for event in whole_call("1.2")], noticed=False)
    assert await desk.store.missed.unclosed() == ["1.2"]


async def test_given_a_missed_call_nobody_noticed_then_the_sweep_finds_it_once(desk: Desk) -> None:
    await desk.happens(in_vain("1.1"), noticed=False)
    assert await desk.store.missed.forgotten(since=at(0)) == ["1.1"]
    assert await desk.store.missed.forgotten(since=at(60)) == []
    await desk.store.missed.enter("1.1")
    assert await desk.store.missed.forgotten(since=at(0)) == []


async def test_given_a_number_that_was_answered_later_then_the_call_before_is_no_missed_one(
    desk: Desk,
) -> None:
    await desk.happens(in_vain("1.1"), noticed=False)
    again = [*arrival("1.2"), *answer("1.2"), end("1.2")]
    await desk.happens([_later(event, 300) for event in again], noticed=False)
    assert await desk.store.missed.forgotten(since=at(0)) == []
    assert await desk.store.missed.enter("1.1") is None


async def test_given_a_request_then_it_comes_before_those_who_only_hung_up(desk: Desk) -> None:
    await desk.happens(in_vain("1.1", caller="13900000002"))
    await until(lambda: desk.told, "entry")
    asks = _later(arrival("1.2")[0], 100), *(_later(one, 100) for one in arrival("1.2")[1:])
    await desk.happens(asks)
    assert await desk.watch.request("1.2", CALLER)
    step = IvrStep(at=at(110), call_id="1.2", step=CALLBACK_STEP)
    await desk.happens([step, end("1.2", 111, HungUpBy.SYSTEM)])
    call = await desk.store.calls.get("1.2")
    assert call is not None
    assert call.disposition == "callback_requested"
    assert await desk.store.missed.enter("1.2") is None
    rows = await desk.open()
    assert [(row.caller, row.requested, row.calls) for row in rows] == [
        (CALLER, True, 1),
        ("13900000002", False, 1),
    ]
    assert rows[0].waiting_since == at(105)


async def test_given_no_database_when_a_call_back_is_requested_then_it_is_not_promised(
    desk: Desk,
) -> None:
    await desk.store.close()
    broken = Store("sqlite+aiosqlite:////nowhere/at/all.db")
    watch = MissedCallWatch(broken, desk.told.append, desk.counts.append)
    assert not await watch.request("1.1", CALLER)
    await broken.close()


async def test_given_an_entry_when_an_agent_closes_it_then_all_pages_and_figures_know(
    house: House,
) -> None:
    row = await house.store.missed.request(
        call_id="1.1", caller=CALLER, line="12328", waiting_since=at(5), at=at(30)
    )
    async with house.page("li") as page:
        path = f"/api/missed-calls/{row.id}/done"
        status, view = await house.ask("POST", path, as_="zhang", body={"result": "reached"})
        assert (status, view["result"], view["closed_by"]) == (200, "reached", "zhang")
        message = await page.hear("missed.changed")
        assert message["missed_call"] == view
    status, error = await house.ask("POST", path, as_="zhang", body={"result": "reached"})
    assert (status, error["error"]["code"]) == (409, "closed")
    for unknown in ("x", "0", "99999999999999999999", "٣"):
        status, _ = await house.ask(
            "POST", f"/api/missed-calls/{unknown}/done", as_="zhang", body={"result": "reached"}
        )
        assert status == 404
    status, page_of = await house.ask("GET", "/api/missed-calls?state=closed", as_="li")
    assert (status, page_of["total"]) == (200, 1)
    _, figures = await house.ask("GET", "/metrics")
    assert 'hotline_missed_calls_closed_total{result="reached"} 1.0' in figures
