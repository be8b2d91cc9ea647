"""What is given up first when the machine cannot keep up: liveness, never words.

Partials are thinned first (each stream does so by its own lag), then the agents' side waits, then
callers' audio waits on disk. What waits is decoded as soon as there is time.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection
from typing import Final, Protocol

import structlog

from telephony.events import Speaker

log = structlog.get_logger(__name__)

OTHER_SIDE_LAG_MS: Final = 2_000
CALLER_LAG_MS: Final = 5_000
CAUGHT_UP_MS: Final = 1_000
WINDOW_S: Final = 5.0
SHARE: Final = 0.8
"""Of what was decoded lately; the rest lets those who stay catch up."""


class Waiting(Protocol):
    """A stream as seen from here."""

    speaker: Speaker
    aside: bool

    @property
    def lag_ms(self) -> float:
        """Audio received and not decoded."""

    @property
    def receiving(self) -> bool:
        """Whether audio still comes."""


class Pressure:
    """Decides which streams wait; asked several times a second."""

    def __init__(
        self,
        *,
        other_side_lag_ms: float = OTHER_SIDE_LAG_MS,
        caller_lag_ms: float = CALLER_LAG_MS,
        window_s: float = WINDOW_S,
    ) -> None:
        """Lags at which streams are put aside; the window over which speed is measured."""
        self._other_side_lag_ms = other_side_lag_ms
        self._caller_lag_ms = caller_lag_ms
        self._window_s = window_s
        self._decoded: deque[tuple[float, float]] = deque()
        self._next_at = 0.0

    def balance(self, streams: Collection[Waiting], decoded_s: float, now: float) -> None:
        """Put streams aside, or let them take part again.

        Args:
            streams: all, the oldest first.
            decoded_s: seconds of audio decoded since the start of the service.
            now: monotonic seconds.
        """
        for stream in streams:
            if stream.aside and stream.receiving and stream.lag_ms < CAUGHT_UP_MS:
                stream.aside = False
        self._decoded.append((now, decoded_s))
        while self._decoded[0][0] < now - self._window_s:
            self._decoded.popleft()
        live = [one for one in streams if one.receiving and not one.aside]
        if now < self._next_at or not live:
            return
        late_callers = [one for one in live if _is_caller(one) and one.lag_ms > self._caller_lag_ms]
        others = [one for one in live if not _is_caller(one)]
        chosen: list[Waiting] = [one for one in others if one.lag_ms > self._other_side_lag_ms]
        if late_callers:
            # strict order: no caller waits before every other side does
            chosen = others
            callers = [one for one in live if _is_caller(one)]
            chosen += callers[self._bearable(now) :]
        for stream in chosen:
            stream.aside = True
        if chosen:
            self._next_at = now + self._window_s
            log.warning("asr.put_aside", streams=len(chosen), still_live=len(live) - len(chosen))

    def _bearable(self, now: float) -> int:
        """How many streams can be decoded as fast as they come; at least one."""
        began, before = self._decoded[0]
        if now <= began:
            return 1
        return max(1, int((self._decoded[-1][1] - before) / (now - began) * SHARE))


def _is_caller(stream: Waiting) -> bool:
    return stream.speaker is Speaker.CALLER
