"""How much is under way in the service: what grows here and never falls again is a leak."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Iterable

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

_UNNAMED = re.compile(r"Task-\d+")


class LoopFigures(Collector):
    """Tasks and timers of an event loop at the moment of the scrape.

    A task is counted under the first word of its name (``asr-attach PJSIP/…`` as ``asr-attach``).
    """

    def __init__(self) -> None:
        self.loop: asyncio.AbstractEventLoop | None = None

    def collect(self) -> Iterable[Metric]:
        """Count; from any thread."""
        if self.loop is None:
            return
        tasks = GaugeMetricFamily("hotline_tasks", "Tasks under way", labels=["name"])
        names = Counter(_kind(task.get_name()) for task in asyncio.all_tasks(self.loop))
        for name, number in sorted(names.items()):
            tasks.add_metric([name], number)
        yield tasks
        # asyncio has no public way to ask for them
        timers = [one for one in list(getattr(self.loop, "_scheduled", ())) if not one.cancelled()]
        yield GaugeMetricFamily("hotline_timers", "Timers that are set", len(timers))


def _kind(name: str) -> str:
    return "unnamed" if _UNNAMED.fullmatch(name) else name.split()[0]
