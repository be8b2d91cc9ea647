"""pyst2's manager with its faults corrected; everything pyst2 stays in here.

Corrected: names Python has deprecated (they are errors where warnings are), a header
``ChanVariable`` that ends the reading thread (``dict.has_key`` is gone), printing to the terminal.
"""

from __future__ import annotations

import contextlib
import threading
import warnings
from collections.abc import Iterator
from typing import Any


@contextlib.contextmanager
def old_ways() -> Iterator[None]:
    """pyst2 calls ``setDaemon`` when it makes and starts its threads."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        yield


with old_ways():
    from asterisk.manager import Event, Manager, ManagerMsg


class _Flag(threading.Event):
    def isSet(self) -> bool:  # noqa: N802  - the name pyst2 calls
        return self.is_set()


class _Message(ManagerMsg):  # type: ignore[misc]  # pyst2 is untyped
    def parse(self, response: list[str]) -> None:
        body: list[str] = []
        for line in response:
            name, colon, value = line.partition(":")
            if body or not line.endswith("\r\n") or not colon:
                body.append(line)
            else:
                self.headers.setdefault(name.strip(), value.strip())
        self.data = "".join(body)


class QuietManager(Manager):  # type: ignore[misc]  # pyst2 is untyped
    """pyst2's Manager for :class:`telephony.ami.observer.AmiObserver`."""

    def __init__(self) -> None:
        with old_ways():
            super().__init__()
        self._connected = _Flag()
        self._running = _Flag()
        self._reader = threading.Thread(target=self._receive_data, name="pyst2-reader", daemon=True)

    def message_loop(self) -> None:
        """Hand events and responses to their queues, until the connection ends."""
        self._reader.start()
        while self._running.is_set():
            data: Any = self._message_queue.get()
            if not data:
                self._event_queue.put(None)
                for _ in self._reswaiting:
                    self._response_queue.put(None)
                return
            message = _Message(data)
            if message.has_header("Event"):
                self._event_queue.put(Event(message))
            else:
                self._response_queue.put(message)

    def threads(self) -> list[threading.Thread]:
        """The three threads of a connection."""
        return [self.message_thread, self.event_dispatch_thread, self._reader]
