"""A manager interface that does what the test tells it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

Headers = dict[str, str]


class FakeAsterisk:
    """Speaks AMI to any number of connections, one after the other."""

    def __init__(self) -> None:
        self.port = 0
        self.received: list[Headers] = []
        self.connections = 0
        self.accept_login = True
        self.silent_actions: set[str] = set()
        self.booted = True
        self.channels: list[str] = []
        self.queue_entries: list[str] = []
        self.answers: dict[str, Callable[[Headers], str]] = {}
        self.before_list: Callable[[], Awaitable[None]] | None = None
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    async def listen(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()
        self.drop()
        if self._tasks:
            await asyncio.wait(list(self._tasks), timeout=5)
        if self._server is not None:
            await self._server.wait_closed()
            self._server = None

    def drop(self) -> None:
        """Cut every connection, as a killed process does."""
        for writer in list(self._writers):
            writer.transport.abort()
        self._writers.clear()

    def raw(self, data: bytes) -> None:
        for writer in self._writers:
            writer.write(data)

    async def raw_pieces(self, *pieces: bytes) -> None:
        """Write pieces so that each arrives by itself."""
        for piece in pieces:
            self.raw(piece)
            for writer in self._writers:
                await writer.drain()
            await asyncio.sleep(0.02)

    def event(self, **headers: str) -> None:
        self.raw(frame(headers).encode())

    def actions(self, name: str) -> list[Headers]:
        return [h for h in self.received if h.get("action", "").lower() == name.lower()]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self._writers.add(writer)
        self.connections += 1
        try:
            writer.write(b"Asterisk Call Manager/12.0.0\r\n")
            while True:
                block = await reader.readuntil(b"\r\n\r\n")
                headers = {}
                for line in block.decode().split("\r\n"):
                    name, colon, value = line.partition(":")
                    if colon:
                        headers[name.strip().lower()] = value.strip()
                self.received.append(headers)
                await self._answer(headers, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self._tasks.discard(task)
            self._writers.discard(writer)
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()

    async def _answer(self, headers: Headers, writer: asyncio.StreamWriter) -> None:
        action = headers.get("action", "")
        ident = headers.get("actionid", "")
        if action in self.silent_actions:
            return
        text = ""
        if action in self.answers:
            text = self.answers[action](headers)
        elif action == "Login":
            if self.accept_login:
                text = frame(Response="Success", ActionID=ident, Message="Authentication accepted")
                if self.booted:
                    text += frame(Event="FullyBooted", Status="Fully Booted")
            else:
                text = frame(Response="Error", ActionID=ident, Message="Authentication failed")
        elif action == "Ping":
            text = frame(Response="Success", ActionID=ident, Ping="Pong")
        elif action == "CoreShowChannels":
            if self.before_list is not None:
                await self.before_list()
            text = self._list(ident, "CoreShowChannels", self.channels)
        elif action == "QueueStatus":
            text = self._list(ident, "QueueStatus", self.queue_entries)
        else:
            text = frame(Response="Success", ActionID=ident, Message="Done")
        writer.write(text.encode())

    @staticmethod
    def _list(ident: str, name: str, items: list[str]) -> str:
        text = frame(
            Response="Success", ActionID=ident, EventList="start", Message=f"{name} will follow"
        )
        text += "".join(item.replace("@ID@", ident) for item in items)
        return text + frame(
            Event=f"{name}Complete",
            ActionID=ident,
            EventList="Complete",
            ListItems=str(len(items)),
        )


def frame(headers: Headers | None = None, **more: str) -> str:
    lines = [f"{name}: {value}\r\n" for name, value in ((headers or {}) | more).items()]
    return "".join(lines) + "\r\n"


@asynccontextmanager
async def fake_asterisk() -> AsyncIterator[FakeAsterisk]:
    server = FakeAsterisk()
    await server.listen()
    try:
        yield server
    finally:
        await server.close()
