"""One user's view of the hotline: REST and WebSocket."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

import aiohttp

Message = dict[str, Any]


def form(name: str, content: bytes | io.BytesIO) -> aiohttp.FormData:
    """A form with one file."""
    data = aiohttp.FormData(quote_fields=False)
    data.add_field("file", content, filename=name, content_type="application/octet-stream")
    return data


class Api:
    """A logged-in user. Use as ``async with``; ``messages`` is all that the WebSocket brought.

    Attributes:
        messages: WebSocket messages in their order, each with its arrival under ``heard_at``
            (seconds of the event loop's clock).
    """

    def __init__(self, web: str, username: str, password: str) -> None:
        self.messages: list[Message] = []
        self._web = web
        self._user = {"username": username, "password": password}
        self._http = aiohttp.ClientSession(web, cookie_jar=aiohttp.DummyCookieJar())
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._reader: asyncio.Task[None] | None = None
        self._changed = asyncio.Condition()

    async def __aenter__(self) -> Self:
        async with self._http.post("/api/login", json=self._user) as answer:
            assert answer.status == 200, await answer.text()
            token = (await answer.json())["token"]
        self._http.headers["Authorization"] = f"Bearer {token}"
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._socket is not None:
            await self._socket.close()
        if self._reader is not None:
            await self._reader
        await self._http.close()

    async def get(self, path: str) -> Any:
        """The JSON answer; the status must be 200."""
        async with self._http.get(path) as answer:
            assert answer.status == 200, f"{path}: {answer.status} {await answer.text()}"
            return await answer.json()

    async def status(self, method: str, path: str, **request: Any) -> int:
        """Only the status of an answer."""
        async with self._http.request(method, path, **request) as answer:
            return answer.status

    async def download(self, path: str, **headers: str) -> tuple[int, bytes]:
        """Status and body."""
        async with self._http.get(path, headers=headers) as answer:
            return answer.status, await answer.read()

    async def post(self, path: str, **body: Any) -> Any:
        """The JSON answer; the status must be 200."""
        async with self._http.post(path, json=body or None) as answer:
            assert answer.status == 200, f"{path}: {answer.status} {await answer.text()}"
            return await answer.json()

    def send_later(self, method: str, path: str, **body: Any) -> asyncio.Task[int]:
        """Send a request without waiting; the task ends with the answer's status."""
        return asyncio.create_task(self.status(method, path, json=body))

    async def put(self, path: str, **body: Any) -> Any:
        """The JSON answer; the status must be 200."""
        async with self._http.put(path, json=body) as answer:
            assert answer.status == 200, f"{path}: {answer.status} {await answer.text()}"
            return await answer.json()

    async def upload(self, path: str, name: str, content: bytes) -> Any:
        """Send a file; the JSON answer; the status must be 200."""
        async with self._http.post(path, data=form(name, content)) as answer:
            assert answer.status == 200, f"{path}: {answer.status} {await answer.text()}"
            return await answer.json()

    async def state(self, state: str, reason: str = "") -> Message:
        """Change the own state; the answer must be 200."""
        body = {"state": state, "reason": reason}
        async with self._http.post("/api/agent/state", json=body) as answer:
            assert answer.status == 200, await answer.text()
            said: Message = await answer.json()
            return said

    async def watch(self) -> None:
        """Open the WebSocket."""
        self._socket = await self._http.ws_connect("/ws")
        self._reader = asyncio.create_task(self._read(self._socket))
        await self.heard("snapshot")

    async def vanish(self) -> None:
        """The browser dies: its connection is gone, without a word."""
        assert self._socket is not None
        transport = self._socket.get_extra_info("socket")
        assert transport is not None
        transport.shutdown(2)

    async def send(self, text: str) -> None:
        """Send raw text over the WebSocket."""
        assert self._socket is not None
        await self._socket.send_str(text)

    async def heard(
        self,
        kind: str,
        where: Callable[[Message], bool] = lambda message: True,
        deadline_s: float = 20.0,
    ) -> Message:
        """The first message of a type for which ``where`` holds, waiting for it if need be."""

        def found() -> Message | None:
            return next((m for m in self.messages if m["type"] == kind and where(m)), None)

        try:
            async with asyncio.timeout(deadline_s), self._changed:
                await self._changed.wait_for(lambda: found() is not None)
        except TimeoutError as error:
            kinds = [message["type"] for message in self.messages]
            raise AssertionError(
                f"no {kind} within {deadline_s:g} s; there were {kinds}"
            ) from error
        message = found()
        assert message is not None
        return message

    async def _read(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        async for frame in socket:
            if frame.type is aiohttp.WSMsgType.TEXT:
                message = json.loads(frame.data)
                message["heard_at"] = asyncio.get_running_loop().time()
                async with self._changed:
                    self.messages.append(message)
                    self._changed.notify_all()
