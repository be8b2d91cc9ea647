from __future__ import annotations

import asyncio
import json
import re
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import aiohttp
import pytest

from agent_gateway.http import Component
from agent_gateway.http.app import ROUTES
from agent_gateway.store import SecondTurn
from telephony.events import CallEvent, RecordingSealed
from telephony.recordings.manifest import Deleted, append_record
from tests.databases.database import Database
from tests.unit.agent_gateway.house import House
from tests.unit.agent_gateway.scenes import BEGIN, at, until, whole_call

LI = "PJSIP/agent-8002"


async def _kept(house: House, call_id: str, events: list[CallEvent] | None = None) -> None:
    house.publish(events if events is not None else whole_call(call_id))
    await until(lambda: house.store.tickets.of_call(call_id), "a ticket")


async def _seal(house: House, call_id: str, path: str = "2026/03/02/a.flac") -> bytes:
    audio = bytes(range(256)) * 40
    file = house.context.settings.archive_dir / "2026/03/02/a.flac"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(audio)
    sealed = RecordingSealed(
        at=at(31),
        call_id=call_id,
        sha256="cd" * 32,
        path=path,
        duration_ms=1000,
        size=len(audio),
        retain_until=at(9e7),
    )
    house.publish([sealed])
    await until(lambda: house.store.calls.recording(call_id), "sealed")
    return audio


async def test_given_two_agents_when_they_list_calls_then_each_sees_the_own_ones(
    house: House,
) -> None:
    await _kept(house, "1.1")
    status, mine = await house.ask("GET", "/api/calls", as_="zhang")
    assert status == 200
    assert [call["call_id"] for call in mine["calls"]] == ["1.1"]
    assert (await house.ask("GET", "/api/calls", as_="li"))[1]["total"] == 0
    assert (await house.ask("GET", "/api/calls?agent=8001", as_="li"))[0] == 403
    assert (await house.ask("GET", "/api/calls?line=12328", as_="boss"))[1]["total"] == 1
    assert (await house.ask("GET", "/api/calls?line=12345", as_="boss"))[1]["total"] == 0
    since = "/api/calls?since=2026-03-02T09:00:01%2B08:00"
    assert (await house.ask("GET", since, as_="boss"))[1]["total"] == 0


@pytest.mark.parametrize(
    "path", ["/api/calls/1.1", "/api/calls/1.1/transcript", "/api/recordings/1.1"]
)
async def test_given_another_agent_s_call_when_looked_at_then_refused_and_audited(
    house: House, path: str
) -> None:
    await _kept(house, "1.1")
    await _seal(house, "1.1")
    assert (await house.ask("GET", path, as_="zhang"))[0] == 200
    assert (await house.ask("GET", path, as_="boss"))[0] == 200
    status, reply = await house.ask("GET", path, as_="li")
    assert status == 403
    assert reply["error"]["message"]
    assert (await house.ask("GET", path))[0] == 401
    audit = [(row.user, row.object) for row in await house.store.audit.latest()]
    for user in ("zhang", "boss", "li"):
        assert (user, "1.1") in audit


async def test_given_a_call_when_asked_for_then_path_events_and_transcript_are_there(
    house: House,
) -> None:
    await _kept(house, "1.1")
    _, call = await house.ask("GET", "/api/calls/1.1", as_="zhang")
    assert [step["step"] for step in call["path"]][:2] == ["ivr", "queued"]
    assert call["events"][0]["type"] == "CallArrived"
    assert call["disposition"] == "answered"
    assert call["ticket_number"]
    assert not call["has_recording"]
    await _seal(house, "1.1")
    for who in ("zhang", "boss"):
        [listed] = (await house.ask("GET", "/api/calls", as_=who))[1]["calls"]
        assert listed["has_recording"]
    _, transcript = await house.ask("GET", "/api/calls/1.1/transcript", as_="zhang")
    assert transcript["turns"][0]["text"] == "路灯坏了"
    assert transcript["turns"][0]["readable"] == "路灯坏了。"
    assert transcript["turns"][0]["started_at"] == "2026-03-02T01:00:11Z"


