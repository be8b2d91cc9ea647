from __future__ import annotations

import asyncio
import socket
from typing import Any

import aiohttp
import pytest
from aiohttp import WSMsgType, WSServerHandshakeError

from agent_gateway.auth import Accounts
from agent_gateway.http.access import COOKIE
from agent_gateway.journal import fold_call
from agent_gateway.live import connection as connection_module
from agent_gateway.live import endpoint
from agent_gateway.live.board import CallBoard
from agent_gateway.store import Entry
from telephony.events import (
    CallEvent,
    LinkState,
    LinkStateChanged,
    PrefillChanged,
    QualityHint,
    Speaker,
    TranscriptDelayed,
    TranscriptPartial,
    TransferChanged,
    TransferKind,
)
from tests.databases.database import Database
from tests.unit.agent_gateway.house import House
from tests.unit.agent_gateway.scenes import (
    answer,
    arrival,
    at,
    end,
    offer,
    said,
    until,
    whole_call,
)

LI = "PJSIP/agent-8002"


def _partial(call_id: str, text: str) -> TranscriptPartial:
    return TranscriptPartial(
        at=at(10),
        call_id=call_id,
        speaker=Speaker.CALLER,
        turn=0,
        text=text,
        start_ms=0,
        end_ms=500,
    )


async def test_given_a_caller_known_before_when_offered_then_the_pop_has_history_and_tickets(
    house: House,
) -> None:
    house.publish(whole_call("1.1"))
    await until(lambda: house.store.tickets.of_call("1.1"), "the earlier call's ticket")
    async with house.page("zhang") as page:
        house.publish(arrival("1.2"))
        await until(lambda: _looked_up(house, "1.2"), "history")
        house.publish([offer("1.2")])
        call = (await page.hear("call.offered"))["call"]
    assert (call["caller"], call["line"], call["dialled"]) == ("13900000001", "12328", "093112328")
    assert call["line_name"] == "交通运输服务监督热线"
    assert [step["step"] for step in call["path"]] == ["ivr", "queued"]
    assert [one["call_id"] for one in call["history"]] == ["1.1"]
    assert [one["call_id"] for one in call["open_tickets"]] == ["1.1"]
    assert call["ringing"] == ["8001"]


async def test_given_words_that_come_late_when_told_then_the_page_knows_and_a_new_page_too(
    house: House,
) -> None:
    def late(behind_ms: int) -> TranscriptDelayed:
        return TranscriptDelayed(
            at=at(10), call_id="1.1", speaker=Speaker.CALLER, behind_ms=behind_ms, deferred=True
        )

    async with house.page("zhang") as page:
        house.publish([*arrival("1.1"), offer("1.1"), *answer("1.1"), late(4000)])
        told = await page.hear("transcript.delayed")
        assert (told["speaker"], told["behind_ms"], told["deferred"]) == ("caller", 4000, True)
    async with house.page("zhang") as page:
        assert page.snapshot["calls"][0]["delays"] == {"caller": 4000}
        house.publish([late(0)])
        assert (await page.hear("transcript.delayed"))["behind_ms"] == 0
    async with house.page("zhang") as page:
        assert page.snapshot["calls"][0]["delays"] == {}


async def test_given_a_database_that_is_away_when_offered_then_the_pop_comes_without_history(
    house: House, database: Database
) -> None:
    async with house.page("zhang") as page, database.away():
        house.publish([*arrival("1.2"), offer("1.2"), *answer("1.2")])
        assert (await page.hear("call.offered"))["call"]["caller"] == "13900000001"
        await page.hear("call.answered")


