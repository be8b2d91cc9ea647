"""Nobody changes what several people change without saying what was read of it."""

from __future__ import annotations

import re
from typing import Any

import pytest

from agent_gateway.http.app import ROUTES
from agent_gateway.http.conflicts import shared_by
from tests.unit.agent_gateway.house import House

WANTED: dict[str, dict[str, Any]] = {
    "PUT /api/knowledge/{number}": {"title": "路灯", "text": "由路灯管理处负责。"},
    "POST /api/knowledge/{number}/retire": {},
    "DELETE /api/knowledge/{number}": {},
    "PUT /api/agents/{extension}/skills": {"skills": {}},
    "PUT /api/configuration/{file}": {"content": "x", "why": "测试"},
    "POST /api/configuration/{file}/rollback": {"version": 1},
}
# nobody but its owner changes it
OWN = {"PUT /api/agents/{extension}/telephone"}


def test_given_the_routes_then_whatever_is_replaced_is_replaced_as_it_was_read() -> None:
    shared = {f"{one.method} {one.path}" for one in ROUTES if shared_by(one)}
    assert shared == set(WANTED)
    assert {f"PUT {one.path}" for one in ROUTES if one.method == "PUT"} <= shared | OWN


@pytest.mark.parametrize("route", WANTED)
@pytest.mark.parametrize("read", ["left out", None, ""])
async def test_given_a_change_that_does_not_say_what_was_read_then_428_says_what_to_send(
    house: House, route: str, read: str | None
) -> None:
    method, path = re.sub(r"\{\w+\}", "1", route).split()
    body: dict[str, Any] | None = WANTED[route]
    if read != "left out":
        body = {**WANTED[route], "read": read}
    if method == "DELETE":
        path, body = path + ("?read=" if read == "" else ""), None
    status, reply = await house.ask(method, path, as_="root", body=body)
    error = reply["error"]
    assert (status, error["code"]) == (428, "read_missing")
    assert "请在 read 中写明您读到的" in error["message"]
    assert "send as read" in error["message_en"]
    assert error["details"][0]["field"] == "read"


async def test_given_something_else_as_read_then_its_own_fault(house: House) -> None:
    body = {**WANTED["PUT /api/configuration/{file}"], "read": "0"}
    status, reply = await house.ask("PUT", "/api/configuration/menus", as_="root", body=body)
    assert (status, reply["error"]["code"]) == (422, "invalid")
    assert [one["field"] for one in reply["error"]["details"]] == ["read"]


async def test_given_the_document_when_read_then_it_tells_of_both_refusals(house: House) -> None:
    _, document = await house.ask("GET", "/openapi.json")
    for method, path in map(str.split, WANTED):
        operation = document["paths"][path][method.lower()]
        assert {"409", "428"} <= set(operation["responses"])
        if method != "DELETE":
            body = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"]
            schema = document["components"]["schemas"][body.rsplit("/", 1)[1]]
            assert "read" in schema["required"]
        else:
            assert operation["parameters"][-1]["required"] is True
