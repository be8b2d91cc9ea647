"""Local midnight when a test needs it: a time zone whose day ends at a chosen moment."""

from __future__ import annotations

import struct
import zoneinfo
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

DAY_S = 86400


def midnight_after(preparation_s: float) -> datetime:
    """A moment (whole s) that leaves time for twice such a preparation and for first calls.

    A fixed time would be too long on most machines and too short on a crowded one.
    """
    moment = datetime.now(UTC) + timedelta(seconds=10 + 2 * preparation_s)
    return moment.replace(microsecond=0)


def zone_with_midnight_at(moment: datetime, folder: Path, name: str) -> date:
    """Write the time zone ``name`` into ``folder``; the day that begins at ``moment`` (whole s).

    The file is in the format of RFC 8536, version 1: one fixed offset, nothing else.
    """
    into_day = int(moment.timestamp()) % DAY_S
    offset = DAY_S - into_day if into_day > DAY_S // 2 else -into_day
    header = struct.pack(">4s16x6l", b"TZif", 0, 0, 0, 0, 1, 4)
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(header + struct.pack(">lbb4s", offset, 0, 0, b"TST\0"))
    return (moment.astimezone(UTC) + timedelta(seconds=offset)).date()


class ZoneFolder:
    """Time zones of a folder before the system's own, here and in the processes started."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._before = zoneinfo.TZPATH

    @property
    def environment(self) -> dict[str, str]:
        """For the processes."""
        return {"PYTHONTZPATH": ":".join([str(self.folder), *self._before])}

    def __enter__(self) -> ZoneFolder:
        zoneinfo.reset_tzpath([str(self.folder), *self._before])
        zoneinfo.ZoneInfo.clear_cache()
        return self

    def __exit__(self, *_: object) -> None:
        zoneinfo.reset_tzpath(self._before)
        zoneinfo.ZoneInfo.clear_cache()
