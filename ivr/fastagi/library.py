"""panoramisk's FastAGI with its faults corrected; the only module that knows the library.

Corrected: a connection closed before its headers were complete froze the whole event loop; header
blocks had no limit in size or time; a HANGUP line was taken for the answer to the next command and
shifted all later ones; a usage error of several lines did the same; a value such as ``hangup`` in
parentheses counted as the caller hanging up; an answer was awaited for ever; routes that are not
coroutine functions broke; the handler swallowed cancellation.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from panoramisk.fast_agi import Application, Request

from ivr.fastagi.errors import AgiError, AgiProtocolError, AgiRefused, CallerGone
from ivr.fastagi.wire import (
    HANGUP_LINE,
    USAGE_LINE_LIMIT,
    Reply,
    is_usage_end,
    is_usage_start,
    parse_reply,
)

log = structlog.get_logger(__name__)

HEADER_SECONDS = 5.0
# StreamReader's limit: longer headers or a longer line are not Asterisk's.
LINE_BYTES = 16 * 1024


class CheckedRequest(Request):  # type: ignore[misc]  # panoramisk has no types
    """One session's command channel: answers stay in step with commands or the session ends."""

    headers: dict[str, str]
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._turn = asyncio.Lock()
        self._ended: AgiError | None = None

    async def send_command(self, command: bytes, limit_s: float) -> Reply:
        """Send one command and take its answer.

        Args:
            command: a whole line, as ``wire.command_line`` makes it.
            limit_s: seconds until the answer must be here.

        Raises:
            CallerGone: the session was ended by Asterisk; so will all further commands.
            AgiRefused: this command was refused; the next may be sent.
            AgiProtocolError: no answer, or not one; all further commands raise the same.
        """
        async with self._turn:
            if self._ended is not None:
                raise self._ended
            # If this is cancelled half-way, the answer would be taken for the next command's.
            self._ended = AgiProtocolError("an earlier AGI command was given up")
            try:
                async with asyncio.timeout(limit_s):
                    self.writer.write(command)
                    await self.writer.drain()
                    reply = await self._read_result()
            except TimeoutError as error:
                self._ended = AgiProtocolError(f"no answer to an AGI command in {limit_s:g} s")
                raise self._ended from error
            except OSError as error:
                self._ended = CallerGone("the AGI connection broke")
                raise self._ended from error
            except AgiError as error:
                self._ended = None if isinstance(error, AgiRefused) else error
                raise
            self._ended = None
            return reply

    def give_up(self, reason: AgiError) -> None:
        """Let every further command raise this."""
        self._ended = reason

    async def _read_result(self) -> Reply:
        while True:
            line = await self._line()
            if is_usage_start(line):
                for _ in range(USAGE_LINE_LIMIT):
                    if is_usage_end(await self._line()):
                        raise AgiRefused("Asterisk did not accept the command's arguments (520)")
                raise AgiProtocolError("a usage message without an end")
            reply = parse_reply(line)
            if reply.code == 511:
                raise CallerGone("the channel is gone (511)")
            if reply.code not in (100, 200):
                raise AgiRefused(f"{reply.code} {(reply.data or '')[:80]}")
            if reply.code == 200:
                return reply

    async def _line(self) -> str:
        try:
            raw = await self.reader.readline()
        except ValueError as error:
            raise AgiProtocolError(f"an AGI line of more than {LINE_BYTES} bytes") from error
        if not raw.endswith(b"\n"):
            raise CallerGone("Asterisk closed the AGI connection")
        line = raw.decode("utf-8", errors="replace").rstrip("\r\n")
        if line == HANGUP_LINE:
            raise CallerGone("the caller hung up")
        return line


def require_async(endpoint: object, path: str) -> None:
    """Refuse what cannot be awaited: it would run on the event loop and stop all calls.

    Raises:
        TypeError: when the endpoint is not a coroutine function or an object with an async call.
    """
    called = type(endpoint).__call__ if callable(endpoint) else None
    if not (inspect.iscoroutinefunction(endpoint) or inspect.iscoroutinefunction(called)):
        raise TypeError(f"the handler of {path!r} must be async")


Route = Callable[[CheckedRequest], Awaitable[None]]


class CheckedApplication(Application):  # type: ignore[misc]  # panoramisk has no types
    """The table of routes and the reading of a session's beginning."""

    def add_route(self, path: str, endpoint: Route) -> None:
        """Answer ``agi://…/path``.

        Raises:
            TypeError: when the endpoint is not a coroutine function.
            ValueError: when the path has a route.
        """
        require_async(endpoint, path)

        async def run(request: CheckedRequest) -> None:
            await endpoint(request)

        super().add_route(path, run)

    async def handler(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection to its end and close it; raises nothing but cancellation."""
        try:
            await self._serve(reader, writer)
        except AgiError as error:
            log.warning("agi.bad_request", reason=str(error), peer=_peer(writer))
        except TimeoutError:
            log.warning("agi.bad_request", reason="headers took too long", peer=_peer(writer))
        except OSError as error:
            log.warning("agi.bad_request", reason=str(error), peer=_peer(writer))
        except Exception:
            log.exception("agi.handler_failed", peer=_peer(writer))
        finally:
            await _close(writer)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async with asyncio.timeout(HEADER_SECONDS):
            headers = await _read_headers(reader)
        script = headers.get("agi_network_script", "")
        endpoint = self._route.get(script)
        if endpoint is None:
            log.error("agi.no_route", script=script[:80], known=list(self._route))
            return
        await endpoint(
            CheckedRequest(
                app=self, headers=headers, reader=reader, writer=writer, encoding="utf-8"
            )
        )


async def _read_headers(reader: asyncio.StreamReader) -> dict[str, str]:
    try:
        block = await reader.readuntil(b"\n\n")
    except asyncio.IncompleteReadError as error:
        raise AgiProtocolError("the connection closed before the AGI headers ended") from error
    except asyncio.LimitOverrunError as error:
        raise AgiProtocolError(f"AGI headers of more than {LINE_BYTES} bytes") from error
    headers: dict[str, str] = {}
    for line in block.decode("utf-8", errors="replace").split("\n")[:-2]:
        key, separator, value = line.partition(":")
        if not separator or not key.startswith("agi_"):
            raise AgiProtocolError(f"not an AGI header: {line[:80]!r}")
        # The first one counts: a caller's name comes after what the channel is known by.
        headers.setdefault(key, value.strip())
    return headers


async def _close(writer: asyncio.StreamWriter) -> None:
    try:
        writer.close()
        if not writer.transport.get_write_buffer_size():
            return
        async with asyncio.timeout(1):
            await writer.wait_closed()
    except (OSError, TimeoutError):
        writer.transport.abort()


def _peer(writer: asyncio.StreamWriter) -> str:
    return str(writer.get_extra_info("peername"))
