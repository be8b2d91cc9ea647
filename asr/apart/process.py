"""Starting the recogniser's process, and talking to it."""

from __future__ import annotations

import json
import queue
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Final

from asr.apart.wire import Answer, parsed_answer
from asr.recogniser.interface import RecogniserError

LOAD_S: Final = 120.0
"""A large model comes from a slow disk."""
END_S: Final = 5.0


class ProcessDiedError(Exception):
    """The recogniser's process ended, or did not answer in time, in the middle of its work."""


class EngineProcess:
    """One process with one loaded model. Methods block; ``ask`` may come from any thread."""

    def __init__(self, engine: str, model: Path, *, connections: int, niceness: int) -> None:
        """Start it and wait until its model is loaded.

        Args:
            engine: ``vosk``, ``whisper`` or ``sherpa``.
            model: folder of its model.
            connections: how many requests may be worked on at the same time.
            niceness: how much lower its priority is than this process's.

        Raises:
            RecogniserError: the model cannot be loaded; the message says why.
            OSError: no process can be started.
        """
        pairs = [socket.socketpair() for _ in range(connections)]
        theirs = [child.fileno() for _, child in pairs]
        self._connections: queue.SimpleQueue[Connection] = queue.SimpleQueue()
        self._all = [Connection(parent.detach()) for parent, _ in pairs]
        try:
            self._process = subprocess.Popen(  # noqa: S603 - our own program
                [
                    sys.executable,
                    "-m",
                    "asr.apart",
                    json.dumps({"engine": engine, "model": str(model), "niceness": niceness}),
                    *map(str, theirs),
                ],
                stdin=subprocess.DEVNULL,
                pass_fds=theirs,
            )
        except OSError:
            self._close()
            raise
        finally:
            for _, child in pairs:
                child.close()
        try:
            self.name = self._loaded()
        except BaseException:
            self.end()
            raise
        for connection in self._all:
            self._connections.put(connection)

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def _loaded(self) -> str:
        first = self._all[0]
        try:
            if not first.poll(LOAD_S):
                raise RecogniserError(f"the model was not loaded within {LOAD_S:.0f} s")
            kind, value = parsed_answer(first.recv_bytes())
        except (EOFError, OSError) as error:
            raise RecogniserError(
                f"the recogniser's process ended while it loaded the model ({self._ending()})"
            ) from error
        if kind is not Answer.HEARD:
            raise RecogniserError(str(value))
        return str(value)

    def ask(self, data: bytes, timeout_s: float) -> bytes:
        """The answer to a request.

        Raises:
            ProcessDiedError: there is none and will be none.
        """
        with self._connection() as connection:
            try:
                connection.send_bytes(data)
                if not connection.poll(timeout_s):
                    raise ProcessDiedError(f"no answer within {timeout_s:.0f} s")
                return connection.recv_bytes()
            except (EOFError, OSError) as error:
                raise ProcessDiedError(self._ending()) from error

    def end(self) -> None:
        """End the process, whatever it does."""
        self._close()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(0.5)
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait(END_S)

    def _close(self) -> None:
        for connection in self._all:
            with suppress(OSError):
                connection.close()

    @contextmanager
    def _connection(self) -> Iterator[Connection]:
        connection = self._connections.get()
        try:
            yield connection
        finally:
            self._connections.put(connection)

    def _ending(self) -> str:
        with suppress(subprocess.TimeoutExpired):
            code = self._process.wait(1.0)
            return f"killed by signal {-code}" if code < 0 else f"exit code {code}"
        return "connection lost"
