"""Whisper through CTranslate2: hears Chinese with a model that comes from PyPI.

Whisper is no streaming engine: utterances are found first (:mod:`asr.recogniser.speech`) and each
is decoded whole. While a speaker goes on, the utterance so far is decoded again from time to time
for a partial, and once with the care of a final as soon as the speaker pauses: if nothing more is
said, that is the final, and its words were shown before it was certain that they were the last.
Only as much audio is decoded as there is, plus some silence, instead of Whisper's fixed 30 s; on
short utterances that is three to four times faster and as accurate, but the decoder may fall into
a loop: then the full window is used.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import structlog
from numpy.typing import NDArray

from asr.models.structure import fault_of_whisper_model
from asr.recogniser.hot_words import MOST, is_better
from asr.recogniser.hot_words import hot_words as indexed
from asr.recogniser.interface import Hypothesis, RecogniserError, RecogniserStream
from asr.recogniser.speech import Utterance, UtteranceFinder
from asr.recogniser.text import is_looped, is_phantom, join_chinese

log = structlog.get_logger(__name__)

MODEL_RATE_HZ: Final = 16_000
FEATURES_PER_S: Final = 100
FULL_WINDOW_S: Final = 30.0
MIN_WINDOW_S: Final = 8.0
WINDOW_MARGIN_S: Final = 3.0
BEAM_SIZE: Final = 5
PARTIAL_BEAM_SIZE: Final = 1
"""A partial is soon replaced: it comes early rather than right."""
TOKENS_PER_S: Final = 12
SPARE_TOKENS: Final = 30

PARTIAL_EVERY_MS: Final = 500
PARTIAL_LOAD: Final = 0.75
"""Partials may take this share of the time that passes; a slower machine gives fewer of them."""

MIN_VOICED_MS: Final = 160
MIN_LOUDNESS: Final = 60.0
"""Root mean square of the loudest 100 ms, of 32768: about -55 dBFS. Less is line noise."""
NO_SPEECH: Final = 0.6
UNSURE: Final = -1.0
"""Mean log probability under which a text is not believed when silence is likely too."""


@dataclass(frozen=True, slots=True)
class _Decoded:
    text: str
    log_probability: float
    no_speech: float


def _believed(result: _Decoded) -> bool:
    doubtful = result.no_speech > NO_SPEECH and result.log_probability < UNSURE
    return not doubtful and not is_phantom(result.text)


class WhisperRecogniser:
    """A loaded Whisper model (CTranslate2 format, int8), shared by all threads."""

    def __init__(self, model_dir: Path, *, workers: int = 1, language: str = "zh") -> None:
        """Load the model: about 1 s and 300 MB for the base size.

        Args:
            model_dir: folder with ``model.bin``, ``config.json`` and the tokenizer.
            workers: how many utterances can be decoded at the same time, one thread each.
            language: ISO 639-1 code of what is spoken.

        Raises:
            RecogniserError: when the folder is no complete model.
        """
        fault = fault_of_whisper_model(model_dir)
        if fault:
            raise RecogniserError(f"{model_dir} is not a Whisper model: {fault}")
        import opencc
        from faster_whisper import WhisperModel
        from faster_whisper.tokenizer import Tokenizer

        try:
            self._whisper: Any = WhisperModel(
                str(model_dir),
                device="cpu",
                compute_type="int8",
                cpu_threads=1,
                num_workers=workers,
                local_files_only=True,
            )
        except Exception as error:
            raise RecogniserError(
                f"{model_dir} cannot be loaded; make it again: "
                "hotline model fetch whisper-base --force"
            ) from error
        self._tokenizer: Any = Tokenizer(
            self._whisper.hf_tokenizer, True, task="transcribe", language=language
        )
        self._simplify: Any = opencc.OpenCC("t2s").convert if language == "zh" else str
        self._name = f"whisper:{model_dir.name}"

    @property
    def name(self) -> str:
        """``whisper:`` and the name of the model's folder."""
        return self._name

    def open_stream(
        self, sample_rate_hz: int = 8000, hot_words: Sequence[str] = ()
    ) -> RecogniserStream:
        """A new stream; costs nothing until somebody speaks.

        Raises:
            RecogniserError: when the rate is none of 8000, 16000, 32000, 48000 Hz.
        """
        if sample_rate_hz not in (8000, 16000, 32000, 48000):
            raise RecogniserError(f"a stream of {sample_rate_hz} Hz cannot be searched for speech")
        return WhisperStream(self, sample_rate_hz, hot_words)

    def transcribe(
        self,
        pcm: bytes,
        sample_rate_hz: int,
        hot_words: Sequence[str] = (),
        beam_size: int = BEAM_SIZE,
    ) -> tuple[str, float]:
        """The text of one utterance of at most 30 s, and a confidence 0..1; blocks.

        The text is empty when nothing was said, or nothing that can be believed. Sentences that
        sound like hot words are decoded twice.
        """
        samples = _resampled(pcm, sample_rate_hz)
        seconds = len(samples) / MODEL_RATE_HZ
        window_s = min(FULL_WINDOW_S, max(MIN_WINDOW_S, seconds + WINDOW_MARGIN_S))
        features = self._whisper.feature_extractor(samples)
        result = self._decode(features, seconds, window_s, (), beam_size)
        if is_looped(result.text) and window_s < FULL_WINDOW_S:
            result = self._decode(features, seconds, FULL_WINDOW_S, (), beam_size)
        if not _believed(result):
            return "", 0.0
        known = indexed(tuple(hot_words))
        if names := known.meant(result.text):
            written = known.written(result.text)
            again = self._decode(features, seconds, window_s, (*written[:MOST], *names), beam_size)
            if _believed(again) and is_better(result.text, again.text, names, written):
                result = again
        return result.text, math.exp(min(0.0, result.log_probability))

    def _decode(
        self,
        features: NDArray[np.float32],
        seconds: float,
        window_s: float,
        hot_words: Sequence[str],
        beam_size: int,
    ) -> _Decoded:
        frames = int(window_s * FEATURES_PER_S)
        padded = np.zeros((features.shape[0], frames), dtype=np.float32)
        used = min(frames, features.shape[1])
        padded[:, :used] = features[:, :used]
        tokens = self._tokenizer
        prompt = [*tokens.sot_sequence, tokens.no_timestamps]
        if hot_words:
            # 223 is half of the decoder's context; a long prompt is cut, the speech never is
            hints = tokens.encode(" " + "，".join(hot_words))[:223]
            prompt = [tokens.sot_prev, *hints, *prompt]
        answer = self._whisper.model.generate(
            self._whisper.encode(padded),
            [prompt],
            beam_size=beam_size,
            max_length=min(448, len(prompt) + SPARE_TOKENS + int(seconds * TOKENS_PER_S)),
            return_scores=True,
            return_no_speech_prob=True,
        )[0]
        ids = [token for token in answer.sequences_ids[0] if token < tokens.eot]
        # half a character, which comes out now and then, is none
        text = join_chinese(self._simplify(tokens.decode(ids).replace("\ufffd", "")))
        return _Decoded(text, float(answer.scores[0]), float(answer.no_speech_prob))


