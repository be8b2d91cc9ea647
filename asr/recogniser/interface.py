"""What every speech recogniser offers, whichever engine it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


class RecogniserError(Exception):
    """A recogniser cannot be opened; the message says what to do."""


class RecogniserGoneError(RecogniserError):
    """What hears the stream is gone; another stream must be opened and fed again.

    Attributes:
        innocent: the audio that was fed is not known to be the cause.
    """

    def __init__(self, message: str, *, innocent: bool) -> None:
        super().__init__(message)
        self.innocent = innocent


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """What the engine believes was said.

    Attributes:
        text: never empty.
        start_ms: milliseconds of audio fed to the stream before the words began.
        end_ms: likewise where they end (for a partial: where the audio ends so far).
        final: False while the speaker goes on; the next hypothesis replaces this one.
        confidence: 0..1, or -1 when the engine gives none.
    """

    text: str
    start_ms: int
    end_ms: int
    final: bool
    confidence: float = -1.0


class RecogniserStream(Protocol):
    """One party's audio. Not thread-safe; calls block and belong in a worker thread."""

    want_partials: bool
    """Cleared by the caller while decoding is behind: finals only."""

    def feed(self, pcm: bytes) -> list[Hypothesis]:
        """Decode more audio: 16-bit little-endian mono samples, pieces of any length.

        Equal audio gives equal finals however it is cut.

        Raises:
            Exception: whatever the engine raises; the stream must then be given up.
        """

    def finish(self) -> list[Hypothesis]:
        """Flush what is left as a final. Nothing may be called after it."""


class Recogniser(Protocol):
    """A loaded model, shared by all streams and threads."""

    @property
    def name(self) -> str:
        """Engine and model, e.g. ``vosk:vosk-model-small-cn-0.22``; goes into transcripts."""

    def open_stream(
        self, sample_rate_hz: int = 8000, hot_words: Sequence[str] = ()
    ) -> RecogniserStream:
        """Begin one party's audio.

        Args:
            sample_rate_hz: rate of the samples that will be fed.
            hot_words: names worth preferring (streets, departments), if the engine can.

        Raises:
            RecogniserError: when the engine cannot open another stream.
        """
