"""The FastAGI server: listens, limits, hands each session to its handler."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

import structlog

from ivr.fastagi.errors import AgiError, CallerGone
from ivr.fastagi.library import LINE_BYTES, CheckedApplication, CheckedRequest, require_async
from ivr.fastagi.session import AgiSession

log = structlog.get_logger(__name__)

Handler = Callable[[AgiSession], Awaitable[None]]
MAX_SESSIONS = 1000


class AgiServer:
    """Answers ``agi://host:port/<script>``.

    A handler that fails, ends or is cancelled closes its connection, and Asterisk's dialplan goes
    on with the call. A connection beyond ``max_sessions`` is closed at once, with the same effect.
    """

    def __init__(self, host: str, port: int, *, max_sessions: int = MAX_SESSIONS) -> None:
        self._host = host
        self._port = port
        self._max_sessions = max_sessions
        self._handlers: dict[str, Handler] = {}
        self._sessions: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self._application: CheckedApplication | None = None

    @property
    def sessions(self) -> int:
        """How many connections are open."""
        return len(self._sessions)

    @property
    def listening(self) -> bool:
        """Whether calls are taken."""
        return self._server is not None and self._server.is_serving()

    def route(self, script: str, handler: Handler) -> None:
        """Hand sessions of ``agi://…/<script>`` to ``handler``; before :meth:`start`.

        Raises:
            TypeError: when the handler is not async.
            ValueError: when the script has a handler.
        """
        require_async(handler, script)
        if script in self._handlers:
            raise ValueError(f"{script!r} has a handler already")
        self._handlers[script] = handler

    async def start(self) -> int:
        """Listen; returns the port, which the system chose if 0 was asked for.

        Raises:
            OSError: when the address cannot be listened on.
        """
        application = CheckedApplication(loop=asyncio.get_running_loop())
        for script, handler in self._handlers.items():
            application.add_route(script, _session_route(handler))
        self._application = application
        self._server = await asyncio.start_server(
            self._accept, self._host, self._port, limit=LINE_BYTES
        )
        port: int = self._server.sockets[0].getsockname()[1]
        log.info("agi.listening", host=self._host, port=port, scripts=list(self._handlers))
        return port

    async def stop(self) -> None:
        """Stop listening and end all sessions; the calls go on by the dialplan."""
        if self._server is None:
            return
        self._server.close()
        for task in list(self._sessions):
            task.cancel()
        await asyncio.gather(*self._sessions, return_exceptions=True)
        await self._server.wait_closed()
        self._server = None

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(self._sessions) >= self._max_sessions:
            log.error("agi.too_many_sessions", limit=self._max_sessions)
            writer.transport.abort()
            return
        assert self._application is not None
        task = asyncio.create_task(self._application.handler(reader, writer), name="agi-session")
        self._sessions.add(task)
        task.add_done_callback(self._sessions.discard)


def _session_route(handler: Handler) -> Callable[[CheckedRequest], Awaitable[None]]:
    async def run(request: CheckedRequest) -> None:
        session = AgiSession(request)
        started = time.monotonic()
        session.log.info("agi.session_started", channel=session.channel, caller=session.caller)
        outcome = "done"
        try:
            await handler(session)
        except CallerGone as error:
            outcome = f"ended by Asterisk: {error}"
        except AgiError as error:
            outcome = f"protocol error: {error}"
            session.log.warning("agi.protocol_error", reason=str(error))
        except Exception:
            outcome = "handler failed"
            session.log.exception("agi.handler_failed")
        finally:
            elapsed_ms = round((time.monotonic() - started) * 1000)
            session.log.info("agi.session_ended", outcome=outcome, elapsed_ms=elapsed_ms)

    return run
