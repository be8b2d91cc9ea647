"""Roles that see personal data masked, over REST and WebSocket, until they say why."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import quote

import pytest

from agent_gateway.store import Store
from telephony.events import EventBus
from tests.unit.agent_gateway.house import House, open_house
from tests.unit.agent_gateway.scenes import (
    CALLER,
    answer,
    arrival,
    end,
    offer,
    said,
    until,
)

DICTATED = "幺三八零零零零五六七八"
REASON = "核实投诉人身份"


@pytest.fixture
async def house(store: Store, bus: EventBus, tmp_path: Path) -> AsyncIterator[House]:
    privacy = {"masked_roles": ["supervisor"]}
    async with open_house(store, bus, tmp_path, privacy=privacy) as house:
        house.publish([*arrival("1.1", caller=CALLER), offer("1.1"), *answer("1.1")])
        house.publish([said("1.1", 0, f"路灯坏了我的电话是{DICTATED}"), end("1.1")])
        await until(lambda: house.store.tickets.of_call("1.1"), "a ticket")
        yield house


async def _paths(house: House) -> list[str]:
    ticket = await house.store.tickets.of_call("1.1")
    assert ticket is not None
    return [
        "/api/calls",
        "/api/calls/1.1",
        "/api/calls/1.1/transcript",
        "/api/calls/1.1/quality",
        "/api/tickets",
        f"/api/tickets/{ticket.number}",
        "/api/missed-calls",
    ]


async def test_given_a_masked_role_when_anything_is_asked_for_then_no_number_is_in_full(
    house: House,
) -> None:
    for path in await _paths(house):
        status, reply = await house.ask("GET", path, as_="boss")
        assert status == 200, path
        assert CALLER not in repr(reply), path
        assert DICTATED not in repr(reply), path
    # the agent who works with the citizen sees all
    assert CALLER in repr((await house.ask("GET", "/api/calls/1.1", as_="zhang"))[1])
    assert DICTATED in repr((await house.ask("GET", "/api/calls/1.1/transcript", as_="zhang"))[1])


async def test_given_the_staff_s_own_words_when_asked_for_then_numbers_in_them_are_in_full(
    house: House,
) -> None:
    entry = {"title": "路灯报修", "text": "电话0931-1234567", "keywords": ["路灯"]}
    status, made = await house.ask("POST", "/api/knowledge", as_="boss", body=entry)
    assert (status, made["text"]) == (200, entry["text"])
    one = f"/api/knowledge/{made['id']}"
    _, listed = await house.ask("GET", "/api/knowledge", as_="boss")
    assert [listed["entries"][0]["text"], (await house.ask("GET", one, as_="boss"))[1]["text"]] == [
        entry["text"]
    ] * 2
    # masked, it would be saved masked
    seen = {**entry, "read": made["updated_at"]}
    _, changed = await house.ask("PUT", one, as_="boss", body=seen)
    assert changed["text"] == entry["text"]


async def test_given_a_reason_when_asked_with_it_then_all_is_shown_and_the_reason_is_kept(
    house: House,
) -> None:
    headers = {"X-Unmask-Reason": quote(REASON)}
    status, reply = await house.ask("GET", "/api/calls/1.1", as_="boss", headers=headers)
    assert status == 200
    assert reply["caller"] == CALLER
    [entry] = [one for one in await house.store.audit.latest() if one.action == "personal.unmask"]
    assert (entry.user, entry.object) == ("boss", "/api/calls/1.1")
    assert entry.detail == REASON
    # only what was asked for with a reason
    assert CALLER not in repr((await house.ask("GET", "/api/calls/1.1", as_="boss"))[1])


@pytest.mark.parametrize("reason", ["", "%20", "x", "x" * 201])
async def test_given_no_real_reason_when_asked_then_it_is_refused(
    house: House, reason: str
) -> None:
    headers = {"X-Unmask-Reason": reason}
    status, reply = await house.ask("GET", "/api/calls/1.1", as_="boss", headers=headers)
    assert (status, reply["error"]["code"]) == (422, "no_reason")


async def test_given_a_masked_role_when_a_call_goes_on_then_the_page_has_no_number_until_a_reason(
    house: House,
) -> None:
    async with house.page("boss") as boss, house.page("zhang") as zhang:
        assert boss.heard[0]["masked"] is True
        assert zhang.heard[0]["masked"] is False
        house.publish([*arrival("2.1", caller=CALLER), offer("2.1"), *answer("2.1")])
        house.publish([said("2.1", 0, f"我的电话是{DICTATED}")])
        await boss.hear("transcript.final")
        assert CALLER not in repr(boss.heard)
        assert DICTATED not in repr(boss.heard)
        await zhang.hear("transcript.final")
        assert CALLER in repr(zhang.heard)

        await boss.ws.send_json({"type": "unmask", "reason": " "})
        assert (await boss.hear("error"))["code"] == "invalid"
        await boss.ws.send_json({"type": "unmask", "reason": REASON})
        assert (await boss.hear("hello"))["masked"] is False
        snapshot = await boss.hear("snapshot")
        [call] = [one for one in snapshot["calls"] if one["call_id"] == "2.1"]
        assert call["caller"] == CALLER
        house.publish([said("2.1", 1, DICTATED)])
        assert (await boss.hear("transcript.final"))["text"] == DICTATED
    kept = [one for one in await house.store.audit.latest() if one.action == "personal.unmask"]
    assert [(one.object, one.detail) for one in kept] == [("/ws", REASON)]
