"""Two processes at work on one database: what one has written the other does not undo."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta

import pytest

from agent_gateway.journal import fold_call
from agent_gateway.store import Call, Entry, ListedCaller, Store, SurveyCall
from tests.databases.database import Database
from tests.unit.agent_gateway.scenes import at, whole_call

DAY = date(2026, 3, 2)
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.fixture
async def stores(database: Database) -> AsyncIterator[tuple[Store, Store]]:
    """Of two processes: they share nothing but the database."""
    both = Store(database.url), Store(database.url)
    yield both
    for store in both:
        await store.close()


async def keep(store: Store, call_id: str) -> Call:
    entries = [Entry(i, event) for i, event in enumerate(whole_call(call_id), 1)]
    await store.events.append(entries, fold_call)
    call = await store.calls.get(call_id)
    assert call is not None
    return call


async def test_given_a_person_and_the_machine_at_one_ticket_when_both_write_then_the_person_wins(
    stores: tuple[Store, Store],
) -> None:
    machine, person = stores
    call = await keep(machine, "1.1")

    async def fill(n: int) -> None:
        guess = {"address": {"value": f"guess {n}", "evidence": "", "confidence": 0.5}}
        await machine.tickets.fill(call, day=DAY, guesses=guess, transcript=[{"n": n}])

    async def edit(n: int) -> None:
        await person.tickets.edit_of_call(call, day=DAY, values={f"field{n}": n}, by="zhang")

    await asyncio.gather(*(work(n) for n in range(15) for work in (fill, edit)))
    await person.tickets.edit_of_call(call, day=DAY, values={"address": "雁滩路12号"}, by="zhang")
    await fill(99)
    ticket = await machine.tickets.of_call("1.1")
    assert ticket is not None
    assert ticket.fields["address"]["value"] == "雁滩路12号"
    # not one entry was lost under a guess that had been read before it was made
    assert {f"field{n}" for n in range(15)} <= ticket.fields.keys()


async def test_given_calls_in_two_processes_when_drafted_then_numbers_are_unique_without_gaps(
    stores: tuple[Store, Store],
) -> None:
    calls = [await keep(stores[0], f"1.{n}") for n in range(12)]
    filled = await asyncio.gather(
        *(
            stores[n % 2].tickets.fill(call, day=DAY, guesses={}, transcript=[])
            for n, call in enumerate(calls)
        )
    )
    assert sorted(ticket.number for ticket, _ in filled) == [
        f"20260302{n:06d}" for n in range(1, 13)
    ]


async def test_given_events_of_one_call_in_two_processes_when_kept_then_the_record_has_all(
    stores: tuple[Store, Store],
) -> None:
    entries = [Entry(i, event) for i, event in enumerate(whole_call("1.1"), 1)]
    await asyncio.gather(
        *(stores[n % 2].events.append([entry], fold_call) for n, entry in enumerate(entries))
    )
    one = Store(stores[0]._engine.url)
    try:
        whole = await keep(one, "1.2")
    finally:
        await one.close()
    call = await stores[0].calls.get("1.1")
    assert call is not None
    assert len(call.path) == len(whole.path)
    assert (call.disposition, call.talk_seconds) == (whole.disposition, whole.talk_seconds)


async def test_given_one_citizen_to_be_rung_when_two_begin_then_only_one_rings(
    stores: tuple[Store, Store],
) -> None:
    row = SurveyCall(about="1.1", citizen="139", number="139", chosen_at=NOW, next_at=NOW)
    assert await stores[0].survey_calls.add(row)
    began = await asyncio.gather(
        *(stores[n % 2].survey_calls.begin("1.1", f"out-survey-{n}", NOW) for n in range(6))
    )
    assert began.count(True) == 1


async def test_given_a_number_when_two_list_it_then_one_entry_and_a_plain_refusal(
    stores: tuple[Store, Store],
) -> None:
    def entry() -> ListedCaller:
        return ListedCaller(
            list="blocked",
            number="139",
            reason="骚扰",
            until=NOW + timedelta(days=1),
            created_at=NOW,
            created_by="boss",
        )

    done = await asyncio.gather(
        *(store.callers.add(entry(), ip="") for store in stores), return_exceptions=True
    )
    assert sorted(isinstance(one, ValueError) for one in done) == [False, True]
    assert len(await stores[0].callers.in_force(NOW)) == 1


async def test_given_one_number_when_its_missed_calls_come_in_two_processes_then_one_entry(
    stores: tuple[Store, Store],
) -> None:
    await asyncio.gather(
        *(
            stores[n % 2].missed.request(
                call_id=f"1.{n}", caller="139", line="12345", waiting_since=at(n), at=at(n)
            )
            for n in range(8)
        )
    )
    (row,), count = await stores[0].missed.page(is_open=True, limit=9, offset=0)
    assert (count, row.calls) == (1, 8)


async def test_given_many_writers_when_they_wait_for_their_turn_then_readers_are_answered(
    stores: tuple[Store, Store], database: Database
) -> None:
    assert await stores[0].users.all() == []
    async with database.locked():
        writers = [asyncio.create_task(stores[0].audit.add("boss", f"look {n}")) for n in range(40)]
        async with asyncio.timeout(3):
            for _ in range(5):
                assert await stores[0].users.all() == []
    await asyncio.gather(*writers)
    assert len(await stores[0].audit.latest()) == 40
