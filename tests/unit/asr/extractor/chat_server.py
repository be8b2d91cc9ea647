"""A server that speaks chat completions, well or badly."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Any, Self

from aiohttp import web

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


def completion(content: Any) -> web.Response:
    """A chat completion whose message has this content."""
    return web.json_response(
        {"choices": [{"index": 0, "message": {"role": "assistant", "content": content}}]}
    )


def fields(**values: dict[str, str]) -> str:
    """What a model says that keeps to the form."""
    return json.dumps({"fields": values}, ensure_ascii=False)


class ChatServer:
    """Use as ``async with``; by default the model finds nothing.

    Attributes:
        asked: the questions' bodies in their order.
        keys: their Authorization headers.
        paths: where they were sent.
        answer: makes the answers from now on.
    """

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.keys: list[str] = []
        self.paths: list[str] = []
        self.answer: Answer = self.nothing
        self.url = ""
        self._leaving = asyncio.Event()

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_post("/v1/chat/completions", self._asked)
        app.router.add_post("/elsewhere", self._asked)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        self.url = f"http://{host}:{port}/v1"
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._leaving.set()
        await self._runner.cleanup()

    async def nothing(self, _request: web.Request) -> web.StreamResponse:
        """No field."""
        return completion(fields())

    def says(self, content: Any) -> None:
        """Answer all questions with this content."""

        async def answer(_request: web.Request) -> web.StreamResponse:
            return completion(content)

        self.answer = answer

    async def never(self, _request: web.Request) -> web.StreamResponse:
        """Take the question and say nothing."""
        await self._leaving.wait()
        return web.Response(status=503)

    async def _asked(self, request: web.Request) -> web.StreamResponse:
        self.paths.append(request.path)
        self.asked.append(await request.json())
        self.keys.append(request.headers.get("Authorization", ""))
        return await self.answer(request)
