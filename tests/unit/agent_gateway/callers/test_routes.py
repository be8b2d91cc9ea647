"""Who may change the lists, and what is written down about it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from agent_gateway.callers import KnownCallers
from agent_gateway.store import ListedCaller
from tests.unit.agent_gateway.house import House

BLOCKED, PRIORITY = "/api/callers/blocked", "/api/callers/priority"
NUMBER = "13900000001"


@pytest.fixture
async def known(house: House) -> AsyncIterator[KnownCallers]:
    settings = house.context.settings
    async with KnownCallers(house.store, settings.callers, settings.city.area_code) as known:
        house.context.callers = known
        yield known


def block(number: str = "+86" + NUMBER, *, days: float = 1) -> dict[str, Any]:
    until = datetime.now(UTC) + timedelta(days=days)
    return {"number": number, "reason": "多次骚扰", "until": until.isoformat()}


async def trail(house: House) -> list[tuple[str, str, str]]:
    lines = await house.store.audit.latest()
    return [(one.user, one.action, one.object) for one in lines if "callers" in one.action]


async def test_given_a_supervisor_when_a_number_is_blocked_and_freed_then_it_counts_and_is_audited(
    house: House, known: KnownCallers
) -> None:
    status, entry = await house.ask("POST", BLOCKED, as_="boss", body=block())
    assert status == 200, entry
    assert (entry["number"], entry["created_by"], entry["reason"]) == (NUMBER, "boss", "多次骚扰")
    assert known.of(NUMBER).blocked
    status, page = await house.ask("GET", BLOCKED, as_="root")
    assert (status, page["total"], page["callers"][0]["id"]) == (200, 1, entry["id"])
    assert (await house.ask("POST", BLOCKED, as_="root", body=block(NUMBER)))[0] == 409

    status, _ = await house.ask("DELETE", f"{PRIORITY}/{entry['id']}", as_="root")
    assert status == 404, "the id is of the other list"
    status, removed = await house.ask("DELETE", f"{BLOCKED}/{entry['id']}", as_="root")
    assert (status, removed["removed_by"]) == (200, "root")
    assert not known.of(NUMBER).blocked
    assert (await house.ask("DELETE", f"{BLOCKED}/{entry['id']}", as_="root"))[0] == 404
    assert (await house.ask("GET", BLOCKED, as_="boss"))[1]["total"] == 0
    assert (await house.ask("GET", f"{BLOCKED}?state=all", as_="boss"))[1]["total"] == 1
    assert (await house.ask("POST", BLOCKED, as_="boss", body=block()))[0] == 200

    changes = [one for one in await trail(house) if not one[1].endswith(".list")]
    assert list(reversed(changes)) == [
        ("boss", "callers.blocked.add", NUMBER),
        ("root", "callers.blocked.remove", NUMBER),
        ("boss", "callers.blocked.add", NUMBER),
    ]
    assert ("root", "callers.blocked.list") in [one[:2] for one in await trail(house)]


async def test_given_a_number_put_forward_then_with_its_priority_and_without_an_end(
    house: House, known: KnownCallers
) -> None:
    body = {"number": "8123456", "reason": "人大代表", "priority": 30}
    status, entry = await house.ask("POST", PRIORITY, as_="root", body=body)
    assert (status, entry["number"], entry["until"]) == (200, "09318123456", None)
    assert known.of("+869318123456").bonus == 30
    assert (await house.ask("GET", PRIORITY, as_="boss"))[1]["callers"] == [entry]
    assert [one[1] for one in await trail(house)] == [
        "callers.priority.list",
        "callers.priority.add",
    ]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (block(days=31), 422),
        (block(days=-1), 422),
        ({"number": NUMBER, "reason": "骚扰"}, 422),
        ({**block(), "until": "2099-01-01T00:00:00"}, 422),
        ({**block(), "reason": "  "}, 422),
        (block("110"), 422),
        (block("093112345"), 422),
        (block("12328"), 422),
        (block("anonymous"), 422),
    ],
)
async def test_given_what_makes_no_sense_then_refused(
    house: House, known: KnownCallers, body: dict[str, Any], status: int
) -> None:
    assert (await house.ask("POST", BLOCKED, as_="boss", body=body))[0] == status
    assert await trail(house) == []


async def test_given_a_number_in_any_spelling_when_looked_for_then_its_entry_only(
    house: House, known: KnownCallers
) -> None:
    for number in (NUMBER, "8123456"):
        assert (await house.ask("POST", BLOCKED, as_="boss", body=block(number)))[0] == 200
    for number, found in (
        ("%2B86" + NUMBER, [NUMBER]),
        ("0931-8123456", ["09318123456"]),
        ("13900000009", []),
        ("nobody", []),
    ):
        _, page = await house.ask("GET", f"{BLOCKED}?number={number}", as_="root")
        assert [one["number"] for one in page["callers"]] == found


async def test_given_a_refused_number_when_told_then_at_its_field(
    house: House, known: KnownCallers
) -> None:
    for body, field in ((block("110"), "number"), (block(days=-1), "until")):
        _, reply = await house.ask("POST", BLOCKED, as_="boss", body=body)
        [detail] = reply["error"]["details"]
        assert (detail["field"], detail["problem_zh"]) == (field, reply["error"]["message"])


@pytest.mark.parametrize("path", [BLOCKED, PRIORITY])
async def test_given_an_agent_then_the_lists_are_closed(
    house: House, known: KnownCallers, path: str
) -> None:
    assert (await house.ask("GET", path, as_="zhang"))[0] == 403
    assert (await house.ask("POST", path, as_="zhang", body=block()))[0] == 403
    assert (await house.ask("DELETE", f"{path}/1", as_="zhang"))[0] == 403


@pytest.mark.parametrize("number", ["0", "-1", "x", "9" * 30, "1"])
async def test_given_no_such_entry_then_not_found(
    house: House, known: KnownCallers, number: str
) -> None:
    assert (await house.ask("DELETE", f"{BLOCKED}/{number}", as_="boss"))[0] == 404


async def test_given_an_entry_that_has_ended_then_the_number_can_be_listed_again(
    house: House, known: KnownCallers
) -> None:
    first = await house.ask("POST", BLOCKED, as_="boss", body=block())
    row = (await house.store.callers.page("blocked", in_force_at=None, limit=1, offset=0))[0][0]
    assert first[0] == 200
    again = ListedCaller(
        list="blocked",
        number=NUMBER,
        reason="again",
        priority=0,
        until=row.until + timedelta(days=2) if row.until else None,
        created_at=row.until,
        created_by="boss",
        removed_at=None,
        removed_by="",
    )
    await house.store.callers.add(again, ip="")
    rows, total = await house.store.callers.page("blocked", in_force_at=None, limit=5, offset=0)
    assert total == 2
    assert (rows[1].removed_at, rows[1].removed_by) == (row.until, "")
