"""Who is heard first when not all can be heard at once."""

from __future__ import annotations

import heapq
import itertools
import threading
from collections.abc import Callable
from enum import IntEnum

Job = Callable[[], None]


class Rank(IntEnum):
    """The order in which streams are decoded; the lowest first, equals in turn."""

    CALLER = 0
    OTHER_SIDE = 1
    ENDED = 2
    """Was put aside, and its call is over: its words are awaited."""
    ASIDE = 3
    """Its audio waits on disk until the machine has time."""


class TurnQueue:
    """Jobs waiting for worker threads; the lowest rank first."""

    def __init__(self) -> None:
        self._jobs: list[tuple[int, int, Job | None]] = []
        self._order = itertools.count()
        self._some = threading.Condition()
        self._live = 0

    def put(self, rank: Rank, job: Job) -> None:
        """Have a worker do ``job``."""
        with self._some:
            self._live += rank < Rank.ENDED
            heapq.heappush(self._jobs, (rank, next(self._order), job))
            self._some.notify()

    def get(self) -> Job | None:
        """The next job; waits for one. None: the worker should end."""
        with self._some:
            while not self._jobs:
                self._some.wait()
            rank, _, job = heapq.heappop(self._jobs)
            self._live -= rank < Rank.ENDED and job is not None
            return job

    def end(self, workers: int) -> None:
        """Send ``workers`` workers home before anything else is done."""
        with self._some:
            for _ in range(workers):
                heapq.heappush(self._jobs, (-1, next(self._order), None))
            self._some.notify_all()

    def live(self) -> int:
        """Jobs of live streams that wait."""
        return self._live
