"""A second, independent pair of eyes on Asterisk: blocking, through pyst2.

For checks by hand and tests; the service itself uses :class:`telephony.ami.link.AmiLink`.
"""

from __future__ import annotations

import contextlib
import queue
import socket
import threading
from types import TracebackType
from typing import Any, Self

from telephony.ami.actions import AmiAction, bridge_list, core_show_channels, ping, queue_status
from telephony.ami.errors import AmiDown, AmiError, AmiLoginRefused, AmiTimeout
from telephony.ami.pyst import QuietManager, old_ways
from telephony.ami.values import checked_fields

Row = dict[str, str]

_JOIN_S = 2.0


class AmiObserver:
    """Connects, asks, closes; every step has a time limit and no thread outlives it.

    Corrects pyst2: an action's headers leak into the next one's; values are not checked;
    connecting, logging in and answers have no time limit; lists are not collected.
    """

    def __init__(
        self, host: str, port: int, user: str, password: str, *, timeout_s: float = 5.0
    ) -> None:
        """Connect and log in.

        Raises:
            AmiDown: nobody there, or not a manager interface.
            AmiTimeout: no answer in time.
            AmiLoginRefused: wrong name or secret, or this address is not permitted.
        """
        self._timeout_s = timeout_s
        self._events: queue.Queue[Row] = queue.Queue()
        self._manager: Any = QuietManager()
        self._manager.register_event("*", self._on_event)
        try:
            # pyst2 connects without a time limit: see first whether anybody is there.
            socket.create_connection((host, port), timeout_s).close()
        except TimeoutError:
            raise AmiTimeout(f"no connection to {host}:{port} within {timeout_s:g} s") from None
        except OSError as error:
            raise AmiDown(f"{host}:{port}: {error.strerror or error}") from error
        try:
            self._bounded(lambda: self._manager.connect(host, port), "connecting")
            self._log_in(user, password)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def action(self, action: AmiAction) -> Row:
        """Send an action; its response's headers (output of a command under ``output``).

        Raises:
            AmiValueError: see :func:`telephony.ami.values.checked_fields`; nothing was sent.
            AmiError: Asterisk refused.
            AmiTimeout: no answer in time.
        """
        row = self._send(dict(action.fields))
        if row.get("Response") == "Error":
            raise AmiError(f"{action.fields.get('Action')} refused: {row.get('Message', '')}")
        return row

    def rows(self, action: AmiAction) -> list[Row]:
        """Send an action that answers with a list; the events of the list, without its end.

        Raises:
            As :meth:`action`; AmiTimeout also when the list does not end in time.
        """
        while not self._events.empty():
            self._events.get_nowait()
        self.action(action)
        rows: list[Row] = []
        while True:
            try:
                row = self._events.get(timeout=self._timeout_s)
            except queue.Empty:
                raise AmiTimeout(f"the list of {action.fields['Action']} did not end") from None
            if row.get("Event") == action.completes_on:
                return rows
            if "ActionID" in row:
                rows.append(row)

    def channels(self) -> list[Row]:
        """Every channel, as CoreShowChannel shows it."""
        return self.rows(core_show_channels())

    def queue(self, name: str) -> list[Row]:
        """Parameters, members and waiting callers of a queue."""
        return self.rows(queue_status(name))

    def bridges(self) -> list[Row]:
        """Every bridge."""
        return self.rows(bridge_list())

    def ping(self) -> None:
        """Raises :class:`AmiError` unless Asterisk answers in time."""
        self.action(ping())

    def close(self) -> None:
        """Disconnect; no thread is left."""
        manager = self._manager
        manager._running.clear()
        manager._connected.clear()
        if manager._sock is not None:
            with contextlib.suppress(OSError, ValueError):
                _shut(manager._sock)
        # pyst2 waits for these; its own close would first wait for an answer to Logoff.
        for waiting in (manager._message_queue, manager._event_queue, manager._response_queue):
            waiting.put(None)
        for thread in manager.threads():
            if thread.is_alive() and thread is not threading.current_thread():
                thread.join(_JOIN_S)
        if manager._sock is not None:
            with contextlib.suppress(OSError, ValueError):
                manager._sock.close()

    def _log_in(self, user: str, password: str) -> None:
        row = self._send({"Action": "Login", "Username": user, "Secret": password, "Events": "off"})
        if row.get("Response") == "Error":
            raise AmiLoginRefused(f"authentication refused for user {user!r}: {row.get('Message')}")

    def _send(self, fields: dict[str, Any]) -> Row:
        checked_fields(fields)
        # A dictionary of our own each time: pyst2 writes into the one it is given, or, given
        # none, into one that all calls share.
        message = self._bounded(lambda: self._manager.send_action(dict(fields)), fields["Action"])
        row: Row = dict(message.headers)
        if message.data:
            row["output"] = message.data
        return row

    def _on_event(self, event: Any, _: Any) -> bool:
        self._events.put(dict(event.headers))
        return False

    def _bounded(self, call: Any, what: str) -> Any:
        """Run a blocking call of pyst2 with the time limit, in a thread that ends with it."""
        result: list[Any] = []

        def run() -> None:
            try:
                with old_ways():
                    result.append(call())
            except Exception as error:  # noqa: BLE001  - handed to the caller's thread
                result.append(error)

        thread = threading.Thread(target=run, name="ami-observer", daemon=True)
        thread.start()
        thread.join(self._timeout_s)
        if thread.is_alive():
            self.close()
            thread.join(_JOIN_S)
            raise AmiTimeout(f"Asterisk did not answer within {self._timeout_s:g} s ({what})")
        if isinstance(result[0], Exception):
            raise AmiDown(f"{what}: {result[0]}") from result[0]
        return result[0]


def _shut(sock: Any) -> None:
    """End both directions of the socket under pyst2's file object, so that its reader wakes."""
    duplicate = socket.socket(fileno=socket.dup(sock.fileno()))
    with contextlib.suppress(OSError), duplicate:
        duplicate.shutdown(socket.SHUT_RDWR)
