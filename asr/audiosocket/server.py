"""The TCP server to which Asterisk delivers live audio.

Asterisk's writer uses a non-blocking socket and gives a stream up when the socket is full, so
everything received is handed on at once and never decoded here.
"""

from __future__ import annotations

import asyncio
import socket
from typing import Final, cast

import structlog

from asr.audiosocket.expected import ExpectedStreams, StreamListener
from asr.audiosocket.protocol import (
    AUDIO_RATES_HZ,
    SAMPLE_RATE_HZ,
    SILENCE,
    Frame,
    FrameParser,
    FrameType,
    ProtocolError,
)

log = structlog.get_logger(__name__)

FIRST_FRAME_S: Final = 2.0
IDLE_S: Final = 600.0
"""Long: a held channel sends no audio at all, and a dead Asterisk closes the socket."""
KEEPALIVE_S: Final = 0.5
"""Asterisk gives a stream up after 2 s without a frame in either direction, and a ringing or held
channel gives none: a frame of silence from here keeps it."""
MAX_CONNECTIONS: Final = 2000


class AudioSocketServer:
    """Accepts AudioSocket connections and hands the audio to the listeners of expected streams."""

    def __init__(
        self,
        host: str,
        port: int,
        expected: ExpectedStreams,
        *,
        first_frame_s: float = FIRST_FRAME_S,
        idle_s: float = IDLE_S,
        max_connections: int = MAX_CONNECTIONS,
    ) -> None:
        """Nothing is opened yet.

        Args:
            host: address to bind.
            port: TCP port; 0 takes a free one (see ``port``).
            expected: the streams that may connect.
            first_frame_s: deadline of the frame with the UUID.
            idle_s: deadline between two frames after that.
            max_connections: connections over this number are refused.
        """
        self.expected = expected
        self.first_frame_s = first_frame_s
        self.idle_s = idle_s
        self.max_connections = max_connections
        self.connections: set[_Connection] = set()
        self._host = host
        self._port = port
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Listen.

        Raises:
            OSError: when the address is in use or not this machine's.
        """
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _Connection(self), self._host, self._port)
        log.info("audiosocket.listening", host=self._host, port=self.port)

    @property
    def port(self) -> int:
        """The port actually bound."""
        if self._server is None or not self._server.sockets:
            return self._port
        return cast(int, self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """Stop listening, close every stream, and wait until their listeners know."""
        if self._server is None:
            return
        self._server.close()
        gone = [connection.gone for connection in self.connections]
        for connection in list(self.connections):
            connection.close("the service stops")
        if gone:
            await asyncio.wait(gone)
        await self._server.wait_closed()
        self._server = None


class _Connection(asyncio.Protocol):
    """One connection; callbacks only, so that there is no task to leak."""

    def __init__(self, server: AudioSocketServer) -> None:
        self._server = server
        self._parser = FrameParser()
        self._listener: StreamListener | None = None
        self._stream_id = ""
        self._peer = ""
        self._reason = ""
        self._last_heard = 0.0
        self._loop = asyncio.get_running_loop()
        self._deadline: asyncio.TimerHandle | None = None
        self._transport: asyncio.Transport | None = None
        self.gone: asyncio.Future[None] = self._loop.create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._peer = _peer_name(transport)
        self._server.connections.add(self)
        if len(self._server.connections) > self._server.max_connections:
            self.close(f"over {self._server.max_connections} connections", fault=True)
            return
        self._last_heard = self._loop.time()
        self._deadline = self._loop.call_later(
            self._server.first_frame_s,
            lambda: self.close(
                f"no UUID within {self._server.first_frame_s:g} s of connecting", fault=True
            ),
        )

    def data_received(self, data: bytes) -> None:
        self._last_heard = self._loop.time()
        self._parser.push(data)
        try:
            while not self._reason and (frame := self._parser.next_frame()) is not None:
                self._take(frame)
        except ProtocolError as error:
            self.close(str(error), fault=True)
        except Exception:
            # a fault of one listener must not reach the other streams, nor Asterisk
            log.exception("audiosocket.listener_failed", stream_id=self._stream_id)
            self.close("its listener failed")

    def connection_lost(self, exc: Exception | None) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
        self._server.connections.discard(self)
        reason = self._reason or (f"connection lost: {exc}" if exc else "Asterisk closed it")
        try:
            if self._listener is not None:
                self._listener.closed(reason)
            elif not self._reason:
                log.warning("audiosocket.closed_without_uuid", peer=self._peer)
        except Exception:
            log.exception("audiosocket.listener_failed", stream_id=self._stream_id)
        finally:
            if not self.gone.done():
                self.gone.set_result(None)

    def close(self, reason: str, *, fault: bool = False) -> None:
        """End the connection; ``fault`` says that the peer is to blame and worth a warning."""
        if self._reason or self._transport is None:
            return
        self._reason = reason
        if fault:
            log.warning(
                "audiosocket.refused", peer=self._peer, stream_id=self._stream_id, reason=reason
            )
        # abort, not close: a peer that does not read must not keep the socket open
        self._transport.abort()

    def _take(self, frame: Frame) -> None:
        if self._listener is None:
            self._begin(frame)
        elif frame.type == FrameType.AUDIO:
            self._listener.audio(frame.payload)
        elif frame.is_audio:
            self.close(
                f"audio at {AUDIO_RATES_HZ[frame.type]} Hz; only {SAMPLE_RATE_HZ} Hz is accepted",
                fault=True,
            )
        elif frame.type == FrameType.HANGUP:
            self.close("Asterisk hung up")
        elif frame.type == FrameType.ERROR:
            self.close(f"Asterisk reports error {frame.payload[:8].hex() or 'without a code'}")
        elif frame.type == FrameType.UUID:
            self.close("a second UUID on one connection", fault=True)

    def _begin(self, frame: Frame) -> None:
        if frame.type != FrameType.UUID:
            self.close(f"first frame is of type 0x{frame.type:02x}, not a UUID", fault=True)
            return
        self._stream_id = str(frame.stream_id)
        listener = self._server.expected.claim(frame.stream_id)
        if listener is None:
            self.close("nobody announced this stream", fault=True)
            return
        self._listener = listener
        assert self._transport is not None
        # ChanSpy answers its channel before it spies, and waits up to half a second for a first
        # frame of audio to come back; giving it one lets the caller be heard that much earlier.
        self._transport.write(SILENCE)
        if self._deadline is not None:
            self._deadline.cancel()
        self._deadline = self._loop.call_later(KEEPALIVE_S, self._keep_alive)
        log.debug("audiosocket.connected", stream_id=self._stream_id)
        listener.connected()

    def _keep_alive(self) -> None:
        silent_s = self._loop.time() - self._last_heard
        if silent_s >= self._server.idle_s:
            self.close(f"nothing received for {self._server.idle_s:g} s", fault=True)
            return
        assert self._transport is not None
        if silent_s >= KEEPALIVE_S and not self._transport.get_write_buffer_size():
            self._transport.write(SILENCE)
        self._deadline = self._loop.call_later(KEEPALIVE_S, self._keep_alive)


def _peer_name(transport: asyncio.BaseTransport) -> str:
    address = transport.get_extra_info("peername")
    sock = transport.get_extra_info("socket")
    if sock is not None and sock.family in (socket.AF_INET, socket.AF_INET6):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    return f"{address[0]}:{address[1]}" if address else "unknown"
