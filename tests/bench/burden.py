"""Memory and processor time of the service for each call in progress, by how many there are."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

from tests.bench.callers import call
from tests.bench.calls import Side, settle
from tests.bench.machine import cpu_seconds
from tests.bench.site import hotline_with_tones

SIZES, PER_SECOND, WATCHED_S, SPARE_S = (10, 50, 200), 40, 10.0, 2.0


async def measure() -> None:
    """Print what the service uses at each size, and for each call."""
    async with hotline_with_tones() as hotline:
        side = Side(hotline)
        await call(hotline, calls=10, per_second=10, hold_ms=1000)  # warm
        await settle(hotline)
        rows = [(size, *await _round(side, size)) for size in SIZES]
    print(
        "The service with calls in the queue, recorded; ms a call: of its whole life, from the "
        "INVITE to the sealed recording:"
    )
    print(f"  {'calls':>6}{'up':>6}{'RSS MB':>9}{'KB a call':>11}{'% held':>9}{'ms a call':>11}")
    for size, up, before, during, share, spent in rows:
        each = (during - before) * 1024 / size
        print(
            f"  {size:>6}{up:>6}{during:>9.1f}{each:>11.0f}{100 * share:>9.2f}"
            f"{1000 * spent / size:>11.1f}"
        )
    first, last = rows[0], rows[-1]
    ratio = (last[5] / last[0]) / (first[5] / first[0])
    print(f"  processor time a call, {last[0]} calls/{first[0]} calls: {ratio:.2f}")


async def _round(side: Side, size: int) -> tuple[int, float, float, float, float]:
    hotline = side.hotline
    rise_s = size / PER_SECOND + SPARE_S
    before, began = _memory_mb(hotline.service_pid), side.cpu()[1]
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(
            call(
                hotline,
                calls=size,
                per_second=PER_SECOND,
                hold_ms=int(1000 * (rise_s + WATCHED_S + SPARE_S)),
            )
        )
        await asyncio.sleep(rise_s)
        up, since, used = len(await hotline.channels()), time.monotonic(), side.cpu()[1]
        await asyncio.sleep(WATCHED_S)
        share = (side.cpu()[1] - used) / (time.monotonic() - since)
        during = _memory_mb(hotline.service_pid)
    await settle(hotline)
    return up, before, during, share, cpu_seconds(hotline.service_pid) - began


def _memory_mb(pid: int | None) -> float:
    """Resident memory of a process."""
    for line in Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    raise RuntimeError(f"no process {pid}")


if __name__ == "__main__":
    asyncio.run(measure())
