"""What the service counts, for metrics."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field


@dataclass(slots=True)
class Counters:
    """Plain numbers, read at any time.

    Attributes:
        streams_open: streams that receive audio, or still decode what they received.
        seconds_received: of audio, since the start.
        seconds_decoded: of audio, since the start.
        lag_s: how far decoding is behind what was received, in the worst stream.
        errors: times an engine failed and was opened again.
        seconds_lost: of audio given up (engine failing on it twice, or memory and disk both full).
    """

    streams_open: int = 0
    seconds_received: float = 0.0
    seconds_decoded: float = 0.0
    lag_s: float = 0.0
    errors: int = 0
    seconds_lost: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def decoded(self, seconds: float, *, lost: bool = False) -> None:
        """Count audio that left a backlog; from any thread."""
        with self._lock:
            if lost:
                self.seconds_lost += seconds
            else:
                self.seconds_decoded += seconds

    def failed(self) -> None:
        """Count an engine's failure; from any thread."""
        with self._lock:
            self.errors += 1