async def test_given_a_whole_call_when_it_happens_then_its_agent_hears_it_in_order(
    house: House,
) -> None:
    async with house.page("zhang") as page:
        house.publish([*arrival("1.1"), offer("1.1"), *answer("1.1")])
        house.publish([_partial("1.1", "路灯"), said("1.1", 0, "路灯坏了")])
        house.publish([PrefillChanged(at=at(13), call_id="1.1", fields={"address": {"value": 1}})])
        house.publish([end("1.1")])
        ticket = (await page.hear("ticket.drafted"))["ticket"]
    kinds = [
        one["type"] for one in page.heard if one["type"] not in ("agent.state", "call.updated")
    ]
    assert kinds == [
        "hello",
        "snapshot",
        "call.offered",
        "call.offer_ended",
        "call.answered",
        "transcript.partial",
        "transcript.final",
        "prefill.changed",
        "call.ended",
        "ticket.drafted",
    ]
    assert ticket["call_id"] == "1.1"
    assert ticket["transcript"][0]["text"] == "路灯坏了"
    final = next(one for one in page.heard if one["type"] == "transcript.final")
    assert (final["speaker"], final["turn"], final["text"]) == ("caller", 0, "路灯坏了")
    assert (final["start_ms"], final["end_ms"]) == (0, 900)


async def test_given_two_agents_when_one_has_a_call_then_the_other_hears_nothing_of_it(
    house: House,
) -> None:
    async with house.page("li") as other, house.page("boss") as boss:
        house.publish(whole_call("1.1"))
        await boss.hear("ticket.drafted")
        assert await other.everything() == []
    kinds = {one["type"] for one in boss.heard}
    assert {"call.arrived", "call.offered", "call.answered", "transcript.final"} <= kinds


async def test_given_guesses_one_after_the_other_when_a_page_comes_then_it_has_them_all(
    house: House,
) -> None:
    house.publish([*arrival("1.1"), offer("1.1"), *answer("1.1")])
    for fields in ({"district": {"value": 1}, "address": {"value": 2}}, {"address": {"value": 3}}):
        house.publish([PrefillChanged(at=at(13), call_id="1.1", fields=fields)])
    async with house.page("zhang") as page:
        [call] = page.snapshot["calls"]
    assert call["prefill"] == {"district": {"value": 1}, "address": {"value": 3}}


async def test_given_a_page_that_reconnects_when_in_a_call_then_the_snapshot_has_all_of_it(
    house: House,
) -> None:
    house.publish([*arrival("1.1"), offer("1.1"), *answer("1.1"), said("1.1", 0, "路灯坏了")])
    await until(lambda: _turns(house, "1.1"), "words")
    async with house.page("zhang") as page:
        assert page.snapshot["agent"]["extension"] == "8001"
        [call] = page.snapshot["calls"]
    assert call["agents"] == ["8001"]
    assert [turn["text"] for turn in call["turns"]] == ["路灯坏了"]
    async with house.page("li") as page:
        assert page.snapshot["calls"] == []
    async with house.page("boss") as page:
        assert len(page.snapshot["calls"]) == 1


async def test_given_a_service_that_was_restarted_when_a_call_goes_on_then_what_was_kept_is_shown(
    house: House,
) -> None:
    house.publish([*arrival("1.1"), *answer("1.1"), said("1.1", 0, "路灯坏了")])
    await until(lambda: _stored_turn(house, "1.1"), "kept")
    house.context.live.board = CallBoard()
    async with house.page("zhang") as page:
        house.publish([*answer("1.1")])
        await until(lambda: _turns(house, "1.1"), "looked up")
        updated = await page.hear("call.updated")
        while not updated["call"]["turns"]:
            updated = await page.hear("call.updated")
    assert updated["call"]["caller"] == "13900000001"
    assert updated["call"]["turns"][0]["text"] == "路灯坏了"


async def test_given_a_command_when_sent_then_the_state_changes_and_done_comes(
    house: House,
) -> None:
    async with house.page("zhang") as page:
        await page.ws.send_json({"type": "agent.state", "state": "ready", "id": "7"})
        assert (await page.hear("done"))["id"] == "7"
        await page.ws.send_json({"type": "ping", "id": "8"})
        assert (await page.hear("pong"))["id"] == "8"
    states = [one["state"] for one in page.heard if one["type"] == "agent.state"]
    assert states == ["ready"]


