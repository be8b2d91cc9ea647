"""A real server that is stopped, frozen and started again in mid-work."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy.exc import SQLAlchemyError

from agent_gateway.journal import Journal
from agent_gateway.store import Store, engine, is_outage
from agent_gateway.store.users import audit_entry
from telephony.events import EventBus
from tests.databases.database import PostgresDatabase
from tests.unit.agent_gateway.scenes import until, whole_call

FAST = (0.02, 0.05)
STATEMENTS_THAT_FAIL = {
    # a table that a restored, empty database does not have: wait for who mends it
    "SELECT * FROM nothing_of_this_name": True,
    "SELECT 1/0": False,
    "SELECT repeat('x', 2000000000)": False,
    "SELECT pg_terminate_backend(pg_backend_pid())": True,
    "INSERT INTO alembic_version VALUES (NULL)": False,
    "SELECT '\\ud800'::jsonb": False,
}


@pytest.fixture
async def store(
    postgres_database: PostgresDatabase, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Store]:
    """On PostgreSQL, and less patient."""
    monkeypatch.setattr(engine, "CONNECT_S", 1.0)
    monkeypatch.setattr(engine, "COMMAND_S", 1.0)
    store = Store(postgres_database.url, busy_timeout_ms=100)
    yield store
    postgres_database.server.thaw()
    postgres_database.server.start_again()
    await store.close()


async def ended(store: Store, call_id: str) -> bool:
    call = await store.calls.get(call_id)
    return call is not None and call.ended_at is not None


async def outage(store: Store) -> BaseException:
    """The error of a writer; it must be one that everybody is prepared for."""
    with pytest.raises((SQLAlchemyError, OSError)) as caught:
        await store.audit.add("boss", "look")
    return caught.value


@pytest.mark.parametrize("how", ["fast", "immediate"])
async def test_given_a_server_stopped_in_mid_work_when_it_is_back_then_nothing_was_lost(
    store: Store, postgres_database: PostgresDatabase, bus: EventBus, tmp_path: Path, how: str
) -> None:
    server = postgres_database.server
    async with Journal(store, bus, tmp_path / "spool", retry_s=FAST) as journal:
        for event in whole_call("1.1"):
            bus.publish(event)
        await until(lambda: ended(store, "1.1"), "kept")
        server.stop(how)
        for event in whole_call("1.2"):
            bus.publish(event)
        await until(lambda: journal.status.spooling, "spooling")
        await until(lambda: journal.status.pending == 0, "all on the disk")
        assert is_outage(await outage(store))
        server.start()
        # the connections from before are dead, all of them: nobody must notice
        await asyncio.gather(*(store.users.all() for _ in range(12)))
        await until(lambda: ended(store, "1.2"), "replayed")
        assert journal.status.lost == 0
    assert len(await store.events.of_call("1.2")) == len(whole_call("1.2"))


async def test_given_a_server_that_says_nothing_when_asked_then_given_up_and_later_well_again(
    store: Store, postgres_database: PostgresDatabase
) -> None:
    server = postgres_database.server
    await store.audit.add("boss", "look")
    server.freeze()
    # with the connection from before, then with a new one
    for _ in range(2):
        assert is_outage(await outage(store))
    server.thaw()
    await until(lambda: answers(store), "an answer")
    await store.audit.add("boss", "look again")


async def answers(store: Store) -> bool:
    try:
        await store.ping()
    except (SQLAlchemyError, OSError):
        return False
    return True


async def test_given_a_server_that_freezes_in_a_transaction_when_it_goes_on_then_nothing_is_half(
    store: Store, postgres_database: PostgresDatabase
) -> None:
    server = postgres_database.server

    async def work() -> None:
        async with store._engine.write() as session:
            session.add(audit_entry("boss", "half"))
            await session.flush()
            server.freeze()
            session.add(audit_entry("boss", "whole"))

    with pytest.raises((SQLAlchemyError, OSError)) as caught:
        await work()
    assert is_outage(caught.value)
    server.thaw()
    await until(lambda: writes(store), "that the turn is given back")
    assert {row.action for row in await store.audit.latest()} == {"look"}


async def test_given_a_writer_that_vanished_in_its_turn_when_it_is_over_then_others_write(
    store: Store, postgres_database: PostgresDatabase
) -> None:
    """Somebody's process is frozen, or its machine gone, between BEGIN and COMMIT."""
    other = Store(postgres_database.url)

    async def work() -> None:
        async with other._engine.write() as session:
            session.add(audit_entry("boss", "late"))
            await session.flush()
            await until(lambda: writes(store), "that the turn is lost")

    with pytest.raises((SQLAlchemyError, OSError)):
        await work()
    await other.close()
    assert {row.action for row in await store.audit.latest()} == {"look"}


async def writes(store: Store) -> bool:
    try:
        await store.audit.add("boss", "look")
    except (SQLAlchemyError, OSError):
        return False
    return True


async def test_given_a_database_that_refuses_when_asked_then_it_is_an_outage(
    store: Store, postgres_database: PostgresDatabase
) -> None:
    await store.ping()
    async with postgres_database.away():
        assert is_outage(await outage(store))
    await store.ping()


async def test_given_a_wrong_password_or_name_when_asked_then_an_outage_without_the_password(
    store: Store, postgres_database: PostgresDatabase
) -> None:
    server = postgres_database.server
    for url in (server.url(postgres_database.name, password="geheim"), server.url("nowhere")):
        wrong = Store(url)
        error = await outage(wrong)
        assert is_outage(error)
        assert "geheim" not in str(error)
        await wrong.close()


@pytest.mark.parametrize(("statement", "at_fault"), STATEMENTS_THAT_FAIL.items())
async def test_given_what_a_server_refuses_when_judged_then_its_fault_or_that_of_the_data(
    store: Store, statement: str, at_fault: bool
) -> None:
    with pytest.raises((SQLAlchemyError, OSError)) as caught:
        async with store._engine.write() as session:
            await (await session.connection()).exec_driver_sql(statement)
    assert is_outage(caught.value) is at_fault
    await store.ping()
