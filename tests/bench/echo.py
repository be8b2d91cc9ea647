"""The least that a message to a screen can cost: a line of JSON in, the same out by WebSocket.

A process of its own, as the service is. It takes lines over TCP and sends each to every page.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import subprocess
import sys
from collections.abc import AsyncIterator

import aiohttp
from aiohttp import web

from tests.live.harness.ports import free_ports

# About what a screen-pop weighs.
PADDING = "x" * 600
EVERY_S = 0.1


async def serve(tcp_port: int, web_port: int) -> None:
    """Run until the process is ended."""
    pages: set[web.WebSocketResponse] = set()

    async def page(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        pages.add(socket)
        async for _ in socket:
            pass
        pages.discard(socket)
        return socket

    async def lines(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            message = json.loads(line)
            for socket in pages:
                await socket.send_json(message)
        writer.close()

    app = web.Application()
    app.router.add_get("/ws", page)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", web_port).start()
    await asyncio.start_server(lines, "127.0.0.1", tcp_port)
    await asyncio.Event().wait()


@contextlib.asynccontextmanager
async def echoing(delays_s: list[float]) -> AsyncIterator[None]:
    """Within the block, send a line every 100 ms; its delay until the page is noted."""
    ports = free_ports()
    argv = [sys.executable, "-m", "tests.bench.echo", str(ports.agi), str(ports.web)]
    process = subprocess.Popen(argv, stdin=subprocess.DEVNULL)
    try:
        async with aiohttp.ClientSession() as http:
            socket = await _connected(http, ports.web)
            _, writer = await asyncio.open_connection("127.0.0.1", ports.agi)
            tasks = (
                asyncio.create_task(_send(writer)),
                asyncio.create_task(_hear(socket, delays_s)),
            )
            try:
                yield
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
                writer.close()
                await socket.close()
    finally:
        process.kill()
        process.wait()


async def _connected(http: aiohttp.ClientSession, port: int) -> aiohttp.ClientWebSocketResponse:
    async with asyncio.timeout(20):
        while True:
            with contextlib.suppress(aiohttp.ClientError):
                return await http.ws_connect(f"http://127.0.0.1:{port}/ws")
            await asyncio.sleep(0.1)


async def _send(writer: asyncio.StreamWriter) -> None:
    loop = asyncio.get_running_loop()
    while True:
        await asyncio.sleep(EVERY_S)
        line = json.dumps({"at": loop.time(), "padding": PADDING})
        writer.write(line.encode() + b"\n")


async def _hear(socket: aiohttp.ClientWebSocketResponse, delays_s: list[float]) -> None:
    loop = asyncio.get_running_loop()
    while True:
        sent_at: float = (await socket.receive_json())["at"]
        delays_s.append(loop.time() - sent_at)


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), int(sys.argv[2])))
