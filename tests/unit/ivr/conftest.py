"""A running FastAGI server for one test."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from ivr.fastagi import AgiServer, Handler

Serve = Callable[[str, Handler], Awaitable[int]]


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    """Start a server with one route; returns its port."""
    servers: list[AgiServer] = []

    async def start(script: str, handler: Handler) -> int:
        server = AgiServer("127.0.0.1", 0)
        server.route(script, handler)
        servers.append(server)
        return await server.start()

    yield start
    for server in servers:
        await server.stop()
