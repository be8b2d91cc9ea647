"""A way over TCP that can be cut."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Self

LOOPBACK = "127.0.0.1"


class Relay:
    """Passes connections on to another port of the loopback. Use as ``async with``.

    Args:
        port: where it listens.
        target: where to.
    """

    def __init__(self, port: int, target: int) -> None:
        self._port = port
        self._target = target
        self._works = True
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._pass_on, LOOPBACK, self._port)
        return self

    async def __aexit__(self, *failure: object) -> None:
        assert self._server is not None
        self._server.close()
        self.cut()

    def cut(self) -> None:
        """End all connections, and take no new ones."""
        self._works = False
        for writer in self._writers:
            writer.transport.abort()

    def mend(self) -> None:
        """Take connections again."""
        self._works = True

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not self._works:
            writer.transport.abort()
            return
        there, back = await asyncio.open_connection(LOOPBACK, self._target)
        self._writers |= {writer, back}
        try:
            await asyncio.gather(_copy(reader, back), _copy(there, writer))
        finally:
            self._writers -= {writer, back}


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    writer.close()
