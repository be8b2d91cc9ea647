"""The knowledge base over the API."""

from __future__ import annotations

from datetime import datetime, timedelta
from urllib.parse import quote
from zoneinfo import ZoneInfo

import pytest

from config.settings import CitySettings
from tests.unit.agent_gateway.house import House

ENTRY = {"title": "路灯报修", "text": "由路灯管理处负责。", "keywords": ["路灯"]}
PATH = "/api/knowledge"


async def test_given_a_supervisor_when_writing_entries_then_agents_find_them(house: House) -> None:
    assert (await house.ask("POST", PATH, as_="zhang", body=ENTRY))[0] == 403
    status, made = await house.ask("POST", PATH, as_="boss", body=ENTRY)
    assert (status, made["title"], made["updated_by"]) == (200, "路灯报修", "boss")
    old = {"title": "旧政策", "text": "路灯旧办法", "valid_until": "2020-01-01"}
    await house.ask("POST", PATH, as_="boss", body=old)

    _, found = await house.ask("GET", f"{PATH}?q=门口路灯坏了", as_="zhang")
    assert [one["title"] for one in found["entries"]] == ["路灯报修"]
    assert found["entries"][0]["score"] > 0
    _, every = await house.ask("GET", f"{PATH}?all=true", as_="zhang")
    assert [one["title"] for one in every["entries"]] == ["旧政策", "路灯报修"], (
        "latest change first"
    )

    one = f"{PATH}/{made['id']}"
    other = {**ENTRY, "text": "打96XXX", "read": made["updated_at"]}
    status, changed = await house.ask("PUT", one, as_="root", body=other)
    assert (status, changed["text"], changed["updated_by"]) == (200, "打96XXX", "root")
    away = f"{one}?read={quote(changed['updated_at'])}"
    assert (await house.ask("DELETE", away, as_="boss"))[0] == 200
    assert (await house.ask("DELETE", away, as_="boss"))[0] == 404
    assert (await house.ask("PUT", f"{PATH}/x", as_="boss", body=other))[0] == 404
    actions = [row.action for row in await house.store.audit.latest()]
    for action in ("knowledge.add", "knowledge.change", "knowledge.remove"):
        assert action in actions


async def test_given_a_wrong_entry_when_sent_then_a_plain_error(house: House) -> None:
    wrong = {**ENTRY, "valid_from": "2026-05-01", "valid_until": "2026-04-01"}
    status, reply = await house.ask("POST", PATH, as_="boss", body=wrong)
    assert status == 422
    assert reply["error"]["details"] == [
        {
            "field": "valid_until",
            "problem": "valid_until is before valid_from",
            "problem_zh": "不能早于开始日期",
        }
    ]
    assert (await house.ask("POST", PATH, as_="boss", body={"title": "", "text": "x"}))[0] == status


async def test_given_two_who_change_an_entry_when_the_second_has_read_an_older_one_then_refused(
    house: House,
) -> None:
    _, read = await house.ask("POST", PATH, as_="boss", body=ENTRY)
    one, seen = f"{PATH}/{read['id']}", {"read": read["updated_at"]}
    first = {**ENTRY, **seen, "text": "第一"}
    status, changed = await house.ask("PUT", one, as_="root", body=first)
    assert (status, changed["text"]) == (200, "第一")
    for way, path, body in (
        ("PUT", one, {**ENTRY, **seen, "text": "第二"}),
        ("POST", f"{one}/retire", seen),
        ("DELETE", f"{one}?read={quote(read['updated_at'])}", None),
    ):
        status, reply = await house.ask(way, path, as_="boss", body=body)
        assert (status, reply["error"]["code"]) == (409, "changed_meanwhile")
        assert "root" in reply["error"]["message"]
    assert (await house.ask("GET", one, as_="zhang"))[1] == changed
    again = {**ENTRY, "read": changed["updated_at"], "text": "第二"}
    assert (await house.ask("PUT", one, as_="boss", body=again))[0] == 200