async def test_given_a_call_heard_again_when_asked_for_then_the_better_and_both_on_demand(
    house: House,
) -> None:
    path = "/api/calls/1.1/transcript"
    await _kept(house, "1.1")
    _, only = await house.ask("GET", path, as_="zhang")
    assert (only["which"], only["second"]["state"]) == ("live", "none")
    await _seal(house, "1.1")
    assert await house.store.second.plan(["all"], since=BEGIN) == 1
    _, waiting = await house.ask("GET", path, as_="zhang")
    assert (waiting["which"], waiting["second"]["state"]) == ("live", "waiting")

    async def heard_again(text: str, readable: str) -> None:
        turn = SecondTurn(
            call_id="1.1",
            turn=0,
            speaker="caller",
            text=text,
            readable=readable,
            start_ms=11_000,
            end_ms=12_000,
            started_at=at(11),
            confidence=0.9,
            engine="second",
        )
        await house.store.second.done("1.1", "second", [turn])

    await heard_again("张掖路的路灯坏了", "张掖路的路灯坏了。")
    _, best = await house.ask("GET", path, as_="zhang")
    assert (best["which"], best["turns"][0]["readable"]) == ("second", "张掖路的路灯坏了。")
    assert best["second"]["engine"] == "second"
    _, live = await house.ask("GET", f"{path}?which=live", as_="zhang")
    assert (live["which"], live["turns"][0]["text"]) == ("live", "路灯坏了")
    # one that has lost most of the words is not the better one
    await heard_again("了", "了。")
    _, best = await house.ask("GET", path, as_="zhang")
    assert best["which"] == "live"
    _, second = await house.ask("GET", f"{path}?which=second", as_="zhang")
    assert second["turns"][0]["text"] == "了"
    assert (await house.ask("GET", f"{path}?which=third", as_="zhang"))[0] == 422


async def test_given_personal_data_when_shown_masked_then_number_and_name_are_not_whole(
    house: House,
) -> None:
    await _kept(house, "1.1")
    _, page = await house.ask("GET", "/api/calls?masked=true", as_="boss")
    _, whole = await house.ask("GET", "/api/calls", as_="boss")
    caller = whole["calls"][0]["caller"]
    assert page["calls"][0]["caller"] != caller
    assert page["calls"][0]["caller"].startswith(caller[:3])
    assert "*" in page["calls"][0]["caller"]

    [ticket] = (await house.ask("GET", "/api/tickets", as_="zhang"))[1]["tickets"]
    path = f"/api/tickets/{ticket['number']}"
    entered = {"caller_name": "张三丰", "callback_phone": "13800005678", "note": "打13800005678"}
    await house.ask("PATCH", path, as_="zhang", body={"fields": entered})
    _, masked = await house.ask("GET", f"{path}?masked=true", as_="boss")
    shown = {name: masked["fields"][name]["value"] for name in entered}
    assert shown == {
        "caller_name": "张**",
        "callback_phone": "138****5678",
        "note": "打138****5678",
    }
    assert caller not in json.dumps(masked)
    _, open_ = await house.ask("GET", path, as_="boss")
    assert open_["fields"]["caller_name"]["value"] == "张三丰"

    _, transcript = await house.ask("GET", "/api/calls/1.1/transcript?masked=true", as_="boss")
    assert transcript["turns"][0]["text"] == "路灯坏了"


@pytest.mark.parametrize(
    ("asked", "status", "part"),
    [
        (None, 200, slice(None)),
        ("bytes=0-3", 206, slice(0, 4)),
        ("bytes=100-", 206, slice(100, None)),
        ("bytes=-5", 206, slice(-5, None)),
        ("bytes=999999-", 416, None),
    ],
)
async def test_given_a_recording_when_a_range_is_asked_then_just_that_comes(
    house: House, asked: str | None, status: int, part: slice | None
) -> None:
    await _kept(house, "1.1")
    audio = await _seal(house, "1.1")
    headers = {"Authorization": f"Bearer {await house.token('zhang')}"}
    if asked:
        headers["Range"] = asked
    async with house.client.get(f"{house.url}/api/recordings/1.1", headers=headers) as reply:
        assert reply.status == status
        if part is not None:
            assert await reply.read() == audio[part]
            assert reply.content_type == "audio/flac"
            assert reply.headers["Accept-Ranges"] == "bytes"


