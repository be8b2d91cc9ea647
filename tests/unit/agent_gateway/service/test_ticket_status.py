"""Whose ticket it is: the caller's in any spelling, or known by the last digits of the number."""

from __future__ import annotations

from datetime import date

import pytest

from agent_gateway.journal import fold_call
from agent_gateway.service.ticket_status import WRONG_FOR_S, WRONG_LIMIT, StoredTicketStatus
from agent_gateway.store import Entry, Store
from telephony.events import CallArrived
from tests.unit.agent_gateway.scenes import at

DAY = date(2026, 3, 2)
OWNER = "13900004321"
ANOTHER = "09318105000"


class Clock:
    seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def tickets(store: Store, clock: Clock) -> StoredTicketStatus:
    return StoredTicketStatus(store, "0931", clock)


async def _ticket(store: Store, caller: str, call_id: str = "1.1") -> str:
    arrived = CallArrived(
        at=at(0), call_id=call_id, channel="PJSIP/trunk-1", caller=caller, dialled="12345"
    )
    await store.events.append([Entry(int(call_id[-1]), arrived)], fold_call)
    call = await store.calls.get(call_id)
    assert call is not None
    ticket, _ = await store.tickets.fill(call, day=DAY, guesses={}, transcript=[])
    return ticket.number


@pytest.mark.parametrize(
    ("opened_from", "caller"),
    [
        (OWNER, f"+86{OWNER}"),
        (f"+86{OWNER}", OWNER),
        (f"0{OWNER}", f"0086{OWNER}"),
        ("8105000", ANOTHER),
        (ANOTHER, "+869318105000"),
        ("+4415550000", "004415550000"),
    ],
)
async def test_given_any_spelling_of_the_callers_number_then_the_ticket_is_told(
    store: Store, tickets: StoredTicketStatus, opened_from: str, caller: str
) -> None:
    number = await _ticket(store, opened_from)
    by_number = await tickets.by_number(number, caller)
    assert by_number is not None
    if not opened_from.startswith("+44"):
        assert await tickets.latest_for_caller(caller) == by_number


async def test_given_another_telephone_then_only_with_the_last_digits(
    store: Store, tickets: StoredTicketStatus
) -> None:
    number = await _ticket(store, OWNER)
    for caller in (ANOTHER, ""):
        assert await tickets.by_number(number, caller) is None
        for wrong in ("1234", "4322", "321", "04321", OWNER):
            assert await tickets.by_number(number, caller, wrong) is None
        found = await tickets.by_number(number, caller, "4321")
        assert found is not None
        assert found.number == number
    assert await tickets.by_number("20260302999999", ANOTHER, "4321") is None
    assert await tickets.latest_for_caller(ANOTHER) is None


async def test_given_a_withheld_number_behind_the_ticket_then_it_is_told_to_nobody(
    store: Store, tickets: StoredTicketStatus
) -> None:
    number = await _ticket(store, "")
    assert await tickets.by_number(number, "") is None
    assert await tickets.by_number(number, ANOTHER, "0000") is None


async def test_given_many_wrong_guesses_then_right_ones_do_not_count_until_an_hour_is_over(
    store: Store, tickets: StoredTicketStatus, clock: Clock
) -> None:
    number, other = await _ticket(store, OWNER), await _ticket(store, OWNER, "1.2")
    for guess in range(WRONG_LIMIT):
        assert await tickets.by_number(number, ANOTHER, f"{guess:04}") is None
    assert await tickets.by_number(number, ANOTHER, "4321") is None
    # other tickets, and the owner's own telephone, are not locked
    assert await tickets.by_number(other, ANOTHER, "4321") is not None
    assert await tickets.by_number(number, OWNER) is not None
    clock.seconds += WRONG_FOR_S + 1
    assert await tickets.by_number(number, ANOTHER, "4321") is not None
