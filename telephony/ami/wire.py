"""panoramisk's connection with its faults corrected; everything panoramisk stays in here.

Corrected: characters torn by segment edges, unbounded frames, handlers started without order,
actions kept and sent again after a reconnect, reconnecting on its own, pings without a deadline.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

import structlog
from panoramisk.ami_protocol import AMIProtocol
from panoramisk.manager import Manager

from telephony.ami.errors import AmiDown, FrameTooLong
from telephony.ami.framing import FrameSplitter, parse_frame
from telephony.ami.message import AmiMessage, AmiResponse
from telephony.ami.pending import PendingAction
from telephony.ami.values import FieldValue

log = structlog.get_logger(__name__)


class _Protocol(AMIProtocol):  # type: ignore[misc]  # panoramisk is untyped
    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self.splitter = FrameSplitter()
        self.malformed = 0
        self.on_event: Callable[[AmiMessage], None] | None = None
        self.lost = asyncio.get_running_loop().create_future()

    def send(self, data: Any, as_list: bool | None = None) -> asyncio.Future[AmiResponse]:
        action = data if isinstance(data, PendingAction) else PendingAction(dict(data))
        if self.closed:
            action.future.set_exception(AmiDown("the connection to Asterisk is closed"))
        else:
            self.responses[action.id] = action
            self.transport.write(action.wire())
        future: asyncio.Future[AmiResponse] = action.future
        return future

    def forget(self, action: PendingAction) -> None:
        self.responses.pop(action.id, None)

    def data_received(self, data: bytes) -> None:
        try:
            frames = self.splitter.push(data)
        except FrameTooLong as error:
            log.warning("ami.frame_too_long", detail=str(error), action="reconnecting")
            self.transport.abort()
            return
        for frame in frames:
            message, malformed = parse_frame(frame)
            if malformed or message is None:
                self._note_malformed(frame, max(malformed, 1))
            if message is not None:
                self.handle_message(message)

    def _note_malformed(self, frame: bytes, lines: int) -> None:
        before, self.malformed = self.malformed, self.malformed + lines
        if before == 0 or before // 1000 != self.malformed // 1000:
            log.warning("ami.malformed_lines", total=self.malformed, sample=repr(frame[:120]))

    def handle_message(self, message: AmiMessage) -> None:
        pending = self.responses.get(message.action_id)
        if pending is not None and pending.add_message(message):
            self.forget(pending)
        # What belongs to an asked-for list is not news; an OriginateResponse is.
        in_list = pending is not None and message.event.lower() != "originateresponse"
        if message.event and not in_list and self.on_event is not None:
            self.on_event(message)

    def connection_lost(self, exc: Exception | None) -> None:
        self.closed = True
        for pending in list(self.responses.values()):
            if not pending.future.done():
                words = "the connection was lost before Asterisk answered"
                pending.future.set_exception(AmiDown(words))
                # Nobody may be waiting any more; that is no news to the event loop.
                pending.future.exception()
        self.responses.clear()
        if not self.lost.done():
            self.lost.set_result(None)

    def close(self) -> None:
        # A frozen peer would never take the rest of the buffer: abort, not close.
        self.closed = True
        self.transport.abort()


class _Manager(Manager):  # type: ignore[misc]  # panoramisk is untyped
    def connection_made(self, f: asyncio.Future[Any]) -> None:
        # The stock one schedules a reconnect; whoever awaits the connection decides here.
        if not f.cancelled() and f.exception() is None:
            super().connection_made(f)

    def login(self, future: asyncio.Future[Any]) -> None:
        """The caller awaits the answer itself; a refusal is an exception there."""
        if not future.cancelled():
            future.exception()

    def ping(self) -> None:
        """The link has its own, with a deadline."""


class Wire:
    """One connection, from TCP to the end; never reused."""

    def __init__(self, manager: Any, on_event: Callable[[AmiMessage], None]) -> None:
        self._manager = manager
        self._protocol = manager.protocol
        self._protocol.on_event = on_event

    @classmethod
    async def open(
        cls,
        host: str,
        port: int,
        user: str,
        password: str,
        *,
        on_event: Callable[[AmiMessage], None],
        timeout_s: float,
    ) -> Wire:
        """Connect and send the login; :meth:`logged_in` awaits its answer.

        Raises:
            OSError: nobody listens there.
            TimeoutError: no connection in time.
        """
        manager = _Manager(
            host=host,
            port=port,
            username=user,
            secret=password,
            protocol_factory=_Protocol,
            loop=asyncio.get_running_loop(),
        )
        # The manager's own callback on this task was added first, so it has run by now.
        await asyncio.wait_for(manager.connect(), timeout_s)
        return cls(manager, on_event)

    async def logged_in(self, timeout_s: float) -> AmiResponse:
        """The answer to the login.

        Raises:
            AmiRefused, AmiDown: as for any action.
            TimeoutError: no answer in time.
        """
        answer: AmiResponse = await asyncio.wait_for(self._manager.authenticated_future, timeout_s)
        return answer

    @property
    def banner(self) -> str:
        """Asterisk's greeting."""
        banner: str = self._protocol.splitter.banner
        return banner

    async def send(self, fields: Mapping[str, FieldValue], completes_on: str) -> AmiResponse:
        """Send an action, await its complete answer; forgets it when cancelled."""
        action = PendingAction(fields, completes_on)
        try:
            answer: AmiResponse = await self._manager.protocol.send(action)
            return answer
        finally:
            self._protocol.forget(action)

    async def closed(self) -> None:
        """Wait until the connection is gone."""
        await asyncio.shield(self._protocol.lost)

    def abort(self) -> None:
        """Drop the connection at once; what is pending fails."""
        self._manager.close()
