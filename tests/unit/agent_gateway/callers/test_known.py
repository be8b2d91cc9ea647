"""How a caller is served, decided from memory."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from agent_gateway.callers import KnownCallers
from agent_gateway.callers.known import BELIEVED_S
from agent_gateway.journal import fold_call
from agent_gateway.store import Entry, ListedCaller, MissedCall, Store
from agent_gateway.store.callers import CallerList
from config.settings import CallerSettings
from ivr.inbound import Standing
from tests.databases.database import Database
from tests.unit.agent_gateway.scenes import whole_call

NUMBER = "13900000001"
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
BLOCKED = Standing(blocked=True)


@dataclass
class Clock:
    at: datetime = NOW
    elapsed: float = 0.0

    def passes(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)
        self.elapsed += seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def known(store: Store, clock: Clock) -> KnownCallers:
    return KnownCallers(
        store,
        CallerSettings(repeat_hours=24, repeat_priority=5),
        "0931",
        now=lambda: clock.at,
        elapsed=lambda: clock.elapsed,
    )


def entry(name: CallerList, *, priority: int = 0, hours: float | None = 2) -> ListedCaller:
    return ListedCaller(
        list=name,
        number=NUMBER,
        reason="骚扰",
        priority=priority,
        until=None if hours is None else NOW + timedelta(hours=hours),
        created_at=NOW,
        created_by="boss",
        removed_at=None,
        removed_by="",
    )


def missed(*, closed: bool = False) -> MissedCall:
    return MissedCall(caller=NUMBER, last_at=NOW, closed_at=NOW if closed else None)


async def test_given_nothing_known_then_a_caller_is_like_everybody(known: KnownCallers) -> None:
    await known.read()
    assert known.of(NUMBER) == Standing()
    assert known.of("anonymous") == Standing()


async def test_given_a_blocked_number_then_blocked_in_every_spelling_until_the_end(
    store: Store, known: KnownCallers, clock: Clock
) -> None:
    await store.callers.add(entry("blocked"), ip="")
    await known.read()
    for spelled in (NUMBER, "+86" + NUMBER, "0" + NUMBER):
        assert known.of(spelled) == BLOCKED
    assert not known.of("13900000002").blocked
    clock.at = NOW + timedelta(hours=2)
    assert not known.of(NUMBER).blocked


async def test_given_lists_that_were_never_read_then_nobody_is_blocked(
    known: KnownCallers,
) -> None:
    known.listed(entry("blocked"))
    assert not known.of(NUMBER).blocked


async def test_given_a_database_that_fails_then_soon_nobody_is_blocked_until_it_is_back(
    store: Store, known: KnownCallers, clock: Clock, database: Database
) -> None:
    await store.callers.add(entry("blocked"), ip="")
    await known.read()
    await store.close()
    async with database.away():
        clock.passes(BELIEVED_S)
        await known.read()
        assert known.of(NUMBER).blocked, "a short outage is no reason to forget"
        clock.passes(1)
        await known.read()
        assert not known.of(NUMBER).blocked
        await store.close()

    await database.ask("DELETE FROM listed_callers")
    await store.callers.add(entry("priority", priority=7), ip="")
    known.listed(entry("blocked"))
    await known.read()
    assert known.of(NUMBER).reasons == ("vip",)


async def test_given_a_change_then_it_counts_at_once(known: KnownCallers) -> None:
    await known.read()
    block = entry("blocked")
    known.listed(block)
    assert known.of(NUMBER).blocked
    block.removed_at = NOW
    known.listed(block)
    assert not known.of(NUMBER).blocked


async def test_given_a_change_by_another_process_then_the_next_reading_has_it(
    store: Store, known: KnownCallers, clock: Clock
) -> None:
    row = await store.callers.add(entry("blocked"), ip="")
    async with KnownCallers(
        store,
        CallerSettings(),
        "0931",
        now=lambda: clock.at,
        elapsed=lambda: clock.elapsed,
        read_every_s=0.01,
    ) as reader:
        assert reader.of(NUMBER).blocked
        await store.callers.remove("blocked", row.id, at=NOW, by="boss", ip="")
        async with asyncio.timeout(10):
            while reader.of(NUMBER).blocked:
                await asyncio.sleep(0.01)


async def test_given_a_vip_who_was_missed_and_has_a_ticket_then_all_reasons_and_both_bonuses(
    store: Store, known: KnownCallers
) -> None:
    events = whole_call("1.1", caller="+86" + NUMBER)
    await store.events.append([Entry(n, event) for n, event in enumerate(events)], fold_call)
    call = await store.calls.get("1.1")
    assert call is not None
    ticket, _ = await store.tickets.fill(call, day=NOW.date(), guesses={}, transcript=[])
    await known.read_tickets()
    assert known.of(NUMBER) == Standing(), "every answered call leaves a draft"
    await store.tickets.submit(ticket.number)
    await known.read_tickets()
    assert known.of(NUMBER) == Standing(bonus=5, reasons=("ticket",))
    await store.callers.add(entry("priority", priority=30, hours=None), ip="")
    await known.read()
    known.missed_call_changed(missed())
    assert known.of(NUMBER) == Standing(bonus=35, reasons=("vip", "repeat", "ticket"))


async def test_given_an_unanswered_call_then_put_forward_for_some_hours_or_until_answered(
    known: KnownCallers, clock: Clock
) -> None:
    known.missed_call_changed(missed())
    assert known.of("+86" + NUMBER) == Standing(bonus=5, reasons=("repeat",))
    clock.passes(24 * 3600)
    assert known.of(NUMBER).bonus == 5
    clock.passes(1)
    assert known.of(NUMBER) == Standing()
    known.missed_call_changed(missed())
    clock.at = NOW
    known.missed_call_changed(missed(closed=True))
    assert known.of(NUMBER) == Standing()


async def test_given_no_bonus_for_calling_again_then_no_reason_is_given(store: Store) -> None:
    known = KnownCallers(store, CallerSettings(repeat_priority=0), "0931", now=lambda: NOW)
    known.missed_call_changed(missed())
    assert known.of(NUMBER) == Standing()


async def test_given_a_ticket_that_is_worked_on_then_at_once_and_until_it_is_done(
    known: KnownCallers,
) -> None:
    known.ticket_in_work("+86" + NUMBER)
    known.ticket_in_work("anonymous")
    assert known.of(NUMBER) == Standing(bonus=5, reasons=("ticket",))
    await known.read_tickets()
    assert known.of(NUMBER) == Standing()