async def test_given_many_ranges_of_one_recording_when_played_then_one_audit_entry(
    house: House,
) -> None:
    await _kept(house, "1.1")
    await _seal(house, "1.1")
    for _ in range(5):
        await house.ask("GET", "/api/recordings/1.1", as_="boss")
    plays = [row for row in await house.store.audit.latest() if row.action == "recording.play"]
    assert [(row.user, row.object) for row in plays] == [("boss", "1.1")]


@pytest.mark.parametrize("path", ["../../../etc/passwd", "/etc/passwd", "missing.flac", "."])
async def test_given_a_row_that_points_elsewhere_when_played_then_nothing_leaves_the_archive(
    house: House, path: str
) -> None:
    await _kept(house, "1.1")
    await _seal(house, "1.1", path)
    status, reply = await house.ask("GET", "/api/recordings/1.1", as_="boss")
    assert status == 404
    assert reply["error"]["code"] == "recording_missing"


async def test_given_a_recording_deleted_in_due_time_when_played_then_its_day_is_told(
    house: House,
) -> None:
    await _kept(house, "1.1")
    await _seal(house, "1.1")
    file = house.context.settings.archive_dir / "2026/03/02/a.flac"
    gone = Deleted(
        at=datetime(2027, 4, 1, 18, tzinfo=UTC),
        sha256="cd" * 32,
        call_id="1.1",
        by="li",
        reason="retention is over",
    )
    append_record(file.with_name("manifest.jsonl"), gone)
    file.unlink()
    status, reply = await house.ask("GET", "/api/recordings/1.1", as_="boss")
    assert (status, reply["error"]["code"]) == (410, "recording_deleted")
    assert "2027-04-02" in reply["error"]["message"]


async def test_given_a_draft_when_edited_and_submitted_then_only_by_its_agent(
    house: House,
) -> None:
    await _kept(house, "1.1")
    [ticket] = (await house.ask("GET", "/api/tickets", as_="zhang"))[1]["tickets"]
    path = f"/api/tickets/{ticket['number']}"
    patch = {"fields": {"caller_name": "李四", "confidential": True}}
    assert (await house.ask("PATCH", path, as_="li", body=patch))[0] == 403
    assert (await house.ask("GET", path, as_="li"))[0] == 403
    status, edited = await house.ask("PATCH", path, as_="zhang", body=patch)
    assert status == 200
    assert edited["fields"]["caller_name"] == {
        "value": "李四",
        "evidence": None,
        "confidence": None,
        "touched_by": "zhang",
        "previous": None,
        "source": None,
    }
    assert (await house.ask("POST", f"{path}/submit", as_="li"))[0] == 403
    assert (await house.ask("POST", f"{path}/submit", as_="zhang"))[1]["status"] == "submitted"
    status, reply = await house.ask("PATCH", path, as_="zhang", body=patch)
    assert (status, reply["error"]["code"]) == (409, "not_a_draft")
    assert (await house.ask("POST", f"{path}/submit", as_="zhang"))[0] == 409
    assert (await house.ask("GET", "/api/tickets?status=submitted", as_="boss"))[1]["total"] == 1
    actions = {(row.user, row.action) for row in await house.store.audit.latest()}
    assert {("zhang", "ticket.edit"), ("zhang", "ticket.submit")} <= actions


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"fields": {}},
        {"fields": {"Bad Name": "x"}},
        {"fields": {"a": {"nested": "object"}}},
        {"fields": {"a": "x" * 5000}},
        {"fields": {"a": "x"}, "status": "closed"},
        [],
        "text",
        None,
    ],
)
async def test_given_a_wrong_patch_when_sent_then_a_plain_error_names_the_field(
    house: House, body: Any
) -> None:
    await _kept(house, "1.1")
    ticket = await house.store.tickets.of_call("1.1")
    assert ticket is not None
    status, reply = await house.ask(
        "PATCH",
        f"/api/tickets/{ticket.number}",
        as_="zhang",
        body=body,
        headers={"Content-Type": "application/json"},
    )
    assert status == 422
    assert reply["error"]["details"]
    assert reply["error"]["message"]


