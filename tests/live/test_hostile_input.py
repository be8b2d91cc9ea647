"""Whoever sends nonsense to any port: it is refused and logged, and the calls go on."""

from __future__ import annotations

import asyncio
import itertools
import json
import random
import socket
from collections.abc import AsyncIterator
from uuid import uuid4

import aiohttp
import pytest
import pytest_asyncio

from telephony.testphone import PhoneAgent, TestPhone
from tests.live.harness.api import Api, Message
from tests.live.harness.hotline import Hotline, until
from tests.live.harness.records import agent_state, ended_call, reached, record_of
from tests.live.harness.sipp import run_sipp

NOISE = random.Random(12345).randbytes(4096)
CALLERS = itertools.count()
STRANGER = "127.0.0.7"


class Log:
    """What the service has logged since this object was made."""

    def __init__(self, hotline: Hotline) -> None:
        self._hotline = hotline
        self._begin = len(hotline.service_log())

    @property
    def text(self) -> str:
        """As it is in the file."""
        return self._hotline.service_log()[self._begin :]

    async def has(self, event: str, **values: str) -> Message:
        """The first entry of that name whose fields contain these texts, waiting for it."""

        async def there() -> Message | None:
            for line in self.text.splitlines():
                entry: Message = json.loads(line) if line.startswith("{") else {}
                if entry.get("event") == event and all(
                    text in str(entry.get(name)) for name, text in values.items()
                ):
                    return entry
            return None

        entry = await until(there, f"log line {event} {values}")
        assert entry is not None
        return entry


@pytest_asyncio.fixture(loop_scope="session")
async def log(
    hotline: Hotline,
    phone: TestPhone,
    telephones: dict[str, PhoneAgent],
    agents: dict[str, Api],
    admin: Api,
) -> AsyncIterator[Log]:
    """The log; afterwards nothing has failed inside and an ordinary call is served."""
    log = Log(hotline)
    yield log
    assert "Traceback" not in log.text
    assert '"level": "critical"' not in log.text
    assert await hotline.is_healthy()
    agents["8001"].messages.clear()
    telephones["8001"].calls.clear()
    await agents["8001"].state("ready")
    caller = f"139000070{next(CALLERS):02d}"
    call = await phone.dial("12345", caller=caller, keys=[(0.2, "0")])
    await until(lambda: _rung_by(telephones["8001"], caller), "agent's telephone rung")
    await reached(admin, caller, "answered", endpoint="PJSIP/agent-8001")
    await call.hangup()
    await call.wait_ended()
    assert (await ended_call(admin, caller))["disposition"] == "answered"
    await agent_state(admin, "8001", "ready")


async def _rung_by(telephone: PhoneAgent, caller: str) -> bool:
    return any(call.caller == caller and call.is_answered for call in telephone.calls)


async def _send(address: tuple[str, int], data: bytes, *, reset: bool = False) -> bytes:
    """Send, say that no more will come, return all that comes back until the other side closes."""
    reader, writer = await asyncio.open_connection(*address)
    try:
        if reset:  # the connection ends by RST
            linger = bytes((1, 0, 0, 0, 0, 0, 0, 0))
            sock = writer.get_extra_info("socket")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            return b""
        writer.write(data)
        try:
            await writer.drain()
            if writer.can_write_eof():
                writer.write_eof()
            async with asyncio.timeout(10):
                return await reader.read()
        except (ConnectionError, OSError):
            return b""
    finally:
        writer.close()
        await asyncio.gather(writer.wait_closed(), return_exceptions=True)


def _agi(script: str) -> bytes:
    headers = {
        "agi_network": "yes",
        "agi_network_script": script,
        "agi_channel": "PJSIP/trunk-0000ffff",
        "agi_uniqueid": "1.1",
        "agi_callerid": "13900000060",
    }
    return "".join(f"{name}: {value}\n" for name, value in headers.items()).encode() + b"\n"


