"""A brake on guessing passwords."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

FREE_TRIES = 3
FREE_TRIES_PER_ADDRESS = 30
LONGEST_WAIT_S = 900.0
_FORGET_AFTER_S = 3600.0
_REMEMBERED = 10_000


@dataclass(slots=True)
class _Failures:
    count: int = 0
    last: float = 0.0


class Throttle:
    """After some free tries each failure doubles the wait, per user and address.

    Failures of one address over all users count too, with more free tries (an office shares one
    address). Memory is bounded: the longest unused are forgotten.

    Args:
        clock: seconds, monotonic.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failures: OrderedDict[tuple[str, str], _Failures] = OrderedDict()

    def wait_s(self, username: str, address: str) -> float:
        """Seconds until the next try is allowed; 0.0 when it is allowed now."""
        return max(
            self._wait((username, address), FREE_TRIES),
            self._wait(("", address), FREE_TRIES_PER_ADDRESS),
        )

    def failed(self, username: str, address: str) -> None:
        """Count a failure."""
        for key in ((username, address), ("", address)):
            entry = self._failures.setdefault(key, _Failures())
            if self._clock() - entry.last > _FORGET_AFTER_S:
                entry.count = 0
            entry.count += 1
            entry.last = self._clock()
            self._failures.move_to_end(key)
        while len(self._failures) > _REMEMBERED:
            self._failures.popitem(last=False)

    def succeeded(self, username: str, address: str) -> None:
        """Forget the user's failures from there, and that this try was counted as one.

        Else a whole office, which shares one address, would be locked out by logging in.
        """
        self._failures.pop((username, address), None)
        entry = self._failures.get(("", address))
        if entry is not None:
            entry.count = max(0, entry.count - 1)

    def _wait(self, key: tuple[str, str], free: int) -> float:
        entry = self._failures.get(key)
        if entry is None or entry.count < free:
            return 0.0
        pause = min(LONGEST_WAIT_S, 2.0 ** min(entry.count - free, 20))
        return max(0.0, entry.last + pause - self._clock())
