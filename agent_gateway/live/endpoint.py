"""The WebSocket ``/ws``: handshake, login, commands, and the patience with wrong messages."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import structlog
from aiohttp import WSMsgType, web
from pydantic import ValidationError
from sqlalchemy.exc import SQLAlchemyError

from agent_gateway.agents.commands import change_state
from agent_gateway.auth import Principal
from agent_gateway.http.access import check_origin, token_of
from agent_gateway.http.context import GatewayContext
from agent_gateway.http.errors import ApiError, unavailable
from agent_gateway.live.connection import Connection
from agent_gateway.live.messages import (
    COMMANDS,
    AgentStateMessage,
    AuthCommand,
    Command,
    Done,
    ErrorMessage,
    Hello,
    PingCommand,
    Pong,
    Snapshot,
    StateCommand,
    TicketCommand,
    UnmaskCommand,
)
from agent_gateway.privacy import UNMASK_ACTION
from agent_gateway.tickets.editing import edit_ticket, edit_ticket_of_call
from agent_gateway.tickets.views import TicketView

log = structlog.get_logger(__name__)

PROTOCOL = "hotline"
TOKEN_PREFIX = "hotline.token."  # noqa: S105 - the name of a field, not a secret
MAX_MESSAGE_BYTES = 64 << 10
HEARTBEAT_S = 20.0
AUTH_TIMEOUT_S = 10.0
RECHECK_S = 60.0
# The screen shows an answer some time before the database has it.
KEPT_WITHIN_S = 5.0
_LOOK_EVERY_S = 0.05
MAX_CONNECTIONS = 2_000
NOT_LOGGED_IN = 4401
# After this many faults of one connection only every hundredth is logged.
_LOGGED_FAULTS = 5


def live_handler(
    context: GatewayContext,
) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """The handler of ``GET /ws``."""

    async def handle(request: web.Request) -> web.StreamResponse:
        token, by_cookie = _token(request)
        check_origin(request, by_cookie=by_cookie, upgrade=True)
        if len(context.live.connections) >= MAX_CONNECTIONS:
            raise ApiError(503, "full", "连接数已满", "too many connections")
        ws = web.WebSocketResponse(
            protocols=(PROTOCOL,),
            heartbeat=HEARTBEAT_S,
            max_msg_size=MAX_MESSAGE_BYTES,
            compress=False,
        )
        await ws.prepare(request)
        try:
            token = token or await _first_message(ws)
            who = await context.auth.principal(token)
        except (SQLAlchemyError, OSError):
            await ws.close(code=1013, message=b"database not available")
            return ws
        if who is None:
            log.warning("live.not_logged_in", ip=request.remote)
            await ws.close(code=NOT_LOGGED_IN, message=b"not logged in")
            return ws
        masks = who.role in context.settings.privacy.masked_roles
        await _Page(context, Connection(ws, request, who, token, masks=masks)).serve()
        return ws

    return handle


def _token(request: web.Request) -> tuple[str, bool]:
    for one in request.headers.get("Sec-WebSocket-Protocol", "").split(","):
        if one.strip().startswith(TOKEN_PREFIX):
            return one.strip().removeprefix(TOKEN_PREFIX), False
    return token_of(request)


async def _first_message(ws: web.WebSocketResponse) -> str:
    """The token of a client which sends it as its first message; "" when it does not."""
    try:
        async with asyncio.timeout(AUTH_TIMEOUT_S):
            message = await ws.receive()
    except TimeoutError:
        return ""
    if message.type is not WSMsgType.TEXT:
        return ""
    try:
        return AuthCommand.model_validate_json(message.data).token
    except ValidationError:
        return ""


class _Page:
    """One logged-in page."""

    def __init__(self, context: GatewayContext, connection: Connection) -> None:
        self._context = context
        self._connection = connection
        self._who: Principal = connection.who
        self._faults = 0

    async def serve(self) -> None:
        live, connection = self._context.live, self._connection
        log.info("live.connected", user=self._who.username)
        self._greet()
        live.connections.add(connection)
        tasks = [
            asyncio.create_task(connection.run_sender()),
            asyncio.create_task(self._recheck()),
        ]
        try:
            async for message in connection.ws:
                if message.type is WSMsgType.TEXT:
                    await self._receive(message.data)
                elif message.type is WSMsgType.BINARY:
                    self._fault(None, "not_text", "消息必须是 JSON 文本", "messages are JSON text")
                elif message.type is WSMsgType.ERROR:
                    # too big, or no WebSocket frame at all: aiohttp has ended the connection
                    log.warning(
                        "live.connection_refused", user=self._who.username, reason=str(message.data)
                    )
        finally:
            live.connections.discard(connection)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            log.info("live.disconnected", user=self._who.username, code=connection.ws.close_code)

    def _greet(self) -> None:
        who, live = self._who, self._context.live
        self._connection.send(
            Hello(
                username=who.username,
                display_name=who.display_name,
                role=who.role,
                extension=who.extension,
                masked=self._connection.masks,
                server_time=datetime.now(UTC),
            )
        )
        agent = None
        if who.extension:
            now = self._context.desk.snapshot(who.extension)
            agent = AgentStateMessage(
                extension=now.extension,
                state=now.state,
                reason=now.reason,
                call_id=now.call_id,
                at=now.since,
            )
        calls = live.board.concerning(None if who.sees_all else who.extension)
        self._connection.send(
            Snapshot(
                agent=agent,
                calls=[call.pop(live.line_names, hints=who.sees_all) for call in calls],
                pinned=self._context.pinned.views,
            )
        )

    async def _receive(self, text: str) -> None:
        try:
            command = COMMANDS.validate_json(text)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            where = ".".join(str(part) for part in first["loc"])
            reason = f"{where}: {first['msg']}" if where else first["msg"]
            self._fault(None, "invalid", "消息格式有误", reason[:300])
            return
        try:
            await self._obey(command)
        except ApiError as error:
            body = error.body
            self._fault(command.id, body.code, body.message, body.message_en)
        except (SQLAlchemyError, OSError) as error:
            log.warning("live.command_failed", command=command.type, reason=str(error)[:300])
            body = unavailable().body
            self._fault(command.id, body.code, body.message, body.message_en)
        except Exception:
            log.exception("live.command_failed", command=command.type)
            self._fault(command.id, "internal", "服务内部错误，已记录", "an internal error")

    async def _obey(self, command: Command) -> None:
        match command:
            case PingCommand():
                self._connection.send(Pong(id=command.id))
                return
            case StateCommand():
                await change_state(
                    self._context.desk,
                    self._who.extension,
                    command.state,
                    command.reason,
                    self._context.settings.agents.break_reasons,
                )
            case TicketCommand():
                await self._edit(command)
            case UnmaskCommand():
                if self._connection.masks:
                    await self._context.store.audit.add(
                        self._who.username, UNMASK_ACTION, "/ws", detail=command.reason
                    )
                    self._connection.masks = False
                    self._greet()
        self._connection.send(Done(id=command.id))

    async def _edit(self, command: TicketCommand) -> None:
        context = self._context
        if command.ticket:
            ticket = await edit_ticket(context.store, self._who, command.ticket, command.fields)
        else:
            await self._answer_kept(command.call_id)
            ticket = await edit_ticket_of_call(
                context.store,
                self._who,
                command.call_id,
                command.fields,
                context.settings.city.zone,
            )
        await context.store.audit.add(
            self._who.username, "ticket.edit", ticket.number, detail=" ".join(command.fields)
        )
        context.live.ticket_changed(TicketView.of(ticket))

    async def _answer_kept(self, call_id: str) -> None:
        """Wait until the database knows what the screen does: that this agent has the call.

        Raises:
            ApiError: the database is too far behind.
            SQLAlchemyError: it does not answer.
        """
        call, extension = self._context.live.board.get(call_id), self._who.extension
        if call is None or extension not in call.agents:
            return
        try:
            async with asyncio.timeout(KEPT_WITHIN_S):
                while extension not in await self._context.store.calls.agents(call_id):  # noqa: ASYNC110 - no event
                    await asyncio.sleep(_LOOK_EVERY_S)
        except TimeoutError as error:
            raise unavailable() from error

    def _fault(self, command_id: str | None, code: str, message: str, message_en: str) -> None:
        self._faults += 1
        if self._faults <= _LOGGED_FAULTS or self._faults % 100 == 0:
            log.warning(
                "live.message_refused",
                user=self._who.username,
                code=code,
                reason=message_en,
                faults=self._faults,
            )
        self._connection.send(
            ErrorMessage(id=command_id, code=code, message=message, message_en=message_en)
        )

    async def _recheck(self) -> None:
        """End the page when its session has ended (logged out elsewhere, expired, closed)."""
        while True:
            await asyncio.sleep(RECHECK_S)
            try:
                who = await self._context.auth.principal(self._connection.token)
            except (SQLAlchemyError, OSError):
                # the screen must go on while the database is away
                continue
            if who is None or who != self._who:
                with contextlib.suppress(ConnectionError, RuntimeError):
                    await self._connection.ws.close(code=NOT_LOGGED_IN, message=b"session ended")
                return