async def test_given_nonsense_on_the_fastagi_port_then_each_is_refused_and_said_so(
    hotline: Hotline, log: Log
) -> None:
    address = hotline.settings.agi.host, hotline.settings.agi.port
    idle = [await asyncio.open_connection(*address) for _ in range(50)]
    for data, reason in (
        (b"", "closed before the AGI headers ended"),
        (b"agi_network: yes\nagi_uniqueid: 1", "closed before the AGI headers ended"),
        (NOISE + b"\n\n", "not an AGI header"),
        (b"GET / HTTP/1.1\nHost: x\n\n", "not an AGI header"),
        (b"agi_callerid: " + b"1" * 100_000, "AGI headers of more than"),
    ):
        said = await _send(address, data)
        assert b"STREAM FILE" not in said
        await log.has("agi.bad_request", reason=reason)
    await _send(address, b"", reset=True)
    await _send(address, _agi("nowhere"))
    await log.has("agi.no_route", script="nowhere")
    await _send(address, _agi("inbound"))  # says nothing more: a call that is gone
    await log.has("agi.session_ended", call_id="1.1", outcome="ended by Asterisk")
    for _, writer in idle:
        writer.close()
        await writer.wait_closed()


async def test_given_nonsense_on_the_audiosocket_port_then_each_is_refused_and_said_so(
    hotline: Hotline, log: Log
) -> None:
    address = hotline.settings.audiosocket.host, hotline.settings.audiosocket.port
    _, idle = await asyncio.open_connection(*address)
    for data, event, reason in (
        (b"", "audiosocket.closed_without_uuid", ""),
        (b"\x01\x00\x10half", "audiosocket.closed_without_uuid", ""),
        (b"\x77" + NOISE, "audiosocket.refused", "unknown frame type 0x77"),
        (b"\x10\xff\xfe" + NOISE, "audiosocket.refused", "at most 16000"),
        (b"\x10\x00\x02ab", "audiosocket.refused", "not a UUID"),
        (b"\x01\x00\x02ab", "audiosocket.refused", "UUID frame of 2 bytes"),
        (b"\x01\x00\x10" + uuid4().bytes, "audiosocket.refused", "nobody announced"),
    ):
        assert await _send(address, data) == b""
        await log.has(event, **({"reason": reason} if reason else {}))
    await _send(address, b"", reset=True)
    await log.has("audiosocket.refused", reason="no UUID within")  # the idle one
    idle.close()
    await asyncio.gather(idle.wait_closed(), return_exceptions=True)


async def test_given_nonsense_and_wrong_passwords_on_the_ami_port_then_no_way_in(
    hotline: Hotline, log: Log
) -> None:
    address = hotline.settings.asterisk.ami_host, hotline.settings.asterisk.ami_port
    user = hotline.settings.asterisk.ami_user
    login = f"Action: Login\r\nUsername: {user}\r\nSecret: wrong\r\n\r\n"
    command = "Action: Command\r\nCommand: core show channels\r\n\r\n"
    await _send(address, b"", reset=True)
    await _send(address, b"")
    for data in (login + command, login.replace(user, "nobody"), command):
        said = await _send(address, data.encode())
        assert b"Response: Success" not in said
        assert b"Response: Error" in said
    assert b"Success" not in await _send(address, NOISE + b"\r\n\r\n")
    await _logged_by_asterisk(hotline, f"'{user}'", "authenticate")
    assert "ami.down" not in log.text


async def test_given_a_call_from_an_address_that_is_no_trunk_then_refused_and_no_call_exists(
    hotline: Hotline, admin: Api, log: Log
) -> None:
    run = await run_sipp(
        hotline.installation,
        *("refused", hotline.sip, "12345"),
        caller="13900000061",
        local_ip=STRANGER,
    )
    assert run.exit_code == 0, run.errors
    assert run.received("SIP/2.0 200") == 0
    await _logged_by_asterisk(hotline, STRANGER, "INVITE")
    assert await record_of(admin, "13900000061") is None
    assert await hotline.idle()


async def test_given_noise_on_the_sip_port_then_it_is_ignored(hotline: Hotline, log: Log) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for data in (b"", b"\x00" * 100, NOISE[:1400], b"INVITE sip:x SIP/2.0\r\nVia: ", b"\r\n"):
            sender.sendto(data, hotline.sip)
    assert await hotline.idle()