async def test_given_a_field_entered_during_the_call_when_it_ends_then_it_is_in_the_draft(
    house: House,
) -> None:
    async with house.page("zhang") as page:
        house.publish([*arrival("1.1"), offer("1.1"), *answer("1.1")])
        await page.hear("call.answered")
        command = {"type": "ticket.patch", "call_id": "1.1", "fields": {"caller_name": "李四"}}
        await page.ws.send_json(command)
        changed = (await page.hear("ticket.changed"))["ticket"]
        house.publish([said("1.1", 0, "路灯坏了"), end("1.1")])
        drafted = (await page.hear("ticket.drafted"))["ticket"]
        assert drafted["number"] == changed["number"]
        assert drafted["fields"]["caller_name"]["value"] == "李四"
        again = {
            "type": "ticket.patch",
            "ticket": drafted["number"],
            "fields": {"urgency": "urgent"},
        }
        await page.ws.send_json(again)
        assert (await page.hear("ticket.changed"))["ticket"]["fields"]["urgency"][
            "value"
        ] == "urgent"
    async with house.page("li") as other:
        for target in ({"ticket": drafted["number"]}, {"call_id": "1.1"}):
            await other.ws.send_json({"type": "ticket.patch", "fields": {"x": "y"}, **target})
            assert (await other.hear("error"))["code"] == "forbidden"


@pytest.mark.parametrize("in_time", [True, False])
async def test_given_a_database_behind_the_screen_when_a_field_is_entered_then_it_waits_a_while(
    house: House, database: Database, monkeypatch: pytest.MonkeyPatch, in_time: bool
) -> None:
    monkeypatch.setattr(endpoint, "KEPT_WITHIN_S", 30.0 if in_time else 0.0)
    async with house.page("zhang") as page:
        house.publish([*arrival("1.1"), offer("1.1")])
        await until(lambda: house.store.calls.get("1.1"), "kept")
        async with database.locked():
            house.publish(answer("1.1"))
            await page.hear("call.answered")
            command = {"type": "ticket.patch", "call_id": "1.1", "fields": {"caller_name": "李四"}}
            await page.ws.send_json(command)
            if not in_time:
                assert (await page.hear("error"))["code"] == "database_unavailable"
        if in_time:
            changed = (await page.hear("ticket.changed"))["ticket"]
            assert changed["fields"]["caller_name"]["value"] == "李四"


HOSTILE: list[str] = [
    "",
    "not json",
    "[]",
    "null",
    "123",
    '{"type": "nothing"}',
    '{"no": "type"}',
    '{"type": ["ping"]}',
    '{"type": "ping", "surplus": 1}',
    '{"type": "ping", "id": {"a": 1}}',
    '{"type": "agent.state", "state": "talking"}',
    '{"type": "agent.state", "state": "break", "reason": "<script>"}',
    '{"type": "ticket.patch", "fields": {"a": "b"}}',
    '{"type": "ticket.patch", "ticket": "1", "call_id": "1", "fields": {"a": "b"}}',
    '{"type": "ticket.patch", "ticket": "\' OR 1=1 --", "fields": {"a": "b"}}',
    '{"type": "ticket.patch", "call_id": "\\u0000", "fields": {"a": "b"}}',
    '{"type": "ticket.patch", "ticket": "1", "fields": {"__proto__": "b"}}',
    '{"type": "auth", "token": "x"}',
    "[" * 30_000,
    '{"type": "ping", "id": "\\ud800"}',
]


async def test_given_wrong_messages_when_sent_then_each_gets_an_error_and_the_page_lives(
    house: House,
) -> None:
    async with house.page("zhang") as page:
        for text in HOSTILE:
            await page.ws.send_str(text)
            reply = await page.hear("error")
            assert reply["message"]
            assert reply["message_en"]
        await page.ws.send_bytes(b"\x00\x01")
        assert (await page.hear("error"))["code"] == "not_text"
        assert await page.everything() == []


async def test_given_a_message_too_big_when_sent_then_only_that_page_is_closed(
    house: House,
) -> None:
    async with house.page("zhang") as page, house.page("li") as other:
        await page.ws.send_str('{"type": "' + "x" * 100_000 + '"}')
        message = await page.ws.receive(timeout=10)
        assert message.type in (WSMsgType.CLOSE, WSMsgType.CLOSED, WSMsgType.ERROR)
        assert page.ws.close_code == 1009
        assert await other.everything() == []


