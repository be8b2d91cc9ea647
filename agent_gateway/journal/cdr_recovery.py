"""Completing the records from Asterisk's CDR file after the service was away.

Whatever is killed when, Asterisk writes a line per leg at the end of each call. Calls that are in
the file but unknown or unclosed in the store get a record marked ``recovered``.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import structlog
from sqlalchemy.exc import SQLAlchemyError

from agent_gateway.journal.cdr_lines import MAX_LINE_BYTES, CdrLine, calls_of
from agent_gateway.store import Store
from telephony.background import InBackground, Work

log = structlog.get_logger(__name__)

CDR_FILE = Path("cdr-custom") / "hotline.csv"
# The journal gets its chance first: a call that ended this recently is not lost yet.
GRACE = timedelta(seconds=30)
_CHUNK = 4 << 20


@dataclass(slots=True)
class _Place:
    """How far the file has been read; the inode tells a rotated file from a grown one."""

    inode: int = 0
    offset: int = 0


class CdrRecovery(InBackground):
    """Reads the CDR file at the start and every minute while the ``async with`` block lasts.

    Args:
        store: whose records are completed.
        cdr_file: ``data_dir/asterisk/log/cdr-custom/hotline.csv``.
        state_file: where the place in the file is kept, e.g. ``data_dir/spool/cdr-place.json``.
        recovered: called with the id of each call that was completed; must not block.
        every_s: seconds between two looks.
        grace: how long after a call's end the journal is waited for.
    """

    def __init__(
        self,
        store: Store,
        cdr_file: Path,
        state_file: Path,
        *,
        recovered: Callable[[str], None] | None = None,
        every_s: float = 60.0,
        grace: timedelta = GRACE,
    ) -> None:
        self._store = store
        self._file = cdr_file
        self._state_file = state_file
        self._recovered = recovered
        self._every_s = every_s
        self._grace = grace
        self._began = datetime.now(UTC)

    def _work(self) -> Mapping[str, Work]:
        return {"cdr-recovery": self._run()}

    async def _run(self) -> None:
        while True:
            try:
                while await self.look():
                    pass
            except (OSError, SQLAlchemyError) as error:
                log.warning("cdr.recovery_postponed", reason=str(error)[:300])
            await asyncio.sleep(self._every_s)

    async def look(self) -> bool:
        """Take over what was appended since the last look; True when there is more to read.

        Raises:
            OSError: the file or the state file cannot be used.
            SQLAlchemyError: the store does not answer; the same lines come again next time.
        """
        place = await asyncio.to_thread(self._load_place)
        lines, place_after, more = await asyncio.to_thread(self._read, place)
        lost = calls_of(lines)
        closed = await self._store.calls.closed(lost.keys()) if lost else set()
        for call_id, call in lost.items():
            if call_id not in closed and await self._store.calls.recover(call):
                log.warning("cdr.call_recovered", call_id=call_id, line=call.line)
                if self._recovered is not None:
                    self._recovered(call_id)
        if place_after != place:
            await asyncio.to_thread(self._save_place, place_after)
        return more and place_after != place

    def _read(self, place: _Place) -> tuple[list[CdrLine], _Place, bool]:
        """Whole lines from the place on, up to the first that is still in its grace."""
        try:
            with self._file.open("rb") as file:
                inode, size = _identity(file.fileno())
                offset = place.offset if inode == place.inode and place.offset <= size else 0
                file.seek(offset)
                data = file.read(_CHUNK)
        except FileNotFoundError:
            return [], place, False
        # what ended before this process began, its journal cannot know
        limit = max(datetime.now(UTC) - self._grace, self._began)
        lines: list[tuple[int, CdrLine]] = []
        waiting: set[str] = set()
        for raw in data.splitlines(keepends=True):
            if not raw.endswith(b"\n") and len(raw) <= MAX_LINE_BYTES:
                break
            try:
                line = CdrLine.parse(raw)
            except (ValueError, OverflowError, OSError) as error:
                log.warning(
                    "cdr.line_damaged", file=str(self._file), offset=offset, reason=str(error)
                )
            else:
                lines.append((offset, line))
                if line.end > limit:
                    waiting.add(line.linkedid)
            offset += len(raw)
        # The legs of a call are taken together, so all of a call that waits comes again.
        for index, (begin, line) in enumerate(lines):
            if line.linkedid in waiting:
                return [line for _, line in lines[:index]], _Place(inode, begin), False
        return [line for _, line in lines], _Place(inode, offset), len(data) == _CHUNK

    def _load_place(self) -> _Place:
        try:
            values = json.loads(self._state_file.read_text(encoding="ascii"))
            return _Place(int(values["inode"]), int(values["offset"]))
        except FileNotFoundError:
            return _Place()
        except (ValueError, KeyError, TypeError) as error:
            # Reading all again does no harm: closed records are left alone.
            log.warning("cdr.place_damaged", file=str(self._state_file), reason=str(error))
            return _Place()

    def _save_place(self, place: _Place) -> None:
        self._state_file.parent.mkdir(parents=True, exist_ok=True)
        new = self._state_file.with_suffix(".new")
        new.write_text(json.dumps(asdict(place)), encoding="ascii")
        new.replace(self._state_file)


def _identity(handle: int) -> tuple[int, int]:
    status = os.fstat(handle)
    return status.st_ino, status.st_size
