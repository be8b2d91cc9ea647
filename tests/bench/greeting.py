"""From the INVITE to the first sound of the greeting: idle, and with 100 calls in progress.

Between the two lie the dialplan, the answer, the recording's start and the service's decision. The
baseline is the same dialplan without the service, which then greets by itself, in the same minute.
"""

from __future__ import annotations

import asyncio

from tests.bench.callers import call
from tests.bench.calls import Side, both_sides, settle
from tests.bench.figures import percentile
from tests.bench.sip import until_heard

PROBES, EVERY_S = 30, 0.2
CALLS, PER_SECOND, RISE_S = 100, 40, 4.0
HOLD_MS = int(1000 * (RISE_S + PROBES * EVERY_S + 12))


async def measure() -> None:
    """Print the delays and their ratios."""
    delays: dict[tuple[str, bool], list[float]] = {}
    async with both_sides() as sides:
        for name, side in sides.items():
            delays[name, False] = await _probes(side)
        for name, side in sides.items():
            async with asyncio.TaskGroup() as tasks:
                crowd = tasks.create_task(
                    call(side.hotline, calls=CALLS, per_second=PER_SECOND, hold_ms=HOLD_MS)
                )
                await asyncio.sleep(RISE_S)
                up = len(await side.hotline.channels())
                delays[name, True] = await _probes(side)
            failed = crowd.result().failed
            print(f"  ({name} the service: {up} channels up, {failed} calls failed)")
            await settle(side.hotline)
    print(f"From the INVITE to the first sound, {PROBES} calls each; ms:")
    for busy in (False, True):
        for name in sides:
            values = delays[name, busy]
            figures = [1000 * percentile(values, percent) for percent in (50, 90, 100)]
            label = f"{name} the service, {CALLS if busy else 0} calls in progress"
            print(f"  {label:46}" + "".join(f"{figure:9.1f}" for figure in figures))
        ratio = percentile(delays["with", busy], 50) / percentile(delays["without", busy], 50)
        print(f"  with/without, p50: {ratio:.2f}")
    ratio = percentile(delays["with", True], 50) / percentile(delays["with", False], 50)
    print(f"  with the service, {CALLS} calls/idle, p50: {ratio:.2f}")


async def _probes(side: Side) -> list[float]:
    delays = []
    for _ in range(PROBES):
        delays.append(await until_heard(side.hotline.sip, "12345"))
        await asyncio.sleep(EVERY_S)
    return delays


if __name__ == "__main__":
    asyncio.run(measure())
