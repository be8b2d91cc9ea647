"""Audio that waits for its decoder: in memory, and on disk when there is much of it."""

from __future__ import annotations

import tempfile
import threading
from collections import deque
from typing import IO, Final

import structlog

log = structlog.get_logger(__name__)

MEMORY_BYTES: Final = 1 << 20
"""65 s at 8 kHz; beyond it a stream's audio is moved to a temporary file."""
HARD_LIMIT_BYTES: Final = 64 << 20
"""Over an hour. Only reached when the disk refuses too; then the newest audio is given up."""


class PcmBacklog:
    """A first-in, first-out store of bytes between one producer and one consumer.

    ``put`` only touches memory and never waits for the disk. ``take`` and ``spill`` may read and
    write the file, so they belong in worker threads. Order: ``_head``, then the file, then
    ``_tail``.
    """

    def __init__(
        self, *, memory_bytes: int = MEMORY_BYTES, hard_limit_bytes: int = HARD_LIMIT_BYTES
    ) -> None:
        self.lost_bytes = 0
        self._memory_bytes = memory_bytes
        self._hard_limit_bytes = hard_limit_bytes
        self._memory = threading.Lock()
        self._storage = threading.Lock()
        self._head: deque[bytes] = deque()
        self._tail: deque[bytes] = deque()
        self._tail_bytes = 0
        self._waiting = 0
        self._file: IO[bytes] | None = None
        self._read_at = 0
        self._written = 0

    @property
    def waiting_bytes(self) -> int:
        """Bytes put and not taken."""
        return self._waiting

    def put(self, pcm: bytes) -> bool:
        """Append; True when ``spill`` should be called soon."""
        with self._memory:
            if self._tail_bytes + len(pcm) > self._hard_limit_bytes:
                self.lost_bytes += len(pcm)
                return True
            self._tail.append(pcm)
            self._tail_bytes += len(pcm)
            self._waiting += len(pcm)
            return self._tail_bytes > self._memory_bytes

    def take(self, limit: int) -> bytes:
        """Up to ``limit`` of the oldest bytes; empty when nothing waits.

        Raises:
            OSError: when the file cannot be read back; what it held is lost and counted, and the
                next call goes on behind it.
        """
        with self._storage:
            data = self._take(limit)
        with self._memory:
            self._waiting -= len(data)
        return data

    def spill(self) -> None:
        """Move what waits in memory to the file, if it is more than should stay there."""
        with self._storage:
            with self._memory:
                if self._tail_bytes <= self._memory_bytes:
                    return
                data = b"".join(self._tail)
                self._tail.clear()
                self._tail_bytes = 0
            try:
                self._write(data)
            except OSError as error:
                # kept in memory instead, up to the hard limit
                with self._memory:
                    self._tail.appendleft(data)
                    self._tail_bytes += len(data)
                log.warning("asr.spill_failed", reason=str(error), waiting=len(data))

    def close(self) -> None:
        """Drop everything, the file included."""
        with self._storage, self._memory:
            self._head.clear()
            self._tail.clear()
            self._tail_bytes = self._waiting = 0
            self._drop_file()

    def _take(self, limit: int) -> bytes:
        if not self._head and self._read_at < self._written:
            return self._read(limit)
        if not self._head:
            with self._memory:
                self._head, self._tail = self._tail, self._head
                self._tail_bytes = 0
        taken: list[bytes] = []
        while self._head and limit > 0:
            piece = self._head.popleft()
            if len(piece) > limit:
                self._head.appendleft(piece[limit:])
                piece = piece[:limit]
            taken.append(piece)
            limit -= len(piece)
        return b"".join(taken)

    def _write(self, data: bytes) -> None:
        if self._file is None:
            self._file = tempfile.TemporaryFile(prefix="hotline-asr-", buffering=0)  # noqa: SIM115
            self._read_at = self._written = 0
        self._file.seek(self._written)
        view = memoryview(data)
        while view:
            view = view[self._file.write(view) :]
        self._written += len(data)

    def _read(self, limit: int) -> bytes:
        assert self._file is not None
        left = self._written - self._read_at
        try:
            self._file.seek(self._read_at)
            data = self._file.read(min(limit, left))
        except OSError:
            self._give_up_file(left)
            raise
        if not data:
            self._give_up_file(left)
            raise OSError("the temporary file is shorter than what was written to it")
        self._read_at += len(data)
        if self._read_at == self._written:
            self._drop_file()
        return data

    def _give_up_file(self, left: int) -> None:
        with self._memory:
            self._waiting -= left
            self.lost_bytes += left
        self._drop_file()

    def _drop_file(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None
        self._read_at = self._written = 0
