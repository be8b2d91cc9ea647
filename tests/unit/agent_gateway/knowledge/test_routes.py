"""The knowledge base over the API."""

from __future__ import annotations

from tests.unit.agent_gateway.house import House

ENTRY = {"title": "路灯报修", "text": "由路灯管理处负责。", "keywords": ["路灯"]}
PATH = "/api/knowledge"


async def test_given_a_supervisor_when_writing_entries_then_agents_find_them(house: House) -> None:
    assert (await house.ask("POST", PATH, as_="zhang", body=ENTRY))[0] == 403
    status, made = await house.ask("POST", PATH, as_="boss", body=ENTRY)
    assert (status, made["title"], made["updated_by"]) == (200, "路灯报修", "boss")
    other = {"title": "旧政策", "text": "路灯旧办法", "valid_until": "2020-01-01"}
    await house.ask("POST", PATH, as_="boss", body=other)

    _, found = await house.ask("GET", f"{PATH}?q=门口路灯坏了", as_="zhang")
    assert [one["title"] for one in found["entries"]] == ["路灯报修"]
    assert found["entries"][0]["score"] > 0
    _, every = await house.ask("GET", f"{PATH}?all=true", as_="zhang")
    assert [one["title"] for one in every["entries"]] == ["路灯报修", "旧政策"]

    one = f"{PATH}/{made['id']}"
    status, changed = await house.ask("PUT", one, as_="root", body={**ENTRY, "text": "打96XXX"})
    assert (status, changed["text"], changed["updated_by"]) == (200, "打96XXX", "root")
    assert (await house.ask("DELETE", one, as_="boss"))[0] == 200
    assert (await house.ask("DELETE", one, as_="boss"))[0] == 404
    assert (await house.ask("PUT", f"{PATH}/x", as_="boss", body=ENTRY))[0] == 404
    actions = [row.action for row in await house.store.audit.latest()]
    for action in ("knowledge.add", "knowledge.change", "knowledge.remove"):
        assert action in actions


async def test_given_a_wrong_entry_when_sent_then_a_plain_error(house: House) -> None:
    wrong = {**ENTRY, "valid_from": "2026-05-01", "valid_until": "2026-04-01"}
    status, reply = await house.ask("POST", PATH, as_="boss", body=wrong)
    assert status in (400, 422)
    assert "valid_until" in str(reply)
    assert (await house.ask("POST", PATH, as_="boss", body={"title": "", "text": "x"}))[0] == status
