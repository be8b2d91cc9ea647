"""Whether there is speech where an engine believes to have heard words.

Music, ringing, keys and noise make engines write words. Silero's detector tells them apart from
speech (WebRTC's takes music for speech); it is asked where words were found, so that silence costs
nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from asr.recogniser.interface import Hypothesis, Recogniser, RecogniserStream

MODEL_RATE_HZ: Final = 16_000
WINDOW: Final = 512
CONTEXT: Final = 64
STATE: Final = (1, 1, 128)
LIKELY: Final = 0.5
LEAST_SPEECH_MS: Final = 192
"""Six windows in a row, a short word ("喂"). In 374 pieces of music the longest run was 2, among
keys 4; in speech with 5 dB of noise the shortest was 13."""
AROUND_MS: Final = 400
"""Engines place words only roughly."""
REMEMBERED_MS: Final = 30_000


@cache
def _detector() -> Any:
    import faster_whisper
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.inter_op_num_threads = options.intra_op_num_threads = 1
    options.enable_cpu_mem_arena = False
    # the file comes with the package that decodes Whisper
    file = Path(faster_whisper.__file__).parent / "assets" / "silero_vad_v6.onnx"
    return onnxruntime.InferenceSession(
        str(file), sess_options=options, providers=["CPUExecutionProvider"]
    )


def speech_ms(pcm: bytes, sample_rate_hz: int) -> float:
    """The longest stretch of speech in the audio, in ms; blocks for about 0.3 % of its length.

    Args:
        pcm: 16-bit little-endian mono samples.
        sample_rate_hz: their rate.
    """
    import soxr

    samples = np.frombuffer(pcm[: len(pcm) // 2 * 2], dtype="<i2").astype(np.float32) / 32768.0
    if sample_rate_hz != MODEL_RATE_HZ:
        samples = soxr.resample(samples, sample_rate_hz, MODEL_RATE_HZ)
    windows = -(-len(samples) // WINDOW)
    if not windows:
        return 0.0
    padded: NDArray[np.float32] = np.zeros((windows, WINDOW), dtype=np.float32)
    padded.reshape(-1)[: len(samples)] = samples
    before = np.roll(padded[:, -CONTEXT:], 1, axis=0)
    before[0] = 0.0
    state = np.zeros(STATE, dtype=np.float32)
    likelihood = _detector().run(
        None, {"input": np.concatenate([before, padded], axis=1), "h": state, "c": state}
    )[0]
    # where runs of speech begin and end
    edges = np.flatnonzero(np.diff(np.concatenate([[0], likelihood > LIKELY, [0]])))
    longest = max((edges[1::2] - edges[::2]), default=0)
    return float(longest) * WINDOW * 1000 / MODEL_RATE_HZ


class SpeechOnly:
    """A recogniser whose words are believed only where somebody speaks."""

    def __init__(self, engine: Recogniser) -> None:
        """``engine``: finds the words."""
        self._engine = engine

    @property
    def name(self) -> str:
        """The engine's name."""
        return self._engine.name

    def open_stream(
        self, sample_rate_hz: int = 8000, hot_words: Sequence[str] = ()
    ) -> RecogniserStream:
        """See :class:`~asr.recogniser.interface.Recogniser`."""
        return SpeechOnlyStream(self._engine.open_stream(sample_rate_hz, hot_words), sample_rate_hz)


class SpeechOnlyStream:
    """One party's audio; the last ``REMEMBERED_MS`` of it are kept to be looked at."""

    def __init__(self, stream: RecogniserStream, sample_rate_hz: int) -> None:
        self.want_partials = True
        self._stream = stream
        self._rate = sample_rate_hz
        self._bytes_per_ms = sample_rate_hz * 2 // 1000
        self._audio = bytearray()
        self._audio_begins_ms = 0.0
        self._believed = False

    def feed(self, pcm: bytes) -> list[Hypothesis]:
        """See :class:`~asr.recogniser.interface.RecogniserStream`."""
        self._audio += pcm
        self._stream.want_partials = self.want_partials
        heard = self._judged(self._stream.feed(pcm))
        surplus = len(self._audio) - REMEMBERED_MS * self._bytes_per_ms
        if surplus > 0:
            surplus -= surplus % 2
            del self._audio[:surplus]
            self._audio_begins_ms += surplus / self._bytes_per_ms
        return heard

    def finish(self) -> list[Hypothesis]:
        """See :class:`~asr.recogniser.interface.RecogniserStream`."""
        return self._judged(self._stream.finish())

    def _judged(self, heard: list[Hypothesis]) -> list[Hypothesis]:
        kept = []
        for one in heard:
            if one.final:
                self._believed = False
                if self._speech_in(one) >= LEAST_SPEECH_MS:
                    kept.append(one)
                continue
            # what was speech at its beginning is not looked at again with each partial
            self._believed = self._believed or self._speech_in(one) >= LEAST_SPEECH_MS
            if self._believed:
                kept.append(one)
        return kept

    def _speech_in(self, heard: Hypothesis) -> float:
        first = max(0.0, heard.start_ms - AROUND_MS - self._audio_begins_ms)
        last = max(0.0, heard.end_ms + AROUND_MS - self._audio_begins_ms)
        piece = self._audio[int(first) * self._bytes_per_ms : int(last) * self._bytes_per_ms]
        return speech_ms(bytes(piece), self._rate)
