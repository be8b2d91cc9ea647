"""The backup that docs/operations.md tells of."""

from __future__ import annotations

from datetime import date

from agent_gateway.journal import fold_call
from agent_gateway.store import Entry, Store, newest_revision
from tests.databases.database import PostgresDatabase
from tests.unit.agent_gateway.scenes import whole_call


async def test_given_a_dump_when_restored_into_an_empty_database_then_everything_goes_on_there(
    postgres_database: PostgresDatabase,
) -> None:
    server = postgres_database.server
    store = Store(postgres_database.url)
    events = whole_call("1.1")
    await store.events.append([Entry(i, event) for i, event in enumerate(events, 1)], fold_call)
    call = await store.calls.get("1.1")
    assert call is not None
    day = date(2026, 3, 2)
    ticket, _ = await store.tickets.fill(call, day=day, guesses={}, transcript=[{"text": "路灯"}])
    await store.close()

    dump = server.folder / "hotline.dump"
    server.run(
        "pg_dump", "--format=custom", f"--file={dump}", server.libpq_url(postgres_database.name)
    )
    name = await server.create()
    restored = PostgresDatabase(server, name)
    server.run("pg_restore", "--no-owner", f"--dbname={server.libpq_url(name)}", str(dump))
    store = Store(restored.url)
    assert await store.revision() == newest_revision()
    kept = await store.tickets.get(ticket.number)
    assert kept is not None
    assert kept.transcript == [{"text": "路灯"}]
    assert len(await store.events.of_call("1.1")) == len(events)
    # numbers and ids go on where they were
    await store.events.append([Entry(1, event) for event in whole_call("1.2")[:1]], fold_call)
    another = await store.calls.get("1.2")
    assert another is not None
    following, _ = await store.tickets.fill(another, day=day, guesses={}, transcript=[])
    assert int(following.number) == int(ticket.number) + 1
    await store.close()
    await server.drop(name)
