"""Recognisers whose every word is known beforehand."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from asr.recogniser import Hypothesis, RecogniserStream

BYTES_PER_MS = 16


class Scripted:
    """Writes down what it is fed; non-zero samples are speech, a run of zeros ends it.

    A final's text is the run of byte values heard, so that order and completeness show.
    """

    name = "scripted"

    def __init__(self, before_feed: Callable[[int], None] | None = None) -> None:
        self.streams: list[ScriptedStream] = []
        self.hot_words: list[tuple[str, ...]] = []
        self.feeds = 0
        self._before_feed = before_feed
        self._lock = threading.Lock()

    def open_stream(
        self, sample_rate_hz: int = 8000, hot_words: Sequence[str] = ()
    ) -> RecogniserStream:
        assert sample_rate_hz == 8000
        stream = ScriptedStream(self)
        self.streams.append(stream)
        self.hot_words.append(tuple(hot_words))
        return stream

    def fed(self) -> None:
        with self._lock:
            self.feeds += 1
            count = self.feeds
        if self._before_feed is not None:
            self._before_feed(count)


class ScriptedStream:
    def __init__(self, engine: Scripted) -> None:
        self.want_partials = True
        self.asked_for_partials: list[bool] = []
        self.pcm = b""
        self._engine = engine
        self._heard: list[int] = []
        self._start_ms = 0
        self._zeros = 0
        self._in_feed = threading.Lock()

    def feed(self, pcm: bytes) -> list[Hypothesis]:
        assert self._in_feed.acquire(blocking=False), "two threads in one stream"
        try:
            self._engine.fed()
            self.asked_for_partials.append(self.want_partials)
            out: list[Hypothesis] = []
            for position in range(0, len(pcm), 320):
                out += self._frame(pcm[position : position + 320])
            if self._heard and self.want_partials:
                now = len(self.pcm) // BYTES_PER_MS
                out.append(Hypothesis(self._text(), self._start_ms, now, False))
            return out
        finally:
            self._in_feed.release()

    def finish(self) -> list[Hypothesis]:
        self._engine.fed()
        return self._final() if self._heard else []

    def _frame(self, frame: bytes) -> list[Hypothesis]:
        at = len(self.pcm) // BYTES_PER_MS
        self.pcm += frame
        if any(frame):
            if not self._heard:
                self._start_ms = at
            self._heard.append(frame[0])
            self._zeros = 0
            return []
        self._zeros += 1
        return self._final() if self._heard and self._zeros >= 25 else []

    def _final(self) -> list[Hypothesis]:
        end = len(self.pcm) // BYTES_PER_MS - self._zeros * 20
        final = Hypothesis(self._text(), self._start_ms, end, True, 0.5)
        self._heard = []
        return [final]

    def _text(self) -> str:
        return " ".join(map(str, self._heard))
