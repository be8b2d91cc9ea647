from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID, uuid4

import pytest
from structlog.testing import capture_logs

from asr.audiosocket import AudioSocketServer, ExpectedStreams, Frame
from asr.audiosocket.protocol import SILENCE
from tests.unit.asr.listeners import Recorded, until

PCM = bytes(range(256)) + bytes(64)


@asynccontextmanager
async def serving(**options: float) -> AsyncIterator[AudioSocketServer]:
    server = AudioSocketServer("127.0.0.1", 0, ExpectedStreams(), **options)  # type: ignore[arg-type]  # int for max_connections
    await server.start()
    try:
        yield server
    finally:
        await server.stop()


async def sent(server: AudioSocketServer, *pieces: bytes) -> asyncio.StreamWriter:
    _, writer = await asyncio.open_connection("127.0.0.1", server.port)
    for piece in pieces:
        writer.write(piece)
    await writer.drain()
    return writer


async def close(writer: asyncio.StreamWriter) -> None:
    writer.close()
    try:
        await writer.wait_closed()
    except ConnectionError:
        return


def announced(server: AudioSocketServer, **options: bool) -> tuple[UUID, Recorded]:
    stream_id, listener = uuid4(), Recorded(**options)
    server.expected.announce(stream_id, listener)
    return stream_id, listener


def hello(stream_id: UUID) -> bytes:
    return Frame(0x01, stream_id.bytes).encode()


async def test_given_an_announced_stream_when_it_speaks_then_the_audio_arrives_in_order() -> None:
    async with serving() as server:
        stream_id, listener = announced(server)
        audio = [Frame(0x10, bytes([index, 0]) * 160) for index in range(50)]
        writer = await sent(
            server, hello(stream_id), *(frame.encode() for frame in audio), Frame(0, b"").encode()
        )
        await until(lambda: listener.reasons)
        assert listener.pcm == b"".join(frame.payload for frame in audio)
        assert (listener.opened, listener.reasons) == (1, ["Asterisk hung up"])
        await close(writer)


async def test_given_a_stream_that_begins_then_a_frame_of_silence_is_sent_back_at_once() -> None:
    async with serving() as server:
        stream_id, _ = announced(server)
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(hello(stream_id))
        assert await asyncio.wait_for(reader.readexactly(len(SILENCE)), 5) == SILENCE
        await close(writer)


async def test_given_a_silent_channel_then_frames_keep_the_stream_alive() -> None:
    async with serving() as server:
        stream_id, listener = announced(server)
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(hello(stream_id))
        assert await asyncio.wait_for(reader.readexactly(3 * len(SILENCE)), 10) == 3 * SILENCE
        assert listener.reasons == []
        await close(writer)
        await until(lambda: listener.reasons == ["Asterisk closed it"])


@pytest.mark.parametrize(
    ("first", "reason"),
    [
        (Frame(0x01, bytes(range(16))).encode(), "nobody announced"),
        (Frame(0x10, PCM).encode(), "not a UUID"),
        (b"GET / HTTP/1.1\r\n\r\n", "unknown frame type"),
        (b"\x01\xff\xff", "UUID frame of 65535 bytes"),
    ],
)
async def test_given_a_stranger_when_it_connects_then_refused_with_a_reason(
    first: bytes, reason: str
) -> None:
    async with serving() as server:
        with capture_logs() as logs:
            writer = await sent(server, first)
            await until(lambda: logs and not server.connections)
        assert logs[0]["event"] == "audiosocket.refused"
        assert reason in logs[0]["reason"]
        await close(writer)


@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        (Frame(0x12, PCM).encode(), "16000 Hz; only 8000 Hz"),
        (b"\x10\x00\x01\x00", "sample in two"),
        (b"\x42\x00\x01\x00", "unknown frame type 0x42"),
        (Frame(0x01, bytes(16)).encode(), "second UUID"),
        (Frame(0xFF, b"\x04").encode(), "error 04"),
    ],
)
async def test_given_a_stream_when_it_breaks_the_rules_then_closed_with_what_came_before_kept(
    frame: bytes, reason: str
) -> None:
    async with serving() as server:
        stream_id, listener = announced(server)
        writer = await sent(server, hello(stream_id), Frame(0x10, PCM).encode(), frame)
        await until(lambda: listener.reasons)
        assert reason in listener.reasons[0]
        assert listener.pcm == PCM
        await close(writer)


