"""What the service costs the calls: with it, and without it on the same dialplan.

All callers speak, all calls are recorded, and wait in the queue until they hang up.

Two installations on one machine, alike but for this: in one the service was ended after the start,
so that its dialplan falls back. Both record every call. Their rounds take turns.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from signal import SIGTERM

from tests.bench.callers import call
from tests.bench.figures import ratios, spread
from tests.bench.machine import cpu_seconds
from tests.bench.site import hotline_with_tones
from tests.live.harness.hotline import Hotline, until

SHORT_ROUNDS, SHORT_CALLS, SHORT_PER_SECOND, SHORT_HOLD_MS = 3, 160, 20, 1000
HELD_ROUNDS, HELD_CALLS, HELD_PER_SECOND, HELD_S = 2, 100, 40, 10.0
# time for all calls to be placed before the seconds that count, and some to spare after them
HELD_RISE_S, HELD_SPARE_S = 4.0, 1.0
DONE_WITHIN_S = 40.0
# Share of a core below which the service has nothing left to do.
CALM = 0.06


@dataclass(slots=True)
class Side:
    """One of the two installations and what was measured on it, one value a round."""

    hotline: Hotline
    values: dict[str, list[float]] = field(default_factory=dict)

    def note(self, **values: float) -> None:
        """Keep the figures of a round."""
        for name, value in values.items():
            self.values.setdefault(name, []).append(value)

    def cpu(self) -> tuple[float, float]:
        """Seconds used so far by Asterisk and by the service."""
        return cpu_seconds(self.hotline.asterisk.pid), cpu_seconds(self.hotline.service_pid)

    def total(self, name: str) -> int:
        """Sum of a count over all rounds."""
        return int(sum(self.values[name]))


async def measure() -> None:
    """Print calls a second, calls held, and processor time, with and without the service."""
    async with both_sides() as sides:
        for _ in range(SHORT_ROUNDS):
            for side in sides.values():
                await _short_calls(side)
        print(
            f"Short calls, recorded: {SHORT_CALLS} a round at {SHORT_PER_SECOND}/s, held "
            f"{SHORT_HOLD_MS} ms; {SHORT_ROUNDS} rounds each; median (min–max):"
        )
        _print_short(sides["with"], sides["without"])
        print(flush=True)
        sides = {name: Side(side.hotline) for name, side in sides.items()}
        for _ in range(HELD_ROUNDS):
            for side in sides.values():
                await _held_calls(side)
        print(
            f"Calls held in the queue, recorded: {HELD_CALLS} a round, watched "
            f"for {HELD_S:g} s; {HELD_ROUNDS} rounds each; median (min–max):"
        )
        _print_held(sides["with"], sides["without"])


@asynccontextmanager
async def both_sides() -> AsyncIterator[dict[str, Side]]:
    async with AsyncExitStack() as stack:
        served = await stack.enter_async_context(hotline_with_tones())
        alone = await stack.enter_async_context(hotline_with_tones())
        alone.kill_service(SIGTERM)
        yield {"with": Side(served), "without": Side(alone)}


async def _short_calls(side: Side) -> None:
    before, recorded = side.cpu(), _recorded(side.hotline)
    load = await call(
        side.hotline, calls=SHORT_CALLS, per_second=SHORT_PER_SECOND, hold_ms=SHORT_HOLD_MS
    )
    done_s = await settle(side.hotline)
    asterisk, service = (
        1000 * (now - then) / SHORT_CALLS for now, then in zip(side.cpu(), before, strict=True)
    )
    side.note(
        rate=load.completed / load.wall_s,
        completed=load.completed,
        failed=load.failed,
        recorded=_recorded(side.hotline) - recorded,
        asterisk=asterisk,
        service=service,
        both=asterisk + service,
        done=done_s,
    )


async def _held_calls(side: Side) -> None:
    recorded = _recorded(side.hotline)
    hold_ms = int(1000 * (HELD_RISE_S + HELD_S + HELD_SPARE_S))
    async with asyncio.TaskGroup() as tasks:
        callers = tasks.create_task(
            call(
                side.hotline,
                calls=HELD_CALLS,
                per_second=HELD_PER_SECOND,
                hold_ms=hold_ms,
            )
        )
        await asyncio.sleep(HELD_RISE_S)
        risen, before = len(await side.hotline.channels()), side.cpu()
        began = time.monotonic()
        await asyncio.sleep(HELD_S)
        after, elapsed_s = side.cpu(), time.monotonic() - began
        still = len(await side.hotline.channels())
    load = callers.result()
    await settle(side.hotline)
    asterisk, service = (
        100 * (now - then) / elapsed_s for now, then in zip(after, before, strict=True)
    )
    side.note(
        up=risen,
        still=still,
        completed=load.completed,
        failed=load.failed,
        recorded=_recorded(side.hotline) - recorded,
        asterisk=asterisk,
        service=service,
        both=asterisk + service,
    )


async def settle(hotline: Hotline) -> float:
    """Wait until all that the calls left to do is done; returns how long it took, in seconds."""
    began = time.monotonic()
    await until(hotline.idle, "Asterisk without channels", DONE_WITHIN_S)
    if hotline.service_pid is None:
        return time.monotonic() - began

    async def calm() -> bool:
        used = cpu_seconds(hotline.service_pid)
        await asyncio.sleep(0.5)
        is_calm = cpu_seconds(hotline.service_pid) - used < 0.5 * CALM
        return is_calm and not any(hotline.settings.recording_spool.glob("*.sln"))

    await until(calm, "sealed recordings and a service at rest", DONE_WITHIN_S)
    return time.monotonic() - began - 0.5


def _recorded(hotline: Hotline) -> int:
    """Recordings that exist, sealed or still raw."""
    raw = hotline.settings.recording_spool.glob("*-rx.sln")
    sealed = hotline.settings.archive_dir.glob("**/*.flac")
    return len({file.name.removesuffix("-rx.sln") for file in raw}) + sum(1 for _ in sealed)


def _row(label: str, served: str, alone: str, ratio: str = "") -> None:
    print(f"  {label:34}{served:>24}{alone:>24}{ratio:>20}")


def _print_short(served: Side, alone: Side) -> None:
    _row("", "with service", "without", "with/without")
    _print_counts(served, alone, ("completed", "failed", "recorded"))
    _print_spread("calls completed a second", "rate", served, alone)
    _print_spread("Asterisk's CPU, ms a call", "asterisk", served, alone)
    _print_spread("service's CPU, ms a call", "service", served, alone, ratio=False)
    _print_spread("both, ms a call", "both", served, alone)
    _row("all sealed and stored after, s", spread(served.values["done"], ".1f"), "-")


def _print_held(served: Side, alone: Side) -> None:
    _row("", "with service", "without", "with/without")
    _print_counts(served, alone, ("up", "still", "completed", "failed", "recorded"))
    _print_spread("Asterisk, % of one core", "asterisk", served, alone)
    _print_spread("service, % of one core", "service", served, alone, ratio=False)
    _print_spread("both, % of one core", "both", served, alone)


_COUNTS = {
    "completed": "calls completed, all rounds",
    "failed": "calls failed, all rounds",
    "recorded": "recordings, all rounds",
    "up": f"calls up after {HELD_RISE_S:g} s, all rounds",
    "still": f"still up {HELD_S:g} s later, all rounds",
}


def _print_counts(served: Side, alone: Side, names: tuple[str, ...]) -> None:
    for name in names:
        upper, lower = served.total(name), alone.total(name)
        ratio = f"{upper / lower:.2f}" if lower else ""
        _row(_COUNTS[name], str(upper), str(lower), ratio)


def _print_spread(label: str, name: str, served: Side, alone: Side, *, ratio: bool = True) -> None:
    upper, lower = served.values[name], alone.values[name]
    _row(label, spread(upper, ".1f"), spread(lower, ".1f"), ratios(upper, lower) if ratio else "")


if __name__ == "__main__":
    asyncio.run(measure())
