"""What the figures were taken on."""

from __future__ import annotations

import os
import platform
from importlib.metadata import version
from pathlib import Path

from config.settings import load_settings
from telephony.asterisk.installation import find_installation

_TICKS_PER_S = os.sysconf("SC_CLK_TCK")


def print_machine() -> None:
    """Print processor, cores, load and the versions of what is measured."""
    load = ", ".join(f"{value:.2f}" for value in os.getloadavg())
    usable = len(os.sched_getaffinity(0))
    asterisk = find_installation(load_settings()).version_text
    print(
        f"machine: {_processor()}, {usable} cores usable, {platform.system()} {platform.release()}"
    )
    print(f"load average at the start (1, 5, 15 min): {load}")
    print(
        f"versions: Asterisk {asterisk}, Python {platform.python_version()}, "
        f"aiohttp {version('aiohttp')}, panoramisk {version('panoramisk')}"
    )


def cpu_seconds(pid: int | None) -> float:
    """User and system time a process and all its threads have used so far; 0 without a process."""
    if pid is None:
        return 0.0
    # the name in parentheses may contain spaces
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS_PER_S


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()
