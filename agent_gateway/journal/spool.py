"""Events that wait on the disk because the database cannot take them.

One line of JSON per event: ``{"seq": …, "event": {…}}``. Files are named by their first event's
arrival, so that their alphabetical order is the order of the events.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path

import structlog

from agent_gateway.store import Entry, storable
from telephony.events import CallEvent, event_from_json, event_to_json

log = structlog.get_logger(__name__)

MAX_FILE_BYTES = 8 << 20


class Spool:
    """Append-only files in one folder. All methods block: call them in a thread, one at a time.

    Args:
        folder: made on first use.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._handle: int | None = None

    def append(self, entries: Sequence[Entry]) -> None:
        """Keep the events; they are on the disk when this returns.

        Raises:
            OSError: the disk is full or refuses; the file ends with whole lines all the same.
        """
        data = memoryview(b"".join(_line(entry) for entry in entries))
        handle = self._file(entries[0].seq)
        size = os.fstat(handle).st_size
        try:
            while data:
                data = data[os.write(handle, data) :]
            os.fsync(handle)
        except OSError:
            self._take_back(handle, size)
            raise

    def files(self) -> list[Path]:
        """What waits, oldest first."""
        return sorted(self._folder.glob("*.jsonl")) if self._folder.is_dir() else []

    def read(self, file: Path) -> tuple[list[Entry], list[bytes]]:
        """The events of one file, and the lines that are no events."""
        entries: list[Entry] = []
        damaged: list[bytes] = []
        for number, line in enumerate(file.read_bytes().splitlines(), 1):
            try:
                entries.append(_entry(line))
            except (ValueError, KeyError, TypeError) as error:
                log.warning(
                    "journal.spooled_line_damaged",
                    file=str(file),
                    line=number,
                    reason=str(error)[:200],
                )
                damaged.append(line)
        return entries, damaged

    def done(self, file: Path, damaged: Sequence[bytes]) -> None:
        """The file's events are in the database; what was no event is set aside."""
        self.close()
        for line in damaged:
            self._set_aside(line + b"\n")
        file.unlink(missing_ok=True)

    def reject(self, entry: Entry) -> None:
        """Keep, for a person to look at, an event that the database will never take."""
        self._set_aside(_line(entry))

    def _set_aside(self, line: bytes) -> None:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with (self._folder / "rejected.txt").open("ab") as file:
            file.write(line)

    def close(self) -> None:
        """The next event begins a new file."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None

    def _file(self, seq: int) -> int:
        if self._handle is not None and os.fstat(self._handle).st_size > MAX_FILE_BYTES:
            self.close()
        if self._handle is None:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            path = self._folder / f"{seq:020d}.jsonl"
            self._handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        return self._handle

    def _take_back(self, handle: int, size: int) -> None:
        """Undo half a batch, so that the next one does not follow a torn line."""
        try:
            os.ftruncate(handle, size)
        except OSError as error:
            log.warning("journal.spool_torn", reason=str(error))
            self.close()


def _line(entry: Entry) -> bytes:
    record = {"seq": entry.seq, "event": storable(event_to_json(entry.event))}
    return json.dumps(record, ensure_ascii=True, separators=(",", ":")).encode() + b"\n"


def _entry(line: bytes) -> Entry:
    record = json.loads(line)
    event = event_from_json(record["event"])
    if not isinstance(event, CallEvent):
        raise TypeError("not an event of a call")
    return Entry(int(record["seq"]), event)
