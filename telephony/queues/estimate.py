"""How long a caller at a place in the queue will wait: from how long agents were busy lately."""

from __future__ import annotations

import math
from collections import deque
from datetime import datetime

from telephony.events import AgentState, AgentStateChanged

# The last place with a sentence of its own; all callers behind it are told the same.
PLACES = 21
# Of so few conversations no wait can be told.
FEWEST = 3
REMEMBERED = 50
LONGEST_MINUTES = 10
_BUSY = {AgentState.TALKING, AgentState.WRAP_UP}


class WaitEstimate:
    """Folds agents' states into a mean time per call, wrap-up included."""

    def __init__(self) -> None:
        self._since: dict[str, datetime] = {}
        self._seconds: deque[float] = deque(maxlen=REMEMBERED)

    def heard(self, event: AgentStateChanged) -> None:
        """Take note of an agent's new state."""
        if event.state in _BUSY:
            if event.state is AgentState.TALKING:
                self._since.setdefault(event.agent, event.at)
            return
        since = self._since.pop(event.agent, None)
        if since is not None:
            self._seconds.append(max(0.0, (event.at - since).total_seconds()))

    def minutes(self, place: int, working: int) -> int | None:
        """Whole minutes, at least 1, for the ``place``-th caller; None when nobody can tell.

        Args:
            place: from 1.
            working: agents who take calls now.
        """
        if working < 1 or len(self._seconds) < FEWEST:
            return None
        mean_s = sum(self._seconds) / len(self._seconds)
        return max(1, math.ceil(place * mean_s / working / 60))

    def spoken(self, working: int) -> str:
        """Two digits for each of the places: 00 unknown, 01 to 10 minutes, 11 more than that."""
        minutes = (self.minutes(place, working) or 0 for place in range(1, PLACES + 1))
        return "".join(f"{min(one, LONGEST_MINUTES + 1):02d}" for one in minutes)
