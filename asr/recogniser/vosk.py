"""Vosk (Kaldi): streaming, with partial results, any language there is a model for.

Recognisers are used again for later streams. Where a model's grammar is composed while it is
searched (the small models), every recogniser keeps what it has composed; a new one does it all
again: 0.7 s of processor time at the first sound, and up to twice the work for what follows.

The library's own pitfalls are kept out here: a model's path is always explicit (``lang=`` would go
to the network), dither is off (with it, equal audio gives unequal text), and no grammar is ever
passed (one that is not valid JSON ends the process).
"""

from __future__ import annotations

import json
import tempfile
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol, cast

import structlog

from asr.models.structure import fault_of_vosk_model
from asr.recogniser.interface import Hypothesis, RecogniserError, RecogniserStream
from asr.recogniser.text import join_chinese

log = structlog.get_logger(__name__)

CHUNK_MS: Final = 60
"""Vosk looks for the end of an utterance once per piece of audio, so the pieces must be equal."""
FRAMES_PER_CHUNK: Final = 12
"""Frames of 10 ms that the network waits for. Kaldi waits for 20 by default: words came 0.3 s
later, for about a hundredth less processor time."""
PARTIAL_LEAD_MS: Final = 400
"""A word is about this old when it first shows up in a partial."""
SPARE_RECOGNISERS: Final = 8
"""Kept for later streams; one that has heard much holds 100 to 300 MB with a small model."""
WARM_RECOGNISERS: Final = 2
"""Made ready when the model is loaded: for the two sides of the first call."""
WARM_UP_MS: Final = 1000
WORN_OUT_S: Final = 4 * 3600
"""The library keeps times in 32-bit floats of seconds; they are exact to 1 ms for so long."""


class _KaldiRecognizer(Protocol):
    def SetWords(self, enable: bool) -> None: ...  # noqa: N802 - the library's own name
    def AcceptWaveform(self, data: bytes) -> int: ...  # noqa: N802
    def Result(self) -> str: ...  # noqa: N802
    def PartialResult(self) -> str: ...  # noqa: N802
    def FinalResult(self) -> str: ...  # noqa: N802


@dataclass(slots=True)
class _Kept:
    """A recogniser of the library and the audio that it was fed so far, which its times count."""

    kaldi: _KaldiRecognizer
    fed_bytes: int = 0


