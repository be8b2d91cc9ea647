"""Audio that waits for its decoder: in memory, and always on disk too.

What was received is written to files of ``SEGMENT_BYTES`` each and removed when a decoder no longer
needs it, so that a service that is killed finds at its next start what it had not decoded.
"""

from __future__ import annotations

import threading
from pathlib import Path
from typing import IO, Final

import structlog

log = structlog.get_logger(__name__)

MEMORY_BYTES: Final = 1 << 18
"""16 s at 8 kHz; what waits longer is read back from the disk."""
SEGMENT_BYTES: Final = 1 << 20
"""65 s at 8 kHz."""
HARD_LIMIT_BYTES: Final = 64 << 20
"""Over an hour. Only reached when the disk refuses; then the newest audio is given up."""


class PcmBacklog:
    """A first-in, first-out store of bytes between one producer and one consumer.

    All positions count bytes from the stream's start. ``put`` only touches memory and never waits
    for the disk; ``save``, ``take``, ``release`` and ``close`` may, so they belong in worker
    threads.
    """

    def __init__(
        self,
        base: Path | None,
        *,
        memory_bytes: int = MEMORY_BYTES,
        segment_bytes: int = SEGMENT_BYTES,
        hard_limit_bytes: int = HARD_LIMIT_BYTES,
    ) -> None:
        """An empty backlog.

        Args:
            base: the files' path without its ending; None: memory only.
            memory_bytes: what stays in memory although it is on disk.
            segment_bytes: size of a file.
            hard_limit_bytes: what is kept in memory while the disk refuses.
        """
        self.lost_bytes = 0
        self._base = base
        self._memory_bytes = memory_bytes
        self._segment_bytes = segment_bytes
        self._hard_limit_bytes = hard_limit_bytes
        self._lock = threading.Lock()
        self._storage = threading.Lock()
        self._memory = bytearray()
        self._received = 0
        self._saved = 0
        self._taken = 0
        self._released = 0
        self._file: IO[bytes] | None = None
        self._refused = False
        self._closed = False

    @classmethod
    def left_behind(cls, base: Path, taken: int) -> PcmBacklog:
        """What a killed service left on the disk; blocks.

        Args:
            base: as above.
            taken: bytes that need not be decoded again.

        Raises:
            OSError: the files cannot be looked at.
        """
        backlog = cls(base)
        sizes = {int(path.suffixes[-2][1:]): path.stat().st_size for path in segments_of(base)}
        backlog._received = backlog._saved = max(
            (index * SEGMENT_BYTES + size for index, size in sizes.items()), default=0
        )
        first = min(sizes, default=0) * SEGMENT_BYTES
        backlog._taken = min(max(taken, first), backlog._received)
        backlog._released = first // SEGMENT_BYTES
        return backlog

    @property
    def waiting_bytes(self) -> int:
        """Bytes put and not taken."""
        return self._received - self._taken

    @property
    def taken_bytes(self) -> int:
        """Position up to which audio was taken."""
        return self._taken

    @property
    def unsaved_bytes(self) -> int:
        """Bytes that are in memory only."""
        return self._received - self._saved

    def put(self, pcm: bytes) -> None:
        """Append; what exceeds the hard limit is counted as lost."""
        with self._lock:
            if len(self._memory) + len(pcm) > self._hard_limit_bytes:
                self.lost_bytes += len(pcm)
                return
            self._memory += pcm
            self._received += len(pcm)

    def take(self, limit: int) -> bytes:
        """Up to ``limit`` of the oldest bytes; empty when nothing waits.

        Raises:
            OSError: what is on disk cannot be read back; it is lost and counted, and the next call
                goes on behind it.
        """
        with self._lock:
            start = self._taken
            in_memory = self._received - len(self._memory)
            if start >= in_memory:
                data = bytes(self._memory[start - in_memory : start - in_memory + limit])
                self._taken += len(data)
                if not self._refused:
                    self._trim()
                return data
        with self._storage:
            with self._lock:
                in_memory = self._received - len(self._memory)
            try:
                data = self._read(start, min(limit, in_memory - start))
            except OSError:
                with self._lock:
                    self.lost_bytes += in_memory - start
                    self._taken = in_memory
                raise
            with self._lock:
                self._taken += len(data)
            return data

    def save(self) -> None:
        """Write to disk what is in memory only; a refusing disk is logged and asked again later."""
        with self._storage:
            if self._base is None or self._closed:
                return
            with self._lock:
                unsaved = self._received - self._saved
                data = bytes(self._memory[len(self._memory) - unsaved :])
            try:
                self._write(data)
                self._refused = False
            except OSError as error:
                if not self._refused:
                    log.warning("asr.not_saved", reason=str(error), waiting=len(data))
                self._refused = True
            with self._lock:
                self._trim()

    def release(self, position: int) -> None:
        """Nobody needs what is before ``position``: whole files of it are removed."""
        with self._storage:
            while self._base is not None and (self._released + 1) * self._segment_bytes <= min(
                position, self._saved
            ):
                self._segment(self._released).unlink(missing_ok=True)
                self._released += 1

    def close(self, *, remove: bool) -> None:
        """Take no more; with ``remove`` the files go too."""
        with self._storage, self._lock:
            self._closed = True
            if self._file is not None:
                self._file.close()
                self._file = None
            if remove:
                self._memory.clear()
                self._taken = self._saved = self._received
                if self._base is not None:
                    for path in segments_of(self._base):
                        path.unlink(missing_ok=True)

    def _trim(self) -> None:
        """Forget what is on disk, or taken while there is no disk."""
        first = self._received - len(self._memory)
        if self._base is None or self._refused:
            keep_from = self._taken
        else:
            keep_from = self._taken if len(self._memory) <= self._memory_bytes else self._saved
            keep_from = min(keep_from, self._saved)
        if keep_from > first:
            del self._memory[: keep_from - first]
            self._saved = max(self._saved, keep_from)

    def _segment(self, index: int) -> Path:
        assert self._base is not None
        return self._base.with_name(f"{self._base.name}.{index:06d}.pcm")

    def _write(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            index, offset = divmod(self._saved, self._segment_bytes)
            if self._file is None or offset == 0:
                if self._file is not None:
                    self._file.close()
                    self._file = None
                path = self._segment(index)
                path.parent.mkdir(parents=True, exist_ok=True, mode=0o750)
                self._file = path.open("ab", buffering=0)
            # a write that failed in its middle, or audio skipped in memory, must not shift the rest
            self._file.truncate(offset)
            written = self._file.write(view[: self._segment_bytes - offset])
            with self._lock:
                self._saved += written
            view = view[written:]

    def _read(self, start: int, limit: int) -> bytes:
        index, offset = divmod(start, self._segment_bytes)
        with self._segment(index).open("rb") as file:
            file.seek(offset)
            data = file.read(min(limit, self._segment_bytes - offset))
        if not data:
            raise OSError("the file is shorter than what was written to it")
        return data


def segments_of(base: Path) -> list[Path]:
    """The files of one stream's audio, the oldest first."""
    return sorted(base.parent.glob(f"{base.name}.[0-9][0-9][0-9][0-9][0-9][0-9].pcm"))
