"""From the socket to the words: the real server, the real service, the real engine."""

from __future__ import annotations

import asyncio
from uuid import uuid4

from asr.audiosocket import FRAME_BYTES, AudioSocketServer, ExpectedStreams, Frame
from asr.recogniser.whisper import WhisperRecogniser
from asr.streams import TranscriptionService
from config.settings import Settings
from telephony.events import EventBus, Speaker, TranscriptFinal
from tests.unit.asr.conftest import spoken


async def send(port: int, stream_id: bytes, pcm: bytes) -> None:
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(Frame(0x01, stream_id).encode())
    for position in range(0, len(pcm), FRAME_BYTES):
        writer.write(Frame(0x10, pcm[position : position + FRAME_BYTES]).encode())
        await writer.drain()
    writer.write(Frame(0x00, b"").encode())
    await writer.drain()
    writer.close()
    try:
        await writer.wait_closed()
    except ConnectionError:
        return


async def test_given_two_parties_who_speak_when_streamed_then_each_ones_words_are_its_own(
    whisper: WhisperRecogniser,
) -> None:
    bus, expected = EventBus(), ExpectedStreams()
    finals: list[TranscriptFinal] = []

    async def keep() -> None:
        with bus.subscribe("test") as events:
            async for event in events:
                if isinstance(event, TranscriptFinal):
                    finals.append(event)  # noqa: PERF401 - kept as they come

    keeper = asyncio.create_task(keep())
    service = TranscriptionService(bus, whisper, Settings())
    server = AudioSocketServer("127.0.0.1", 0, expected)
    await service.start()
    await server.start()
    speech = {Speaker.CALLER: spoken("10_fire_caller"), Speaker.AGENT: spoken("11_fire_agent")}
    streams = []
    for speaker, fixture in speech.items():
        stream_id, stream = uuid4(), service.open("c1", speaker)
        expected.announce(stream_id, stream)
        streams.append(stream)
        await send(server.port, stream_id.bytes, fixture.pcm)
    async with asyncio.timeout(60):
        for stream in streams:
            await stream.done
    await server.stop()
    await service.stop()
    bus.close()
    await keeper
    said = {
        speaker: "".join(final.text for final in finals if final.speaker is speaker)
        for speaker in speech
    }
    assert "快来人" in said[Speaker.CALLER]
    assert "挂机" in said[Speaker.AGENT]
    assert "挂机" not in said[Speaker.CALLER]
    assert "快来人" not in said[Speaker.AGENT]
    assert all(final.engine == "whisper:whisper-base" for final in finals)
    assert all(final.call_id == "c1" for final in finals)
    assert service.counters.seconds_lost == 0