class VoskRecogniser:
    """A loaded Vosk model."""

    def __init__(self, model_dir: Path) -> None:
        """Load the model: 1 to 2 s and some hundred MB for a small one.

        Raises:
            RecogniserError: when the folder is no complete model.
        """
        fault = fault_of_vosk_model(model_dir)
        if fault:
            raise RecogniserError(f"{model_dir} is not a Vosk model: {fault}")
        import vosk

        vosk.SetLogLevel(-1)
        self._library: Any = vosk
        with _tuned(model_dir) as copy:
            try:
                self._model = vosk.Model(str(copy))
            except Exception as error:
                raise RecogniserError(
                    f"{model_dir} cannot be loaded; fetch it again: hotline model fetch --force"
                ) from error
        self._name = f"vosk:{model_dir.name}"
        # threads append and pop; both are atomic
        self._spare: dict[int, deque[_Kept]] = {}
        self._warm_up()

    @property
    def name(self) -> str:
        """``vosk:`` and the name of the model's folder."""
        return self._name

    def open_stream(
        self, sample_rate_hz: int = 8000, hot_words: Sequence[str] = ()
    ) -> RecogniserStream:
        """A Kaldi recogniser, new or used. Hot words are beyond this engine.

        Raises:
            RecogniserError: when the library cannot make one.
        """
        spare = self._spare.setdefault(sample_rate_hz, deque(maxlen=SPARE_RECOGNISERS))
        try:
            kept = spare.pop()
        except IndexError:
            kept = self._made(sample_rate_hz)
        return VoskStream(kept, sample_rate_hz, spare.append)

    def _made(self, sample_rate_hz: int) -> _Kept:
        try:
            kaldi = self._library.KaldiRecognizer(self._model, float(sample_rate_hz))
        except Exception as error:
            raise RecogniserError("Vosk cannot open another stream") from error
        kaldi.SetWords(True)
        return _Kept(cast(_KaldiRecognizer, kaldi))

    def _warm_up(self) -> None:
        streams = [self.open_stream() for _ in range(WARM_RECOGNISERS)]
        for stream in streams:
            stream.feed(bytes(8000 * WARM_UP_MS // 1000 * 2))
            stream.finish()


class VoskStream:
    """One party's audio through Vosk."""

    def __init__(
        self, kept: _Kept, sample_rate_hz: int, give_back: Callable[[_Kept], None]
    ) -> None:
        self.want_partials = True
        self._kept = kept
        self._kaldi = kept.kaldi
        self._give_back = give_back
        self._began_ms = round(kept.fed_bytes / 2 * 1000 / sample_rate_hz)
        self._running = False
        self._rate = sample_rate_hz
        self._chunk_bytes = sample_rate_hz * CHUNK_MS // 1000 * 2
        self._rest = b""
        self._fed_ms = 0.0
        self._partial = ""
        self._partial_start_ms = 0
        self._last_end_ms = 0

    def feed(self, pcm: bytes) -> list[Hypothesis]:
        """See :class:`~asr.recogniser.interface.RecogniserStream`."""
        data = self._rest + pcm
        usable = len(data) - len(data) % self._chunk_bytes
        self._rest = data[usable:]
        heard: list[Hypothesis] = []
        for position in range(0, usable, self._chunk_bytes):
            heard += self._chunk(data[position : position + self._chunk_bytes])
        return _without_stale_partials(heard)

    def finish(self) -> list[Hypothesis]:
        """See :class:`~asr.recogniser.interface.RecogniserStream`."""
        heard: list[Hypothesis] = []
        # half a sample is nothing; Vosk reads 16-bit words
        if tail := self._rest[: len(self._rest) // 2 * 2]:
            heard = [one for one in self._chunk(tail) if one.final]
        if not self._running:
            # only a running recogniser forgets, with its last result, whom it has heard
            self._accept(bytes(self._chunk_bytes))
        heard += self._final(self._kaldi.FinalResult())
        if self._kept.fed_bytes < WORN_OUT_S * self._rate * 2:
            self._give_back(self._kept)
        return heard

    def _accept(self, pcm: bytes) -> bool:
        ended = bool(self._kaldi.AcceptWaveform(pcm))
        self._kept.fed_bytes += len(pcm)
        self._running = not ended
        return ended

    def _chunk(self, pcm: bytes) -> list[Hypothesis]:
        ended = self._accept(pcm)
        self._fed_ms += len(pcm) / 2 * 1000 / self._rate
        if ended:
            return self._final(self._kaldi.Result())
        return self._partial_now() if self.want_partials else []

    def _final(self, answer: str) -> list[Hypothesis]:
        result: dict[str, Any] = json.loads(answer)
        text = join_chinese(str(result.get("text", "")))
        words: list[dict[str, Any]] = result.get("result", [])
        started, self._partial = self._partial_start_ms, ""
        if not text:
            return []
        if words:
            start = round(float(words[0]["start"]) * 1000) - self._began_ms
            end = round(float(words[-1]["end"]) * 1000) - self._began_ms
            confidence = sum(float(word.get("conf", 0.0)) for word in words) / len(words)
        else:
            start, end, confidence = started, round(self._fed_ms), -1.0
        self._last_end_ms = end
        return [Hypothesis(text, start, max(start, end), True, min(1.0, confidence))]

    def _partial_now(self) -> list[Hypothesis]:
        text = join_chinese(str(json.loads(self._kaldi.PartialResult()).get("partial", "")))
        if not text or text == self._partial:
            return []
        now = round(self._fed_ms)
        if not self._partial:
            self._partial_start_ms = max(self._last_end_ms, now - PARTIAL_LEAD_MS)
        self._partial = text
        return [Hypothesis(text, self._partial_start_ms, now, False)]


def _without_stale_partials(heard: list[Hypothesis]) -> list[Hypothesis]:
    """Only the last of several partials in a row is news."""
    return [
        one
        for index, one in enumerate(heard)
        if one.final or index + 1 == len(heard) or heard[index + 1].final
    ]


@contextmanager
def _tuned(model_dir: Path) -> Iterator[Path]:
    """A copy of the model, made of links, that adds no random noise and does not dawdle.

    It is only needed while the model is read.
    """
    options = {"mfcc.conf": "--dither=0", "model.conf": f"--frames-per-chunk={FRAMES_PER_CHUNK}"}
    with tempfile.TemporaryDirectory(prefix="hotline-vosk-") as folder:
        copy = Path(folder) / model_dir.name
        for source in model_dir.resolve().rglob("*"):
            target = copy / source.relative_to(model_dir.resolve())
            if source.is_dir():
                target.mkdir(parents=True, exist_ok=True)
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            if source.name in options:
                target.write_text(
                    _with_option(source.read_text(encoding="utf-8"), options[source.name])
                )
            else:
                target.symlink_to(source)
        yield copy


def _with_option(conf: str, option: str) -> str:
    name = option.partition("=")[0]
    kept = [line for line in conf.splitlines() if not line.strip().startswith(name)]
    return "\n".join([*kept, option, ""])
