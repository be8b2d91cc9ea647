"""How long to wait before something that keeps dying is started again."""

from __future__ import annotations

FIRST_S = 0.1
LONGEST_S = 15.0
STEADY_S = 60.0


class Backoff:
    """Doubles the pause at each early death; one that lived long starts over."""

    def __init__(self) -> None:
        self._next_s = FIRST_S

    def pause_s(self, lived_s: float) -> float:
        """Seconds to wait after a life of ``lived_s`` seconds."""
        if lived_s >= STEADY_S:
            self._next_s = FIRST_S
        pause = self._next_s
        self._next_s = min(self._next_s * 2, LONGEST_S)
        return pause