async def test_given_an_agent_when_changing_state_then_the_seat_follows(house: House) -> None:
    for body, expected in [
        ({"state": "ready"}, "ready"),
        ({"state": "break", "reason": "用餐"}, "break"),
        ({"state": "logged_out"}, "logged_out"),
    ]:
        status, reply = await house.ask("POST", "/api/agent/state", as_="zhang", body=body)
        assert (status, reply["state"]) == (200, expected)
        _, agents = await house.ask("GET", "/api/agents", as_="li")
        states = {one["extension"]: one["state"] for one in agents["agents"]}
        assert states == {"8001": expected, "8002": "logged_out"}
    assert "PJSIP/agent-8001" not in house.seats.seats


@pytest.mark.parametrize(
    ("who", "body", "status", "code"),
    [
        ("zhang", {"state": "break", "reason": "睡觉"}, 422, "unknown_reason"),
        ("zhang", {"state": "break", "reason": "小休"}, 409, "refused"),
        ("zhang", {"state": "talking"}, 422, "invalid"),
        ("boss", {"state": "ready"}, 409, "no_extension"),
    ],
)
async def test_given_an_impossible_state_when_asked_then_the_reason_is_said(
    house: House, who: str, body: dict[str, str], status: int, code: str
) -> None:
    got, reply = await house.ask("POST", "/api/agent/state", as_=who, body=body)
    assert (got, reply["error"]["code"]) == (status, code)


async def test_given_asterisk_away_when_changing_state_then_409_says_so(house: House) -> None:
    house.seats.away = True
    status, reply = await house.ask(
        "POST", "/api/agent/state", as_="zhang", body={"state": "ready"}
    )
    assert (status, reply["error"]["code"]) == (409, "refused")
    assert "电话系统" in reply["error"]["message"]
    assert "no Asterisk" in reply["error"]["message_en"]


BAD_REQUESTS: list[tuple[str, str, dict[str, Any], int]] = [
    ("GET", "/api/nothing", {}, 404),
    ("DELETE", "/api/calls", {}, 405),
    ("GET", "/api/calls?limit=9999", {}, 422),
    ("GET", "/api/calls?since=yesterday", {}, 422),
    ("GET", "/api/calls?since=2026-01-01T00:00:00", {}, 422),
    ("GET", "/api/calls?bogus=1", {}, 422),
    ("GET", "/api/calls/" + "9" * 500, {}, 404),
    ("GET", "/api/calls/..%2F..%2Fetc", {}, 404),
    ("GET", "/api/recordings/%00", {}, 404),
    ("GET", "/api/tickets/abc", {}, 404),
    ("POST", "/api/login", {"data": b"{"}, 415),
    ("POST", "/api/login", {"data": b"{", "headers": {"Content-Type": "application/json"}}, 422),
    (
        "POST",
        "/api/login",
        {"data": b"[" * 60_000, "headers": {"Content-Type": "application/json"}},
        422,
    ),
    (
        "POST",
        "/api/login",
        {"data": b"x" * 100_000, "headers": {"Content-Type": "application/json"}},
        413,
    ),
    ("GET", "/static/../app.py", {}, 404),
    ("GET", "/static/%2e%2e/__init__.py", {}, 404),
]


@pytest.mark.parametrize(("method", "path", "extra", "status"), BAD_REQUESTS)
async def test_given_a_wrong_request_when_sent_then_a_plain_json_error(
    house: House, method: str, path: str, extra: dict[str, Any], status: int
) -> None:
    headers = {
        "Authorization": f"Bearer {await house.token('boss')}",
        **extra.get("headers", {}),
    }
    sent = {**extra, "headers": headers}
    async with house.client.request(method, house.url + path, **sent) as reply:
        assert reply.status == status
        error = (await reply.json())["error"]
    assert error["code"]
    assert error["message"]
    assert error["message_en"]


