"""The computer's clock and time zone."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from agent_gateway.doctor.finding import Finding, fail, ok, warn
from config.settings import Settings

WRITTEN = datetime(2026, 1, 1, tzinfo=UTC)
"""This program is not older: a clock that shows an earlier time is wrong."""
_UNSYNCHRONISED = 0x40  # STA_UNSYNC of adjtimex(2)
_TIMEX_BYTES = 256  # struct timex is smaller everywhere
_STATUS_OFFSET = 40  # of its member status where long has 8 bytes


def check_clock(_settings: Settings) -> Iterator[Finding]:
    """Whether the clock can be right."""
    now = datetime.now(UTC)
    if now < WRITTEN:
        yield fail(
            "clock",
            f"the clock shows {now:%Y-%m-%d %H:%M} UTC, which is past",
            "set it (timedatectl set-time) and install chrony; recordings carry its dates",
        )
    elif synchronised() is False:
        yield warn(
            "clock",
            f"it shows {now:%Y-%m-%d %H:%M:%S} UTC, but nothing keeps it right",
            "install chrony or systemd-timesyncd",
        )
    else:
        yield ok("clock", f"{now:%Y-%m-%d %H:%M:%S} UTC")


def synchronised() -> bool | None:
    """What the kernel says of the clock; None when it does not say."""
    if ctypes.sizeof(ctypes.c_long) != 8:
        return None
    buffer = ctypes.create_string_buffer(_TIMEX_BYTES)  # modes = 0: only read
    try:
        state = ctypes.CDLL(None, use_errno=True).adjtimex(buffer)
    except (OSError, AttributeError):
        return None
    if state < 0:
        return None
    status = int.from_bytes(buffer.raw[_STATUS_OFFSET : _STATUS_OFFSET + 4], "little")
    return not status & _UNSYNCHRONISED


def check_time_zone(settings: Settings) -> Iterator[Finding]:
    """In which zone days begin, and whether the computer's own differs."""
    now = datetime.now(UTC)
    zone = settings.city.zone
    city, here = now.astimezone(zone), now.astimezone()
    if city.utcoffset() != here.utcoffset():
        yield warn(
            "time zone",
            f"in {zone.key} it is {city:%H:%M}, by this computer's zone {here:%H:%M %Z}; dates are "
            "right, but Asterisk's own log is in the computer's zone",
            f"timedatectl set-timezone {zone.key}",
        )
    else:
        yield ok("time zone", f"{zone.key}, {city:%Y-%m-%d %H:%M}")


def uptime_of(pid: int) -> float | None:
    """Seconds since a process started; None when it is not there."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        up = float(Path("/proc/uptime").read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return None
    ticks_per_s = 100  # USER_HZ is 100 on every architecture supported
    return up - int(fields[19]) / ticks_per_s
