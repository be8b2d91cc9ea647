"""What comes from outside is kept as far as a database can, and never stops the rest."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from sqlalchemy import String, inspect
from sqlalchemy.exc import SQLAlchemyError

from agent_gateway.journal import fold_call
from agent_gateway.store import CallFilter, Entry, Knowledge, Store, is_outage
from agent_gateway.store.models import Base, Call
from agent_gateway.store.types import Words
from telephony.events import CallArrived, LineIdentified, TranscriptFinal
from tests.databases.database import Database
from tests.unit.agent_gateway.scenes import at, whole_call

HOSTILE = "'; DROP TABLE calls; --\x00张\ud800" + "长" * 600
SHANGHAI = timezone(timedelta(hours=8))


async def keep(store: Store, *events: Any) -> None:
    await store.events.append([Entry(i, event) for i, event in enumerate(events, 1)], fold_call)


def test_given_the_models_when_looked_at_then_no_text_is_kept_unchecked() -> None:
    unchecked = [
        f"{table.name}.{column.name}"
        for table in Base.metadata.sorted_tables
        for column in table.columns
        if isinstance(column.type, String)
    ]
    assert unchecked == []


async def test_given_every_text_column_when_filled_with_hostile_text_then_kept_and_found(
    store: Store,
) -> None:
    """Through the session, as any code of the store would."""
    row = Call(id="1.1", arrived_at=at(0), path=[{"step": HOSTILE, "n": float("inf")}])
    for column in inspect(Call).columns:
        if column.key != "id" and isinstance(column.type, Words):
            setattr(row, column.key, HOSTILE)
    async with store._engine.write() as session:
        session.add(row)
    kept = await store.calls.get("1.1")
    assert kept is not None
    assert kept.caller == (HOSTILE.replace("\x00", "").replace("\ud800", "?"))[:64]
    assert kept.path == [{"step": HOSTILE.replace("\x00", "").replace("\ud800", "?"), "n": None}]
    rows, found = await store.calls.page(CallFilter(caller=HOSTILE), limit=10, offset=0)
    assert (len(rows), found) == (1, 1)


@pytest.mark.parametrize("text", [HOSTILE, "\x00", "\ud800", "%", "_" * 2000])
async def test_given_hostile_words_when_searched_for_then_answered(store: Store, text: str) -> None:
    await keep(store, *whole_call("1.1"))
    assert await store.calls.page(CallFilter(caller=text), limit=1, offset=0) == ([], 0)
    assert await store.calls.get(text) is None
    assert await store.tickets.get(text) is None
    assert await store.users.by_name(text) is None
    assert list(await store.calls.parts(text)) == []
    fields = {"address": text, "category": "", "target": text}
    since = datetime(2020, 1, 1, tzinfo=UTC)
    assert not await store.tickets.alike(caller=text, fields=fields, since=since, besides=text)


async def test_given_a_caller_of_endless_names_when_the_call_is_journalled_then_it_is_kept(
    store: Store,
) -> None:
    arrived = CallArrived(
        at=at(0),
        call_id="1.1",
        channel=HOSTILE,
        caller=HOSTILE,
        dialled=HOSTILE,
        caller_name=HOSTILE,
    )
    identified = LineIdentified(at=at(0), call_id="1.1", line=HOSTILE, sip_call_id=HOSTILE)
    await keep(store, arrived, identified, *whole_call("1.1")[1:])
    call = await store.calls.get("1.1")
    assert call is not None
    assert call.ended_at is not None
    assert "\x00" not in call.caller


async def test_given_a_number_no_database_takes_when_kept_then_it_is_no_outage(
    store: Store,
) -> None:
    events = whole_call("1.1")
    final = next(event for event in events if isinstance(event, TranscriptFinal))
    monster = type(final)(
        at=final.at,
        call_id="1.1",
        speaker=final.speaker,
        turn=2**70,
        text="x",
        start_ms=0,
        end_ms=1,
        started_at=final.started_at,
    )
    with pytest.raises((SQLAlchemyError, OverflowError)) as caught:
        await keep(store, monster)
    assert not is_outage(caught.value)
    await keep(store, *events)


async def test_given_what_no_column_can_be_when_kept_then_it_is_no_outage(store: Store) -> None:
    row = Call(id="1.1", arrived_at=at(0), path=[], talk_seconds=object())
    with pytest.raises(SQLAlchemyError) as caught:
        async with store._engine.write() as session:
            session.add(row)
    assert not is_outage(caught.value)


async def test_given_a_search_that_counts_too_far_when_asked_then_it_is_no_outage(
    store: Store,
) -> None:
    with pytest.raises((SQLAlchemyError, OverflowError)) as caught:
        await store.missed.page(is_open=True, limit=2**70, offset=0)
    assert not is_outage(caught.value)


async def test_given_times_of_another_zone_when_kept_then_the_moment_comes_back_in_utc(
    store: Store, database: Database
) -> None:
    local = datetime(2026, 3, 2, 0, 30, 0, 123456, tzinfo=SHANGHAI)
    entry = Knowledge(title="x", text="y", valid_from=local.date(), valid_until=local.date())
    row = await store.knowledge.add(entry, by="boss", at=local)
    (kept,) = await store.knowledge.all(on=local.date())
    assert (kept.id, kept.updated_at) == (row.id, local)
    assert kept.updated_at.tzinfo is UTC
    assert kept.valid_from == local.date()
    if "postgresql" in database.url:
        # the server counts in its own zone, whatever that is
        await database.ask("SET timezone = 'Asia/Shanghai'")
    assert (await store.knowledge.all())[0].updated_at == local
