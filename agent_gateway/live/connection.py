"""One connected page: its queue of messages, and the end of a page that does not read them."""

from __future__ import annotations

import asyncio
import contextlib
import json

import structlog
from aiohttp import web
from pydantic import BaseModel

from agent_gateway.auth import Principal
from agent_gateway.privacy import masked_json

log = structlog.get_logger(__name__)

QUEUE_LIMIT = 1_000


def text_of(message: BaseModel, *, masks: bool) -> str:
    """The message as it is sent."""
    if masks:
        return json.dumps(masked_json(message.model_dump(mode="json")), ensure_ascii=False)
    return message.model_dump_json()


class Connection:
    """Messages are put without waiting; a task of its own sends them.

    Args:
        ws: prepared.
        request: the handshake; its transport is cut when the page does not keep up.
        who: whose page.
        token: the session it belongs to.
        masks: personal data is not shown in full.
    """

    def __init__(
        self,
        ws: web.WebSocketResponse,
        request: web.Request,
        who: Principal,
        token: str,
        *,
        masks: bool = False,
    ) -> None:
        self.ws = ws
        self.who = who
        self.masks = masks
        self.token = token
        self.too_slow = False
        self._request = request
        self._queue: asyncio.Queue[str] = asyncio.Queue(maxsize=QUEUE_LIMIT)

    def send(self, message: BaseModel) -> None:
        """Queue one message."""
        self.send_text(text_of(message, masks=self.masks))

    def send_text(self, text: str) -> None:
        """Queue a message that is text already (made once for many pages)."""
        if self.too_slow:
            return
        try:
            self._queue.put_nowait(text)
        except asyncio.QueueFull:
            self.too_slow = True
            log.warning("live.client_too_slow", user=self.who.username, limit=QUEUE_LIMIT)
            self.abort()

    def abort(self) -> None:
        """Cut the connection without waiting for the other side."""
        if self._request.transport is not None:
            self._request.transport.abort()

    async def run_sender(self) -> None:
        """Send what is queued until the connection ends."""
        with contextlib.suppress(ConnectionError, RuntimeError):
            while not self.ws.closed:
                await self.ws.send_str(await self._queue.get())