async def test_given_any_reply_when_it_leaves_then_the_guard_headers_are_on_it(
    house: House,
) -> None:
    for path in ("/", "/static/app.js", "/api/me", "/healthz", "/nothing"):
        async with house.client.get(house.url + path) as reply:
            assert "default-src 'none'" in reply.headers["Content-Security-Policy"]
            assert reply.headers["X-Content-Type-Options"] == "nosniff"
            assert reply.headers["X-Frame-Options"] == "DENY"


async def test_given_a_database_that_went_away_when_asked_then_503_and_the_service_lives(
    house: House, database: Database
) -> None:
    await house.token("zhang")
    async with database.locked():
        # reading goes on, but nobody may look without an audit entry
        status, reply = await house.ask("GET", "/api/calls", as_="zhang")
        assert (status, reply["error"]["code"]) == (503, "database_unavailable")
    assert (await house.ask("GET", "/api/calls", as_="zhang"))[0] == 200


async def test_given_the_parts_when_health_is_asked_then_vital_ones_decide(house: House) -> None:
    checks: dict[str, Callable[[], Component]] = {}
    house.context.checks = checks
    free = shutil.disk_usage(house.context.settings.archive_dir).free
    status, reply = await house.ask("GET", "/healthz")
    assert (status, reply["status"]) == ((200, "ok") if free > 500 << 20 else (503, "down"))
    checks["asr"] = lambda: Component(ok=False, detail="no model", vital=False)
    assert (await house.ask("GET", "/healthz"))[1]["status"] in ("degraded", "down")
    checks["ami"] = lambda: Component(ok=False, detail="away")
    status, reply = await house.ask("GET", "/healthz")
    assert (status, reply["status"]) == (503, "down")
    assert reply["components"]["ami"] == {"ok": False, "detail": "away"}
    checks["broken"] = lambda: 1 / 0  # type: ignore[assignment, return-value]  # a faulty check
    assert (await house.ask("GET", "/healthz"))[0] == 503


async def test_given_calls_when_metrics_are_scraped_then_they_are_counted(house: House) -> None:
    await _kept(house, "1.1")
    status, text = await house.ask("GET", "/metrics")
    assert status == 200
    assert "hotline_calls_arrived_total 1.0" in text
    assert 'hotline_calls_by_line_total{line="12328"} 1.0' in text
    assert 'hotline_calls_ended_total{by="caller"} 1.0' in text
    assert 'hotline_agents{state="break"} 0.0' in text


async def test_given_the_document_when_read_then_every_route_and_type_is_in_it(
    house: House,
) -> None:
    status, document = await house.ask("GET", "/openapi.json")
    assert status == 200
    for route in ROUTES:
        assert route.method.lower() in document["paths"][route.path]
    operations = [one for path in document["paths"].values() for one in path.values()]
    assert len({one["operationId"] for one in operations}) == len(operations)
    text = json.dumps(document)
    names = {part.split('"')[0] for part in text.split("#/components/schemas/")[1:]}
    assert names <= set(document["components"]["schemas"])
    patch = document["paths"]["/api/tickets/{number}"]["patch"]
    assert patch["requestBody"]["content"]["application/json"]["schema"]
    assert {"cookie": []} in patch["security"]
    assert "security" not in document["paths"]["/api/login"]["post"]


async def test_given_a_client_that_hangs_up_in_mid_request_when_done_then_the_service_lives(
    house: House,
) -> None:
    host, port = house.url.removeprefix("http://").split(":")
    _, writer = await asyncio.open_connection(host, int(port))
    writer.write(b"POST /api/login HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\n\r\n{")
    await writer.drain()
    writer.close()
    await writer.wait_closed()
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(b"\x00\xff garbage\r\n\r\n")
    assert b"400" in await reader.readline()
    writer.close()
    await writer.wait_closed()
    assert (await house.ask("GET", "/api/me", as_="zhang"))[0] == 200


async def test_given_every_route_when_asked_without_login_then_only_the_public_ones_answer(
    house: House,
) -> None:
    public = {"/api/login", "/healthz"}
    for route in ROUTES:
        path = re.sub(r"\{\w+\}", "1", route.path)
        async with (
            aiohttp.ClientSession() as nobody,
            nobody.request(route.method, house.url + path, json={}) as reply,
        ):
            assert (reply.status == 401) == (route.path not in public), route.path