_INVITE = """INVITE sip:12345@hotline.invalid SIP/2.0
Via: SIP/2.0/{via} nowhere.invalid;branch=z9hG4bK{via}
Max-Forwards: 70
To: <sip:12345@hotline.invalid>
From: <sip:13900000068@nowhere.invalid>;tag={via}
Call-ID: {via}@nowhere.invalid
CSeq: 1 INVITE
Contact: <sip:13900000068@nowhere.invalid;transport=ws>
Content-Type: application/sdp
Content-Length: {length}

{sdp}"""
_SDP = """v=0
o=- 1 1 IN IP4 127.0.0.1
s=-
c=IN IP4 127.0.0.1
t=0 0
m=audio 40000 RTP/AVP 8
"""


@pytest.mark.parametrize("via", ["WS", "UDP"])
async def test_given_a_stranger_at_the_softphones_websocket_when_calling_then_no_carrier(
    hotline: Hotline, via: str
) -> None:
    """From the trunk's own address, as everybody behind a proxy on this machine."""
    sdp = _SDP.replace("\n", "\r\n")
    head = _INVITE.replace("\n", "\r\n")
    async with (
        aiohttp.ClientSession() as http,
        http.ws_connect(hotline.settings.softphone.address, protocols=("sip",)) as socket_,
        asyncio.timeout(10),
    ):
        await socket_.send_str(head.format(via=via, length=len(sdp), sdp=sdp))
        status = "SIP/2.0 100"
        while status.startswith("SIP/2.0 100"):
            status = (await socket_.receive_str()).partition("\r\n")[0]
    assert status == "SIP/2.0 403 Forbidden"
    await until(hotline.idle, "Asterisk without channels", 10)


async def test_given_a_hostile_caller_name_then_it_is_a_text_like_any_other(
    hotline: Hotline,
    phone: TestPhone,
    agents: dict[str, Api],
    admin: Api,
    log: Log,
) -> None:
    run = await run_sipp(
        hotline.installation,
        *("hostile_caller_name", hotline.sip, "12345"),
        caller="13900000062",
        hold_ms=800,
    )
    assert run.exit_code == 0, run.errors
    record = await ended_call(admin, "13900000062")
    assert "${SHELL(id)} <script>" in record["caller_name"]
    assert "uid=" not in json.dumps(record)

    await agents["8001"].state("ready")
    call = await phone.dial(
        "12345", caller="13900000067", from_name="${SHELL(id)}; <script>", keys=[(0.2, "0")]
    )
    pop = (await agents["8001"].heard("call.offered"))["call"]
    assert (pop["caller"], pop["caller_name"]) == ("13900000067", "${SHELL(id)}; <script>")
    await call.hangup()
    await call.wait_ended()


@pytest.mark.parametrize(
    ("caller", "number"),
    [
        ("13900000063", "9" * 70),
        ("13900000064", "%24%7BSHELL(id)%7D"),
        ("13900000065", "h"),
    ],
    ids=["long", "function", "special extension"],
)
async def test_given_an_absurd_number_then_the_main_line_takes_the_call_and_an_alarm_is_logged(
    hotline: Hotline, agents: dict[str, Api], admin: Api, log: Log, caller: str, number: str
) -> None:
    run = await run_sipp(
        hotline.installation,
        *("call_and_hang_up", hotline.sip, number),
        caller=caller,
        hold_ms=800,
    )
    assert run.exit_code == 0, run.errors
    record = await ended_call(admin, caller)
    assert record["line"] == "12345"
    assert "uid=" not in json.dumps(record)
    await log.has("line.unknown_number", call_id=record["call_id"])


async def test_given_line_breaks_in_the_number_then_the_call_is_taken_and_the_session_is_refused(
    hotline: Hotline, agents: dict[str, Api], admin: Api, log: Log
) -> None:
    # Asterisk passes them on into the headers of AGI and AMI as they are.
    run = await run_sipp(
        hotline.installation,
        *("call_and_hang_up", hotline.sip, "12345%22%2C1%0D%0AAction:%20Command"),
        caller="13900000066",
        hold_ms=800,
    )
    assert run.exit_code == 0, run.errors
    await log.has("agi.bad_request", reason="not an AGI header: 'Action'")
    record = await ended_call(admin, "13900000066")
    assert record["line"] == "12345"
    # the dialplan greeted and would have queued the caller, who did not wait for it
    assert record["disposition"].startswith("abandoned")
    assert record["hung_up_by"] == "caller"


