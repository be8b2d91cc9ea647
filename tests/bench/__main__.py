"""``make bench``: all measurements, one after the other, on this machine."""

from __future__ import annotations

import asyncio
import logging
import signal
import time

import structlog

from tests.bench import burden, calls, events, fastagi, greeting, handing_on
from tests.bench.machine import print_machine


def main() -> None:
    """Measure everything and print it."""
    # the figures are the output; what the measured parts have to say is in the figures
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    # an end from outside must also end what was started
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    began = time.monotonic()
    print_machine()
    print()
    fastagi.measure()
    print(flush=True)
    asyncio.run(events.measure())
    for part in (calls, greeting, burden, handing_on):
        print(flush=True)
        asyncio.run(part.measure())
    print(f"\nall of it took {time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    main()
