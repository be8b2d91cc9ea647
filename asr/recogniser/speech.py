"""Finding utterances in a stream of audio (WebRTC's voice activity detector)."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Final, Protocol, cast

FRAME_MS: Final = 20
AGGRESSIVENESS: Final = 2
ONSET_FRAMES: Final = 10
ONSET_VOICED: Final = 7
PREROLL_FRAMES: Final = 20
END_SILENCE_FRAMES: Final = 35
"""700 ms of silence end an utterance: shorter cuts sentences at commas."""
PAUSE_FRAMES: Final = 15
"""300 ms of silence: the utterance may be over."""
MAX_UTTERANCE_FRAMES: Final = 20_000 // FRAME_MS
CUT_SEARCH_FRAMES: Final = 5_000 // FRAME_MS
"""An utterance that is too long is cut at the longest pause in its last 5 s."""


class _Vad(Protocol):
    def is_speech(self, buf: bytes, sample_rate: int) -> bool: ...


@dataclass(frozen=True, slots=True)
class Utterance:
    """A stretch of speech.

    Attributes:
        pcm: 16-bit samples, with a little silence around the speech.
        start_ms: where ``pcm`` begins, from the start of the stream.
        voiced_ms: how much of it the detector took for speech.
        complete: False while the speaker goes on.
    """

    pcm: bytes
    start_ms: int
    voiced_ms: int
    complete: bool

    def end_ms(self, sample_rate_hz: int) -> int:
        """Where ``pcm`` ends, from the start of the stream."""
        return self.start_ms + len(self.pcm) // 2 * 1000 // sample_rate_hz


class UtteranceFinder:
    """Cuts a stream into utterances; fed with pieces of any size."""

    def __init__(self, sample_rate_hz: int) -> None:
        """``sample_rate_hz``: 8000, 16000, 32000 or 48000 (what the detector knows)."""
        import webrtcvad

        self._vad = cast(_Vad, webrtcvad.Vad(AGGRESSIVENESS))
        self._rate = sample_rate_hz
        self._frame_bytes = sample_rate_hz * FRAME_MS // 1000 * 2
        self._rest = b""
        self._frames_seen = 0
        self._before: deque[tuple[bytes, bool]] = deque(maxlen=PREROLL_FRAMES)
        self._frames: list[tuple[bytes, bool]] = []
        self._first_frame = 0
        self._silent_frames = 0

    def feed(self, pcm: bytes) -> list[Utterance]:
        """The utterances that ended within this audio."""
        data = self._rest + pcm
        ended = []
        usable = len(data) - len(data) % self._frame_bytes
        for position in range(0, usable, self._frame_bytes):
            utterance = self._take(data[position : position + self._frame_bytes])
            if utterance is not None:
                ended.append(utterance)
        self._rest = data[usable:]
        return ended

    def current(self) -> Utterance | None:
        """The utterance going on, so far; None in silence."""
        return self._utterance(self._frames, complete=False) if self._frames else None

    @property
    def current_ms(self) -> int:
        """Length of the utterance going on; 0 in silence."""
        return len(self._frames) * FRAME_MS

    @property
    def pausing(self) -> bool:
        """Whether the speaker has just stopped; the end of the utterance is likely near."""
        return self._silent_frames >= PAUSE_FRAMES

    def finish(self) -> Utterance | None:
        """The utterance that the end of the stream cuts off, if any."""
        if not self._frames:
            return None
        utterance = self._utterance(self._frames, complete=True)
        self._frames = []
        return utterance

    def _take(self, frame: bytes) -> Utterance | None:
        voiced = self._vad.is_speech(frame, self._rate)
        self._frames_seen += 1
        if not self._frames:
            self._before.append((frame, voiced))
            recent = list(self._before)[-ONSET_FRAMES:]
            if sum(was_voiced for _, was_voiced in recent) >= ONSET_VOICED:
                self._frames = list(self._before)
                self._first_frame = self._frames_seen - len(self._frames)
                self._before.clear()
                self._silent_frames = 0
            return None
        self._frames.append((frame, voiced))
        self._silent_frames = 0 if voiced else self._silent_frames + 1
        if self._silent_frames >= END_SILENCE_FRAMES:
            return self._end(len(self._frames))
        if len(self._frames) >= MAX_UTTERANCE_FRAMES:
            return self._end(self._best_cut())
        return None

    def _end(self, cut: int) -> Utterance:
        utterance = self._utterance(self._frames[:cut], complete=True)
        self._frames = self._frames[cut:]
        self._first_frame += cut
        if not any(voiced for _, voiced in self._frames):
            self._before.extend(self._frames)
            self._frames = []
        return utterance

    def _best_cut(self) -> int:
        """The middle of the longest pause near the end, or the very end if nobody breathes."""
        best, best_length, run = len(self._frames), 0, 0
        for index in range(len(self._frames) - CUT_SEARCH_FRAMES, len(self._frames)):
            run = 0 if self._frames[index][1] else run + 1
            if run > best_length:
                best, best_length = index - run // 2, run
        return best

    def _utterance(self, frames: list[tuple[bytes, bool]], *, complete: bool) -> Utterance:
        return Utterance(
            pcm=b"".join(frame for frame, _ in frames),
            start_ms=self._first_frame * FRAME_MS,
            voiced_ms=sum(voiced for _, voiced in frames) * FRAME_MS,
            complete=complete,
        )
