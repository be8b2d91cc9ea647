from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime

import pytest

from agent_gateway.journal import fold_call
from agent_gateway.store import Call, Entry, Store, Ticket
from tests.unit.agent_gateway.scenes import whole_call

DAY = date(2026, 3, 2)
GUESS = {"address": {"value": "雁滩路12号", "evidence": "雁滩路十二号", "confidence": 0.7}}


async def _call(store: Store, call_id: str) -> Call:
    events = whole_call(call_id)
    await store.events.append([Entry(i, event) for i, event in enumerate(events, 1)], fold_call)
    call = await store.calls.get(call_id)
    assert call is not None
    return call


async def _fill(store: Store, call: Call, value: str) -> tuple[Ticket, bool]:
    guess = {"address": {"value": value, "evidence": value, "confidence": 0.9}}
    return await store.tickets.fill(call, day=DAY, guesses=guess, transcript=[])


async def test_given_an_edited_field_when_the_machine_fills_again_then_the_edit_stays(
    store: Store,
) -> None:
    call = await _call(store, "1.1")
    first, new = await store.tickets.fill(call, day=DAY, guesses=GUESS, transcript=[])
    assert new
    assert first.fields["address"]["touched_by"] is None
    await store.tickets.edit(first.number, {"address": "东岗西路3号"}, "zhang")
    again, new = await _fill(store, call, "雁滩路13号")
    assert not new
    assert again.number == first.number
    assert again.fields["address"]["value"] == "东岗西路3号"
    assert again.fields["address"]["touched_by"] == "zhang"
    assert again.fields["address"]["evidence"] == "雁滩路十二号"


async def test_given_a_field_emptied_by_a_person_when_filled_again_then_it_stays_empty(
    store: Store,
) -> None:
    call = await _call(store, "1.1")
    ticket, _ = await store.tickets.fill(call, day=DAY, guesses=GUESS, transcript=[])
    await store.tickets.edit(ticket.number, {"address": None}, "zhang")
    again, _ = await _fill(store, call, "雁滩路13号")
    assert again.fields["address"]["value"] is None


async def test_given_a_submitted_ticket_when_filled_again_then_nothing_changes(
    store: Store,
) -> None:
    call = await _call(store, "1.1")
    ticket, _ = await store.tickets.fill(call, day=DAY, guesses=GUESS, transcript=[])
    await store.tickets.submit(ticket.number)
    again, _ = await _fill(store, call, "别处")
    assert again.status == "submitted"
    assert again.fields["address"]["value"] == "雁滩路12号"
    with pytest.raises(ValueError, match="only a draft"):
        await store.tickets.edit(ticket.number, {"address": "x"}, "zhang")
    with pytest.raises(ValueError, match="only a draft"):
        await store.tickets.submit(ticket.number)


async def test_given_many_calls_at_once_when_drafted_then_numbers_are_unique_digits(
    store: Store,
) -> None:
    calls = [await _call(store, f"1.{n}") for n in range(8)]
    filled = await asyncio.gather(*(_fill(store, call, "x") for call in calls))
    numbers = sorted(ticket.number for ticket, _ in filled)
    assert numbers == [f"20260302{n:06d}" for n in range(1, 9)]


async def test_given_an_edit_during_the_call_when_the_draft_is_filled_then_both_are_there(
    store: Store,
) -> None:
    call = await _call(store, "1.1")
    edited, new = await store.tickets.edit_of_call(
        call, day=DAY, values={"caller_name": "李四"}, by="zhang"
    )
    assert new
    # a draft that only a person wrote still waits for the machine's part
    assert await store.calls.without_ticket() == ["1.1"]
    filled, _ = await store.tickets.fill(call, day=DAY, guesses=GUESS, transcript=[{"who": "x"}])
    assert filled.number == edited.number
    assert filled.fields["caller_name"]["value"] == "李四"
    assert filled.fields["address"]["value"] == "雁滩路12号"
    assert filled.transcript == [{"who": "x"}]
    assert filled.line == "12328"
    assert await store.calls.without_ticket() == []


async def test_given_tickets_that_share_something_when_looked_for_then_those_and_no_others(
    store: Store,
) -> None:
    fields = {
        "1.1": {"category": "urban.noise", "address": "雁滩路12号"},
        "1.2": {"category": "utilities.water", "target": "供水集团"},
        "1.3": {"category": "edu.school", "target": "第一中学"},
    }
    numbers = {}
    for call_id, values in fields.items():
        call = await _call(store, call_id)
        call.caller = f"1390000{call_id[-1]}"
        guesses = {name: {"value": value} for name, value in values.items()}
        ticket, _ = await store.tickets.fill(call, day=DAY, guesses=guesses, transcript=[])
        numbers[ticket.number] = call_id

    async def found(caller: str = "", **wanted: str) -> set[str]:
        tickets = await store.tickets.alike(
            caller=caller,
            fields={"category": "", "address": "", "target": ""} | wanted,
            since=datetime(2020, 1, 1, tzinfo=UTC),
            besides="1.3",
        )
        return {numbers[one.number] for one in tickets}

    assert await found() == set()
    assert await found(category="urban.noise") == {"1.1"}
    assert await found(address="雁滩路12号", category="urban.lighting") == {"1.1"}
    assert await found(target="供水集团", category="urban.noise") == {"1.1", "1.2"}
    assert await found(caller="13900002") == {"1.2"}
    # a call is not its own duplicate
    assert await found(target="第一中学") == set()