async def test_given_a_page_that_does_not_read_when_much_is_said_then_only_it_is_dropped(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection_module, "QUEUE_LIMIT", 20)
    async with house.page("zhang") as page, _deaf(house, "boss"):
        await until(lambda: len(house.context.live.connections) == 2, "both connected")
        house.publish([*arrival("1.1"), *answer("1.1")])
        await page.hear("call.answered")
        for _ in range(2000):
            house.publish([_partial("1.1", "路灯坏了" * 500)])
            assert (await page.hear("transcript.partial"))["turn"] == 0
            if len(house.context.live.connections) == 1:
                break
        assert len(house.context.live.connections) == 1
        assert await page.everything() == []


async def test_given_no_login_when_connecting_then_the_door_stays_shut(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(endpoint, "AUTH_TIMEOUT_S", 0.05)
    for first in (None, "hello", '{"type": "auth", "token": "made up"}', '{"type": "ping"}'):
        async with house.client.ws_connect(f"{house.url}/ws") as ws:
            if first is not None:
                await ws.send_str(first)
            message = await ws.receive(timeout=10)
            assert message.type is WSMsgType.CLOSE
            assert message.data == 4401
    assert not house.context.live.connections


async def test_given_a_token_in_any_of_its_places_when_connecting_then_it_opens(
    house: House,
) -> None:
    token = await house.token("zhang")
    url = f"{house.url}/ws"
    protocols = ("hotline", f"hotline.token.{token}")
    async with house.client.ws_connect(url, protocols=protocols) as ws:
        assert (await ws.receive_json())["type"] == "hello"
        assert ws.protocol == "hotline"
    async with house.client.ws_connect(url) as ws:
        await ws.send_json({"type": "auth", "token": token})
        assert (await ws.receive_json())["type"] == "hello"
    headers = {"Cookie": f"{COOKIE}={token}", "Origin": house.url}
    async with house.client.ws_connect(url, headers=headers) as ws:
        assert (await ws.receive_json())["username"] == "zhang"


@pytest.mark.parametrize("origin", ["http://evil.example", "null", None])
async def test_given_a_cookie_when_another_site_connects_then_it_is_refused(
    house: House, origin: str | None
) -> None:
    headers = {"Cookie": f"{COOKIE}={await house.token('zhang')}"}
    if origin is not None:
        headers["Origin"] = origin
    with pytest.raises(WSServerHandshakeError) as caught:
        await house.client.ws_connect(f"{house.url}/ws", headers=headers)
    assert caught.value.status == 403


async def test_given_a_session_that_ends_when_rechecked_then_its_page_is_closed(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(endpoint, "RECHECK_S", 0.02)
    async with house.page("zhang") as page:
        await Accounts(house.store, "test").set_active("zhang", active=False)
        message = await page.ws.receive(timeout=10)
        assert message.data == 4401


async def test_given_a_logout_when_it_is_done_then_the_page_of_that_session_is_closed(
    house: House,
) -> None:
    async with house.page("zhang") as page, house.page("li") as other:
        assert (await house.ask("POST", "/api/logout", as_="zhang"))[0] == 204
        message = await page.ws.receive(timeout=10)
        assert message.data == 4401
        assert await other.everything() == []


async def test_given_the_link_to_asterisk_when_it_changes_then_every_page_is_told(
    house: House,
) -> None:
    async with house.page("zhang") as page:
        house.publish([LinkStateChanged(at=at(0), state=LinkState.DOWN, reason="reset")])
        assert (await page.hear("link.state"))["state"] == "down"


async def test_given_markup_in_a_caller_s_name_when_shown_then_it_travels_as_text(
    house: House,
) -> None:
    hostile: list[CallEvent] = arrival("1.1", caller="<img src=x onerror=alert(1)>\r\n\x00")
    async with house.page("zhang") as page:
        house.publish([*hostile, offer("1.1")])
        call = (await page.hear("call.offered"))["call"]
    assert call["caller"] == "<img src=x onerror=alert(1)>\r\n\x00"


async def test_given_many_calls_that_never_end_when_they_come_then_the_board_stays_bounded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("agent_gateway.live.board.MAX_LIVE", 10)
    monkeypatch.setattr("agent_gateway.live.board.MAX_ENDED", 5)
    board = CallBoard()
    for n in range(40):
        for event in (arrival if n % 2 else whole_call)(f"1.{n}"):
            board.apply(event)
    assert board.live == 10
    assert len(board.concerning(None)) == 10
    assert board.get("1.38") is not None
    assert board.get("1.0") is None


async def test_given_a_call_that_is_long_over_when_told_of_then_it_does_not_come_alive(
    house: House,
) -> None:
    await house.store.events.append(
        [Entry(n, event) for n, event in enumerate(whole_call("1.1"))], fold_call
    )
    async with house.page("zhang") as page:
        await house.drafter.draft("1.1")
        assert (await page.hear("ticket.drafted"))["ticket"]["call_id"] == "1.1"
        house.publish([said("1.1", 5, "late"), end("1.1")])
        assert await page.everything() == []
    assert house.context.live.board.live == 0


async def _looked_up(house: House, call_id: str) -> bool:
    call = house.context.live.board.get(call_id)
    return call is not None and call.history is not None


async def _turns(house: House, call_id: str) -> bool:
    call = house.context.live.board.get(call_id)
    return call is not None and bool(call.turns)


async def _stored_turn(house: House, call_id: str) -> bool:
    return bool(await house.store.calls.transcript(call_id)) and bool(
        await house.store.calls.agents(call_id)
    )


class _deaf:  # noqa: N801 - reads like a function
    """A connected page which never reads, on a socket with a small buffer."""

    def __init__(self, house: House, username: str) -> None:
        self._house = house
        self._username = username
        self._session: aiohttp.ClientSession | None = None
        self._ws: aiohttp.ClientWebSocketResponse | None = None

    async def __aenter__(self) -> None:
        def small(info: Any) -> socket.socket:
            sock = socket.socket(info[0], info[1])
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            return sock

        token = await self._house.token(self._username)
        connector = aiohttp.TCPConnector(socket_factory=small)
        self._session = aiohttp.ClientSession(connector=connector, read_bufsize=1024)
        self._ws = await self._session.ws_connect(
            f"{self._house.url}/ws", headers={"Authorization": f"Bearer {token}"}
        )
        connection = self._ws._response.connection
        assert connection is not None
        assert connection.transport is not None
        connection.transport.pause_reading()

    async def __aexit__(self, *_: object) -> None:
        assert self._session is not None
        await self._session.close()
        await asyncio.sleep(0)


async def test_given_a_transfer_when_it_changes_then_the_agent_hears_it_and_a_new_page_knows(
    house: House,
) -> None:
    changed = TransferChanged(
        at=at(12),
        call_id="1.1",
        state="consulting",
        kind=TransferKind.CONSULT,
        target="09310000001",
        name="公交集团",
    )
    async with house.page("zhang") as page, house.page("li") as other:
        house.publish([*arrival("1.1"), offer("1.1"), *answer("1.1"), changed])
        heard = await page.hear("transfer.changed")
        assert (heard["state"], heard["name"], heard["drill"]) == ("consulting", "公交集团", False)
        assert "transfer.changed" not in [one["type"] for one in await other.everything()]
    async with house.page("zhang") as page:
        (call,) = page.snapshot["calls"]
        assert call["transfer"]["state"] == "consulting"


async def test_given_hints_of_a_call_when_a_supervisor_opens_the_page_then_they_are_there(
    house: House,
) -> None:
    house.publish([*arrival("1.1"), offer("1.1"), *answer("1.1")])
    hint = QualityHint(
        at=at(15),
        call_id="1.1",
        rule="forbidden",
        detail="不归我管",
        speaker=Speaker.AGENT,
        turn=3,
        text="这个不归我管",
    )
    house.publish([hint])
    async with house.page("boss") as boss, house.page("zhang") as zhang:
        [call] = boss.snapshot["calls"]
        assert [(one["rule"], one["detail"], one["turn"]) for one in call["hints"]] == [
            ("forbidden", "不归我管", 3)
        ]
        [own] = zhang.snapshot["calls"]
        assert own["hints"] == []
