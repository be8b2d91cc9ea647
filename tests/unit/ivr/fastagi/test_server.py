from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import AsyncIterator

import pytest
from structlog.testing import capture_logs

from ivr.fastagi import AgiServer, AgiSession, CallerGone, library
from tests.unit.ivr.fake_asterisk import FakeAsterisk


class Probe:
    """A handler that works, and one for each way of not working."""

    def __init__(self) -> None:
        self.server = AgiServer("127.0.0.1", 0, max_sessions=3)
        self.port = 0
        self.blocked = asyncio.Event()
        self.ends: list[str] = []
        self.server.route("ok", self.ok)
        self.server.route("fails", self.fails)
        self.server.route("blocks", self.blocks)
        self.server.route("waits", self.waits)

    async def ok(self, session: AgiSession) -> None:
        await session.set_variable("SEEN", session.call_id)

    async def fails(self, session: AgiSession) -> None:
        raise RuntimeError("a fault in a handler")

    async def blocks(self, session: AgiSession) -> None:
        self.blocked.set()
        await asyncio.Event().wait()

    async def waits(self, session: AgiSession) -> None:
        self.blocked.set()
        try:
            while True:
                await session.get_variable("X")
        except CallerGone as error:
            self.ends.append(str(error))
            raise

    async def works(self) -> None:
        """Fails unless a new call is served properly."""
        asterisk = FakeAsterisk()
        asterisk.headers["agi_network_script"] = "ok"
        await asyncio.wait_for(asterisk.call(self.port), 10)
        assert asterisk.variables == {"SEEN": "1750000000.1"}

    async def send(self, data: bytes, *, eof: bool = False) -> bytes:
        """Send raw bytes; returns what comes until the server closes."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            writer.write(data)
            if eof:
                writer.write_eof()
            return await asyncio.wait_for(reader.read(), 10)
        except ConnectionError:
            return b""
        finally:
            writer.close()

    async def idle(self) -> None:
        """Wait until no session is left."""
        async with asyncio.timeout(10):
            while self.server.sessions:
                await asyncio.sleep(0.01)


@pytest.fixture
async def probe() -> AsyncIterator[Probe]:
    probe = Probe()
    probe.port = await probe.server.start()
    yield probe
    await probe.server.stop()
    assert probe.server.sessions == 0


@pytest.mark.parametrize(
    ("data", "eof"),
    [
        (b"", True),
        (b"agi_network_script: ok\n", True),
        (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", False),
        (b"\x16\x03\x01\x02\x00\x01\x00\xff\xfe\n\n", False),
        (b"\n\n", False),
        (b"agi_network_script: nowhere\n\n", False),
        (b"agi_x: " + b"a" * 100_000 + b"\n\n", False),
        (b"".join(b"agi_%d: x\n" % n for n in range(4000)) + b"\n", False),
        (b"agi_x: y\n" * 50 + b"agi_long: " + b"z" * 16_000 + b"\n\n", False),
    ],
    ids=["nothing", "half", "http", "tls", "empty", "no route", "long", "many", "much"],
)
async def test_given_garbage_when_it_connects_then_closed_and_calls_are_served(
    probe: Probe, data: bytes, eof: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(library, "HEADER_SECONDS", 0.5)
    with capture_logs() as logs:
        assert await probe.send(data, eof=eof) == b""
        await probe.idle()
    assert {entry["event"] for entry in logs} & {"agi.bad_request", "agi.no_route"}
    await probe.works()


async def test_given_a_silent_peer_when_headers_do_not_come_then_closed(
    probe: Probe, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(library, "HEADER_SECONDS", 0.1)
    with capture_logs() as logs:
        assert await probe.send(b"agi_network_script: ok\n") == b""
    assert logs[0]["reason"] == "headers took too long"
    await probe.works()


async def test_given_a_reset_connection_when_in_a_command_then_a_clean_end(probe: Probe) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", probe.port)
    writer.write(b"agi_network_script: waits\nagi_uniqueid: 1.2\n\n")
    await reader.readline()
    sock: socket.socket = writer.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    with capture_logs() as logs:
        writer.transport.abort()
        await probe.idle()
    assert len(probe.ends) == 1
    assert [entry["call_id"] for entry in logs if entry["event"] == "agi.session_ended"] == ["1.2"]
    assert not [entry for entry in logs if entry["log_level"] in ("error", "critical")]
    await probe.works()


@pytest.mark.parametrize("answer", [b"garbage\n", b"200 nothing\n", b"200 result=" + b"1" * 99_999])
async def test_given_a_garbled_answer_then_the_session_ends_and_others_go_on(
    probe: Probe, answer: bytes
) -> None:
    with capture_logs() as logs:
        sent = await probe.send(b"agi_network_script: ok\nagi_uniqueid: 1.3\n\n" + answer)
        await probe.idle()
    assert sent == b'SET VARIABLE "SEEN" "1.3"\n'
    assert "agi.protocol_error" in {entry["event"] for entry in logs}
    await probe.works()


async def test_given_a_failing_handler_when_called_then_connection_closed_and_logged(
    probe: Probe,
) -> None:
    with capture_logs() as logs:
        await probe.send(b"agi_network_script: fails\nagi_uniqueid: 1.4\n\n")
        await probe.idle()
    failed = [entry for entry in logs if entry["event"] == "agi.handler_failed"]
    assert [entry["call_id"] for entry in failed] == ["1.4"]
    await probe.works()


async def test_given_all_sessions_taken_when_one_more_connects_then_only_it_is_closed(
    probe: Probe,
) -> None:
    opened = [await asyncio.open_connection("127.0.0.1", probe.port) for _ in range(3)]
    for _, writer in opened:
        writer.write(b"agi_network_script: blocks\n\n")
    async with asyncio.timeout(10):
        while probe.server.sessions < 3:
            await asyncio.sleep(0.01)
    with capture_logs() as logs:
        assert await probe.send(b"agi_network_script: ok\n\n") == b""
    assert "agi.too_many_sessions" in {entry["event"] for entry in logs}
    assert probe.server.sessions == 3
    for _, writer in opened:
        writer.close()


async def test_given_sessions_when_stopped_then_their_connections_close(probe: Probe) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", probe.port)
    writer.write(b"agi_network_script: blocks\n\n")
    await asyncio.wait_for(probe.blocked.wait(), 10)
    await probe.server.stop()
    assert await asyncio.wait_for(reader.read(), 10) == b""
    assert not probe.server.listening
    writer.close()


async def test_given_a_name_that_forges_headers_when_read_then_the_first_one_counts(
    probe: Probe,
) -> None:
    sent = await probe.send(
        b"agi_network_script: ok\nagi_uniqueid: 1.5\n"
        b"agi_calleridname: x\nagi_uniqueid: 9.9\nagi_network_script: fails\n\n200 result=1\n"
    )
    assert sent == b'SET VARIABLE "SEEN" "1.5"\n'


def _plain(session: AgiSession) -> None:
    raise AssertionError


def test_given_a_plain_function_when_routed_then_refused() -> None:
    server = AgiServer("127.0.0.1", 0)
    with pytest.raises(TypeError, match="must be async"):
        server.route("x", _plain)  # type: ignore[arg-type]  # the fault on trial