@pytest.mark.parametrize("begins_in", [None, -3, 0, 3])
async def test_given_an_entry_when_retired_then_it_is_kept_but_not_true_today(
    house: House, begins_in: int | None
) -> None:
    today = datetime.now(house.context.settings.city.zone).date()
    first = None if begins_in is None else str(today + timedelta(days=begins_in))
    _, read = await house.ask("POST", PATH, as_="boss", body={**ENTRY, "valid_from": first})
    assert read["state"] == ("upcoming" if begins_in == 3 else "in_force")
    one, seen = f"{PATH}/{read['id']}/retire", {"read": read["updated_at"]}
    assert (await house.ask("POST", one, as_="zhang", body=seen))[0] == 403
    status, kept = await house.ask("POST", one, as_="boss", body=seen)
    yesterday = str(today - timedelta(days=1))
    assert (status, kept["valid_until"], kept["text"]) == (200, yesterday, ENTRY["text"])
    assert kept["state"] == "retired"
    assert kept["valid_from"] in (None, first, yesterday)
    assert (await house.ask("GET", PATH, as_="zhang"))[1]["entries"] == []
    # it can be saved as it is
    days = {"valid_from": kept["valid_from"], "valid_until": yesterday}
    body = {**ENTRY, **days, "read": kept["updated_at"]}
    assert (await house.ask("PUT", f"{PATH}/{read['id']}", as_="boss", body=body))[0] == 200
    assert "knowledge.retire" in [row.action for row in await house.store.audit.latest()]


async def test_given_many_entries_when_listed_then_by_pages_and_a_piece_of_one_finds_it(
    house: House,
) -> None:
    for number in range(5):
        await house.ask("POST", PATH, as_="boss", body={"title": f"第{number}条", "text": "供热"})
    _, page = await house.ask("GET", f"{PATH}?limit=2&offset=2", as_="zhang")
    assert (page["total"], [one["title"] for one in page["entries"]]) == (5, ["第2条", "第1条"])
    _, found = await house.ask("GET", f"{PATH}?q=第3条", as_="zhang")
    assert found["entries"][0]["title"] == "第3条"
    _, found = await house.ask("GET", f"{PATH}?q=热&limit=3", as_="zhang")
    assert (found["total"], len(found["entries"])) == (5, 3)
    for nothing in ("？", "电梯"):
        _, found = await house.ask("GET", f"{PATH}?q={nothing}", as_="zhang")
        assert found["total"] == 0


async def test_given_an_entry_that_is_deleted_then_the_audit_trail_has_what_it_said(
    house: House,
) -> None:
    _, made = await house.ask("POST", PATH, as_="boss", body=ENTRY)
    away = f"{PATH}/{made['id']}?read={quote(made['updated_at'])}"
    await house.ask("DELETE", away, as_="root")
    [line] = [one for one in await house.store.audit.latest() if one.action == "knowledge.remove"]
    assert (line.user, line.detail) == ("root", "路灯报修: 由路灯管理处负责。")


@pytest.mark.parametrize(
    ("city_zone", "state"),
    # 25 hours apart: never the same day
    [("Pacific/Pago_Pago", "in_force"), ("Pacific/Kiritimati", "retired")],
)
async def test_given_a_last_day_then_it_is_over_by_the_clock_of_the_city(
    house: House, monkeypatch: pytest.MonkeyPatch, city_zone: str, state: str
) -> None:
    monkeypatch.setattr(CitySettings, "zone", ZoneInfo(city_zone))
    last = str(datetime.now(ZoneInfo("Pacific/Pago_Pago")).date())
    _, made = await house.ask("POST", PATH, as_="boss", body={**ENTRY, "valid_until": last})
    assert made["state"] == state
    _, found = await house.ask("GET", PATH, as_="zhang")
    assert bool(found["entries"]) is (state == "in_force")