@dataclass(frozen=True, slots=True)
class _Heard:
    """What an utterance was decoded to."""

    utterance: Utterance
    text: str
    confidence: float

    def still_holds(self, later: Utterance) -> bool:
        """Whether nothing but silence was added."""
        then = self.utterance
        return (then.start_ms, then.voiced_ms) == (later.start_ms, later.voiced_ms)


class WhisperStream:
    """One party's audio through Whisper."""

    def __init__(
        self, recogniser: WhisperRecogniser, sample_rate_hz: int, hot_words: Sequence[str]
    ) -> None:
        self.want_partials = True
        self._recogniser = recogniser
        self._rate = sample_rate_hz
        self._hot_words = tuple(hot_words)
        self._finder = UtteranceFinder(sample_rate_hz)
        self._next_partial_ms = PARTIAL_EVERY_MS
        self._at_pause: _Heard | None = None

    def feed(self, pcm: bytes) -> list[Hypothesis]:
        """See :class:`~asr.recogniser.interface.RecogniserStream`."""
        told: list[Hypothesis] = []
        for utterance in self._finder.feed(pcm):
            told += self._final(utterance)
            self._next_partial_ms = PARTIAL_EVERY_MS
        if self.want_partials:
            if self._finder.pausing:
                told += self._pause()
            elif self._finder.current_ms >= self._next_partial_ms:
                told += self._partial()
        return told

    def finish(self) -> list[Hypothesis]:
        """See :class:`~asr.recogniser.interface.RecogniserStream`."""
        utterance = self._finder.finish()
        return [] if utterance is None else self._final(utterance)

    def _final(self, utterance: Utterance) -> list[Hypothesis]:
        heard = self._at_pause
        if heard is None or not heard.text or not heard.still_holds(utterance):
            heard = self._decoded(utterance)
        return self._told(replace(heard, utterance=utterance))

    def _pause(self) -> list[Hypothesis]:
        utterance = self._finder.current()
        if utterance is None or (self._at_pause and self._at_pause.still_holds(utterance)):
            return []
        self._at_pause = self._decoded(utterance)
        return self._told(self._at_pause)

    def _partial(self) -> list[Hypothesis]:
        utterance = self._finder.current()
        if utterance is None:
            return []
        began = time.monotonic()
        heard = self._decoded(utterance, quickly=True)
        took_ms = (time.monotonic() - began) * 1000
        wait_ms = max(PARTIAL_EVERY_MS, took_ms / PARTIAL_LOAD)
        self._next_partial_ms = self._finder.current_ms + round(wait_ms)
        return self._told(heard)

    def _decoded(self, utterance: Utterance, *, quickly: bool = False) -> _Heard:
        if utterance.voiced_ms < MIN_VOICED_MS or _loudness(utterance.pcm) < MIN_LOUDNESS:
            return _Heard(utterance, "", 0.0)
        names = () if quickly else self._hot_words
        beam = PARTIAL_BEAM_SIZE if quickly else BEAM_SIZE
        text, confidence = self._recogniser.transcribe(utterance.pcm, self._rate, names, beam)
        return _Heard(utterance, text, confidence)

    def _told(self, heard: _Heard) -> list[Hypothesis]:
        if not heard.text:
            return []
        utterance = heard.utterance
        return [
            Hypothesis(
                heard.text,
                utterance.start_ms,
                utterance.end_ms(self._rate),
                utterance.complete,
                heard.confidence if utterance.complete else -1.0,
            )
        ]


def _samples(pcm: bytes) -> NDArray[np.float32]:
    return np.frombuffer(pcm, dtype="<i2").astype(np.float32)


def _resampled(pcm: bytes, sample_rate_hz: int) -> NDArray[np.float32]:
    import soxr

    samples = _samples(pcm) / 32768.0
    if sample_rate_hz == MODEL_RATE_HZ:
        return samples
    resampled: NDArray[np.float32] = soxr.resample(samples, sample_rate_hz, MODEL_RATE_HZ)
    return resampled


def _loudness(pcm: bytes) -> float:
    """The root mean square of the loudest tenth of a second (800 samples at 8 kHz)."""
    samples = _samples(pcm)
    pieces = [samples[at : at + 800] for at in range(0, len(samples), 800)]
    return max((float(np.sqrt(np.mean(piece**2))) for piece in pieces), default=0.0)
