"""Remote control of the telephones' Asterisk: the little of AMI that they need.

The telephones keep their own eyes and hands: a fault in the service's AMI link must not be able to
hide itself from the calls that test it.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections.abc import Callable, Mapping
from typing import Self

import structlog

log = structlog.get_logger(__name__)

ANSWER_DEADLINE_S = 10.0
_LIMIT = 1 << 20  # bytes a line

Message = dict[str, str]
LOST: Message = {"Event": "ConnectionLost"}
Listener = Callable[[Message], None]
_GONE = "the telephones' Asterisk is gone"


class PhoneError(Exception):
    """The telephone cannot do what was asked; the message says why."""


class Control:
    """One logged-in AMI connection; use :meth:`connect`.

    Args:
        reader: of the connection.
        writer: of the connection.
        listener: called with every event, in order, on the event loop; when the connection is lost
            the last event is :data:`LOST`.
    """

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, listener: Listener
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._listener = listener
        self._numbers = itertools.count(1)
        self._waiting: dict[str, asyncio.Future[Message]] = {}
        self._booted = asyncio.Event()
        self._task = asyncio.create_task(self._read())

    @classmethod
    async def connect(
        cls, host: str, port: int, user: str, secret: str, listener: Listener
    ) -> Self:
        """Connect and log in; return when Asterisk is fully booted.

        Raises:
            OSError: nobody listens there (yet).
            PhoneError: the login was refused.
        """
        reader, writer = await asyncio.open_connection(host, port, limit=_LIMIT)
        control = cls(reader, writer, listener)
        try:
            await control.send("Login", {"Username": user, "Secret": secret})
            async with asyncio.timeout(ANSWER_DEADLINE_S):
                await control._booted.wait()
        except BaseException:
            await control.close()
            raise
        return control

    async def send(
        self,
        action: str,
        fields: Mapping[str, str] | None = None,
        variables: Mapping[str, str] | None = None,
    ) -> Message:
        """Send an action and return the answer.

        Args:
            action: name of the action.
            fields: its headers.
            variables: channel variables to set, each in a ``Variable`` header of its own.

        Raises:
            PhoneError: Asterisk refuses, does not answer, or is gone.
            ValueError: a value has a line break in it.
        """
        number = str(next(self._numbers))
        headers = [("Action", action), ("ActionID", number), *(fields or {}).items()]
        headers += [("Variable", f"{name}={value}") for name, value in (variables or {}).items()]
        for name, value in headers:
            if any(sign in name + value for sign in "\r\n\0"):
                raise ValueError(f"{name} has a line break or a zero in it")
        if self._task.done():
            raise PhoneError(_GONE)
        answer: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        self._waiting[number] = answer
        try:
            text = "".join(f"{name}: {value}\r\n" for name, value in headers)
            self._writer.write(f"{text}\r\n".encode())
            async with asyncio.timeout(ANSWER_DEADLINE_S):
                message = await answer
        except TimeoutError as error:
            raise PhoneError(f"{action}: the telephones' Asterisk does not answer") from error
        finally:
            del self._waiting[number]
        if message.get("Response") not in ("Success", "Goodbye"):
            raise PhoneError(f"{action}: {message.get('Message', 'refused')}")
        return message

    async def close(self) -> None:
        """Close the connection."""
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task
        self._writer.close()
        with contextlib.suppress(OSError):
            await self._writer.wait_closed()

    async def _read(self) -> None:
        try:
            await self._reader.readline()  # Asterisk's greeting
            while message := await self._message():
                self._take(message)
        except (OSError, ValueError) as error:
            log.warning("testphone.control_lost", reason=str(error))
        # not reached when it is closed on purpose
        for answer in self._waiting.values():
            if not answer.done():
                answer.set_exception(PhoneError(_GONE))
        self._listener(LOST)

    async def _message(self) -> Message:
        message: Message = {}
        while line := await self._reader.readline():
            text = line.decode("utf-8", "replace").rstrip("\r\n")
            if not text and message:
                return message
            name, _, value = text.partition(":")
            message[name] = value.strip()
        return {}

    def _take(self, message: Message) -> None:
        if message.get("Event") == "FullyBooted":
            self._booted.set()
        elif "Event" in message:
            self._listener(message)
        elif (answer := self._waiting.get(message.get("ActionID", ""))) and not answer.done():
            answer.set_result(message)
