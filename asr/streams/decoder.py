"""One stream's engine, replaced when it fails."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import structlog

from asr.audiosocket import SAMPLE_BYTES, SAMPLE_RATE_HZ
from asr.recogniser.interface import (
    Hypothesis,
    Recogniser,
    RecogniserGoneError,
    RecogniserStream,
)
from asr.streams.counters import Counters

log = structlog.get_logger(__name__)

BYTES_PER_MS: Final = SAMPLE_RATE_HZ * SAMPLE_BYTES // 1000
REPLAY_MS: Final = 20_000
ATTEMPTS: Final = 3


class Decoder:
    """Feeds an engine; used by one worker thread at a time.

    The sentence that has no final yet is kept, so that a new engine hears it from its beginning.
    Times of the hypotheses count all audio fed here, whichever engine heard it.
    """

    def __init__(
        self,
        recogniser: Recogniser,
        hot_words: Sequence[str],
        counters: Counters,
        call_id: str,
        *,
        fed_ms: float = 0.0,
    ) -> None:
        """``fed_ms``: of audio that an earlier decoder has heard to its end."""
        self._recogniser = recogniser
        self._hot_words = tuple(hot_words)
        self._counters = counters
        self._call_id = call_id
        self._engine: RecogniserStream | None = None
        self._proven = False
        self._base_ms = fed_ms
        self._fed_ms = fed_ms
        self._unfinished = b""

    @property
    def settled_ms(self) -> float:
        """Up to here the audio was fed and nothing more will be heard in it."""
        return self._fed_ms - len(self._unfinished) / BYTES_PER_MS

    def feed(self, pcm: bytes, *, partials: bool) -> list[Hypothesis]:
        """Decode more audio; what breaks every engine is skipped and counted as lost.

        Raises:
            RecogniserGoneError: there is no recogniser at present; the same audio must come again.
        """
        length_ms = len(pcm) / BYTES_PER_MS
        gone = failed = 0
        while failed < ATTEMPTS:
            try:
                heard = self._heard(pcm, partials)
            except RecogniserGoneError as error:
                self._engine, self._proven = None, False
                gone, failed = gone + error.innocent, failed + (not error.innocent)
                self._counters.failed()
                if gone >= ATTEMPTS:
                    raise
                continue
            except Exception:
                failed += 1
                log.exception("asr.engine_failed", call_id=self._call_id)
                self._drop_engine()
                continue
            self._proven = True
            self._fed_ms += length_ms
            self._remember(pcm, heard)
            self._counters.decoded(length_ms / 1000)
            return heard
        self._fed_ms += length_ms
        self._counters.decoded(length_ms / 1000, lost=True)
        return []

    def finish(self) -> list[Hypothesis]:
        """What the engine still has; it is given up.

        Raises:
            RecogniserGoneError: there is no recogniser at present; ask again.
        """
        gone = failed = 0
        while failed < ATTEMPTS:
            try:
                heard = self._heard(b"", False) if self._engine is None and self._unfinished else []
                return heard + self._shifted(self._engine.finish() if self._engine else [])
            except RecogniserGoneError as error:
                self._engine = None
                gone, failed = gone + error.innocent, failed + (not error.innocent)
                self._counters.failed()
                if gone >= ATTEMPTS:
                    raise
            except Exception:
                failed += 1
                log.exception("asr.engine_failed", call_id=self._call_id)
                self._drop_engine()
        return []

    def _heard(self, pcm: bytes, partials: bool) -> list[Hypothesis]:
        if self._engine is None:
            self._engine = self._recogniser.open_stream(SAMPLE_RATE_HZ, self._hot_words)
            self._proven = False
            self._base_ms = self._fed_ms - len(self._unfinished) / BYTES_PER_MS
            pcm = self._unfinished + pcm
        self._engine.want_partials = partials
        return self._shifted(self._engine.feed(pcm))

    def _shifted(self, heard: list[Hypothesis]) -> list[Hypothesis]:
        base = round(self._base_ms)
        return [
            replace(one, start_ms=one.start_ms + base, end_ms=one.end_ms + base) for one in heard
        ]

    def _drop_engine(self) -> None:
        self._counters.failed()
        if not self._proven:
            # a new engine that fails on its first audio had better not hear the old sentence
            self._unfinished = b""
        self._engine = None
        self._proven = False

    def _remember(self, pcm: bytes, heard: list[Hypothesis]) -> None:
        kept = (self._unfinished + pcm)[-REPLAY_MS * BYTES_PER_MS :]
        ends = [one.end_ms for one in heard if one.final]
        if ends:
            after = max(0, round(self._fed_ms - ends[-1])) * BYTES_PER_MS
            kept = kept[-after:] if after else b""
        self._unfinished = kept