async def test_given_dtmf_when_received_then_the_audio_goes_on() -> None:
    async with serving() as server:
        stream_id, listener = announced(server)
        writer = await sent(
            server, hello(stream_id), Frame(3, b"5").encode(), Frame(0x10, PCM).encode()
        )
        await until(lambda: listener.pcm == PCM)
        assert listener.reasons == []
        await close(writer)


async def test_given_a_connection_without_uuid_when_the_deadline_passes_then_closed() -> None:
    async with serving(first_frame_s=0.05) as server:
        with capture_logs() as logs:
            writer = await sent(server, b"\x01\x00")
            await until(lambda: any("no UUID" in str(entry.get("reason")) for entry in logs))
        await until(lambda: not server.connections)
        await close(writer)


async def test_given_a_stream_that_says_nothing_when_the_idle_deadline_passes_then_closed() -> None:
    async with serving(idle_s=0.2) as server:
        stream_id, listener = announced(server)
        writer = await sent(server, hello(stream_id))
        await until(lambda: listener.reasons)
        assert listener.reasons == ["nothing received for 0.2 s"]
        await close(writer)


async def test_given_a_port_scan_when_it_leaves_then_logged_and_the_next_stream_works() -> None:
    async with serving() as server:
        with capture_logs() as logs:
            await close(await sent(server))
            await until(lambda: logs)
        assert logs[0]["event"] == "audiosocket.closed_without_uuid"
        stream_id, listener = announced(server)
        writer = await sent(server, hello(stream_id), Frame(0x10, PCM).encode())
        await until(lambda: listener.pcm == PCM)
        await close(writer)


async def test_given_one_listener_that_fails_when_audio_comes_then_the_others_hear_on() -> None:
    async with serving() as server:
        bad_id, bad = announced(server, fails=True)
        good_id, good = announced(server)
        first = await sent(server, hello(bad_id), Frame(0x10, PCM).encode())
        second = await sent(server, hello(good_id), Frame(0x10, PCM).encode())
        await until(lambda: bad.reasons and good.pcm == PCM)
        assert bad.reasons == ["its listener failed"]
        assert good.reasons == []
        await close(first)
        await close(second)


async def test_given_the_limit_of_connections_when_one_more_comes_then_refused() -> None:
    async with serving(max_connections=1) as server:
        stream_id, listener = announced(server)
        first = await sent(server, hello(stream_id))
        await until(lambda: listener.opened)
        with capture_logs() as logs:
            second = await sent(server, hello(stream_id))
            await until(lambda: logs)
        assert "over 1 connections" in logs[0]["reason"]
        assert listener.reasons == []
        await close(first)
        await close(second)


async def test_given_open_streams_when_the_server_stops_then_all_close_and_no_task_stays() -> None:
    before = asyncio.all_tasks()
    async with serving() as server:
        listeners = []
        writers = []
        for _ in range(5):
            stream_id, listener = announced(server)
            writers.append(await sent(server, hello(stream_id)))
            listeners.append(listener)
        writers.append(await sent(server))
        await until(lambda: len(server.connections) == 6 and all(one.opened for one in listeners))
    assert [listener.reasons for listener in listeners] == [["the service stops"]] * 5
    for writer in writers:
        await close(writer)
    assert asyncio.all_tasks() == before


async def test_given_a_peer_that_never_reads_when_it_sends_much_then_all_of_it_is_taken() -> None:
    async with serving() as server:
        stream_id, listener = announced(server)
        minute = Frame(0x10, PCM).encode() * 3000
        writer = await asyncio.wait_for(sent(server, hello(stream_id), minute), 10)
        await until(lambda: len(listener.pcm) == 3000 * len(PCM))
        await close(writer)