async def test_given_wrong_websocket_messages_then_each_is_answered_and_the_page_goes_on(
    hotline: Hotline, agents: dict[str, Api], admin: Api, log: Log
) -> None:
    agent = agents["8001"]
    wrong = (
        "this is no JSON",
        "",
        "null",
        "[]",
        "[" * 20_000,
        '{"type": "nonsense"}',
        '{"type": "agent.state"}',
        '{"type": "agent.state", "state": 5}',
        '{"type": "agent.state", "state": "talking"}',
        '{"type": "ping", "extra": 1}',
        '{"type": "ping", "id": {"a": []}}',
        '{"type": "ticket.patch", "ticket": "\'; drop table calls; --", "fields": {}}',
        '{"type": "ticket.patch", "call_id": "../../etc/passwd", "fields": {"title": null}}',
    )
    for text in wrong:
        await agent.send(text)
    await until(lambda: _errors(agent, len(wrong)), "error for each wrong message")
    await agent.send('{"type": "ping", "id": "still there"}')
    assert (await agent.heard("pong"))["id"] == "still there"
    await log.has("live.message_refused", user="agent8001", code="invalid")

    async with hotline.api("agent8002") as other:
        await other.watch()
        await other.send('"' + "x" * 200_000 + '"')
        await log.has("live.connection_refused", user="agent8002", reason="exceeds limit")
        await log.has("live.disconnected", user="agent8002")
    await agent.send('{"type": "ping", "id": "and still"}')
    await agent.heard("pong", lambda m: m["id"] == "and still")


async def _errors(api: Api, number: int) -> bool:
    return len([message for message in api.messages if message["type"] == "error"]) == number


async def test_given_nobody_logged_in_then_neither_page_nor_api_tells_anything(
    hotline: Hotline, log: Log
) -> None:
    async with aiohttp.ClientSession(hotline.web) as http:
        for headers in ({}, {"Authorization": "Bearer wrong"}, {"Cookie": "hotline_session=x"}):
            for path in ("/api/calls", "/api/calls/1.1", "/api/recordings/1.1", "/api/agents"):
                async with http.get(path, headers=headers) as answer:
                    assert answer.status == 401
                    assert set(await answer.json()) == {"error"}
        await log.has("http.refused", path="/api/recordings/1.1", status="401")
        for path in ("/api/recordings/..%2f..%2f..%2fsecrets.json", "/static/..%2f..%2fmodels.py"):
            async with http.get(path) as answer:
                assert answer.status in (401, 404)
        for body in (b"", b"[", b"{}", b'{"username": 1}', NOISE, b"[" * 50_000):
            json_type = {"Content-Type": "application/json"}
            async with http.post("/api/login", data=body, headers=json_type) as answer:
                assert answer.status == 422
        wrong = {"username": "admin", "password": "wrong"}
        async with http.post("/api/login", json=wrong) as answer:
            assert answer.status == 401
        await log.has("auth.login_failed", user="admin")
        async with http.ws_connect("/ws", protocols=("hotline", "hotline.token.wrong")) as page:
            assert (await page.receive()).type is aiohttp.WSMsgType.CLOSE
            assert page.close_code == 4401
        async with http.ws_connect("/ws") as page:
            await page.send_str('{"type": "agent.state", "state": "ready"}')
            assert (await page.receive()).type is aiohttp.WSMsgType.CLOSE
            assert page.close_code == 4401
        await log.has("live.not_logged_in", ip="127.0.0.1")


async def _logged_by_asterisk(hotline: Hotline, *words: str) -> None:
    async def there() -> bool:
        lines = hotline.asterisk_log().splitlines()
        return any(all(word in line for word in words) for line in lines)

    await until(there, f"line with {words} in Asterisk's log")
