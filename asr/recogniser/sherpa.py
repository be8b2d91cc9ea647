"""sherpa-onnx: streaming transducers and Paraformers in ONNX, from a folder of the operator's.

The engine finds the ends of sentences itself and gives times to the character. Hot words work with
transducers only (beam search with a context graph): characters that the model does not know make
sherpa-onnx complain and are left out beforehand.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from asr.models.structure import SherpaFiles, fault_of_sherpa_model, sherpa_files
from asr.recogniser.interface import Hypothesis, RecogniserError, RecogniserStream
from asr.recogniser.text import bare, join_chinese

MODEL_RATE_HZ: Final = 16_000
CHUNK_MS: Final = 100
END_SILENCE_S: Final = 0.7
NOTHING_SAID_S: Final = 2.4
LONGEST_S: Final = 20.0
LAST_CHARACTER_MS: Final = 200
"""Times are of the characters' beginnings."""
FLUSH_S: Final = 0.8
"""Silence after the end, so that the last chunk is whole."""
HOT_WORD_SCORE: Final = 1.5
_CHINESE: Final = re.compile("[\u4e00-\u9fff]+")
ICEFALL: Final = frozenset({"conformer", "lstm", "zipformer", "zipformer2"})


class SherpaRecogniser:
    """A loaded streaming model, shared by all threads."""

    def __init__(self, model_dir: Path) -> None:
        """Load the model.

        Args:
            model_dir: folder with ``tokens.txt``, ``encoder*.onnx``, ``decoder*.onnx`` and, for a
                transducer, ``joiner*.onnx``; of several, ``int8`` is taken.

        Raises:
            RecogniserError: when the folder is no complete streaming model, or the library is not
                installed.
        """
        fault = fault_of_sherpa_model(model_dir)
        if fault:
            raise RecogniserError(f"{model_dir} is not a sherpa-onnx model: {fault}")
        files = sherpa_files(model_dir)
        # what it does not like makes the library end the whole process
        _check(model_dir, files)
        try:
            from sherpa_onnx import OnlineRecognizer
        except ImportError as error:
            raise RecogniserError(f"sherpa-onnx cannot be used: {error}") from error
        common: dict[str, Any] = {
            "tokens": str(files.tokens),
            "encoder": str(files.encoder),
            "decoder": str(files.decoder),
            "num_threads": 1,
            "enable_endpoint_detection": True,
            "rule1_min_trailing_silence": NOTHING_SAID_S,
            "rule2_min_trailing_silence": END_SILENCE_S,
            "rule3_min_utterance_length": LONGEST_S,
        }
        try:
            if files.joiner is None:
                self._sherpa: Any = OnlineRecognizer.from_paraformer(**common)
            else:
                self._sherpa = OnlineRecognizer.from_transducer(
                    joiner=str(files.joiner),
                    decoding_method="modified_beam_search",
                    hotwords_score=HOT_WORD_SCORE,
                    **common,
                )
        except Exception as error:
            raise RecogniserError(f"{model_dir} cannot be loaded: {error}") from error
        self._takes_hot_words = files.joiner is not None
        self._characters = frozenset(_tokens(files.tokens))
        self._name = f"sherpa:{model_dir.name}"

    @property
    def name(self) -> str:
        """``sherpa:`` and the name of the model's folder."""
        return self._name

    def open_stream(
        self, sample_rate_hz: int = 8000, hot_words: Sequence[str] = ()
    ) -> RecogniserStream:
        """A new stream."""
        # one that it cannot take makes it leave out all of them
        wanted = [
            word
            for word in map(bare, hot_words)
            if _CHINESE.fullmatch(word) and self._characters.issuperset(word)
        ]
        if wanted and self._takes_hot_words:
            stream = self._sherpa.create_stream("/".join(wanted))
        else:
            stream = self._sherpa.create_stream()
        return SherpaStream(self._sherpa, stream, sample_rate_hz)


class SherpaStream:
    """One party's audio through sherpa-onnx."""

    def __init__(self, sherpa: Any, stream: Any, sample_rate_hz: int) -> None:
        import soxr

        self.want_partials = True
        self._sherpa = sherpa
        self._stream = stream
        self._resampled: Any = soxr.ResampleStream(
            sample_rate_hz, MODEL_RATE_HZ, 1, dtype="float32", quality="MQ"
        )
        self._chunk_bytes = sample_rate_hz * CHUNK_MS // 1000 * 2
        self._rest = b""
        self._fed_ms = 0
        self._partial = ""

    def feed(self, pcm: bytes) -> list[Hypothesis]:
        """See :class:`~asr.recogniser.interface.RecogniserStream`."""
        data = self._rest + pcm
        usable = len(data) - len(data) % self._chunk_bytes
        self._rest = data[usable:]
        heard: list[Hypothesis] = []
        for position in range(0, usable, self._chunk_bytes):
            heard += self._chunk(data[position : position + self._chunk_bytes])
        if self.want_partials:
            heard += self._partial_now()
        return heard

    def finish(self) -> list[Hypothesis]:
        """See :class:`~asr.recogniser.interface.RecogniserStream`."""
        tail = self._rest[: len(self._rest) // 2 * 2]
        self._accept(tail, last=True)
        self._stream.accept_waveform(
            MODEL_RATE_HZ, np.zeros(int(FLUSH_S * MODEL_RATE_HZ), dtype=np.float32)
        )
        self._stream.input_finished()
        heard = self._decoded()
        return heard + self._final()

    def _chunk(self, pcm: bytes) -> list[Hypothesis]:
        self._accept(pcm)
        self._fed_ms += CHUNK_MS
        return self._decoded()

    def _accept(self, pcm: bytes, *, last: bool = False) -> None:
        samples = np.frombuffer(pcm, dtype="<i2").astype(np.float32) / 32768.0
        self._stream.accept_waveform(
            MODEL_RATE_HZ, self._resampled.resample_chunk(samples, last=last)
        )

    def _decoded(self) -> list[Hypothesis]:
        heard: list[Hypothesis] = []
        while self._sherpa.is_ready(self._stream):
            self._sherpa.decode_stream(self._stream)
            # asked after each step, so that equal audio ends equally however it was cut
            if self._sherpa.is_endpoint(self._stream):
                heard += self._final()
                self._sherpa.reset(self._stream)
        return heard

    def _final(self) -> list[Hypothesis]:
        result = self._sherpa.get_result_all(self._stream)
        self._partial = ""
        text = join_chinese(result.text)
        if not text:
            return []
        start_ms, end_ms = _times(result, self._fed_ms)
        return [Hypothesis(text, start_ms, end_ms, True, _confidence(result))]

    def _partial_now(self) -> list[Hypothesis]:
        result = self._sherpa.get_result_all(self._stream)
        text = join_chinese(result.text)
        if not text or text == self._partial:
            return []
        self._partial = text
        start_ms, _ = _times(result, self._fed_ms)
        return [Hypothesis(text, start_ms, max(start_ms, self._fed_ms), False)]


def _times(result: Any, fed_ms: int) -> tuple[int, int]:
    """Where the words begin and end; a model without times has them at the end of the audio."""
    if not result.timestamps:
        return round(result.start_time * 1000), fed_ms
    start_ms, end_ms = (round((result.start_time + result.timestamps[at]) * 1000) for at in (0, -1))
    return start_ms, end_ms + LAST_CHARACTER_MS


def _confidence(result: Any) -> float:
    probabilities = list(getattr(result, "ys_probs", ()))
    if not probabilities:
        return -1.0
    return math.exp(min(0.0, sum(probabilities) / len(probabilities)))


def _tokens(file: Path) -> list[str]:
    """The tokens by their order in the file; the number stands behind each."""
    lines = file.read_text(encoding="utf-8").splitlines()
    return [line.rsplit(maxsplit=1)[0] for line in lines if len(line.split()) > 1]


def _check(model_dir: Path, files: SherpaFiles) -> None:
    """Whether the files are a streaming model's that belong together.

    Raises:
        RecogniserError: they are not.
    """
    encoder, decoder = _metadata(files.encoder), _metadata(files.decoder)
    if files.joiner is None:
        streaming = "lfr_window_size" in encoder
    else:
        _metadata(files.joiner)
        streaming = encoder.get("model_type") not in ICEFALL or "decode_chunk_len" in encoder
        streaming = streaming and "model_type" in encoder
    if not streaming:
        raise RecogniserError(
            f"{model_dir} is not a streaming model (or of a kind that this program does not know)"
        )
    try:
        tokens = _tokens(files.tokens)
    except (OSError, UnicodeDecodeError) as error:
        raise RecogniserError(f"{files.tokens} cannot be read: {error}") from error
    vocabulary = int((decoder | encoder).get("vocab_size", len(tokens)))
    if vocabulary != len(tokens):
        raise RecogniserError(
            f"{files.tokens} has {len(tokens)} tokens and the model {vocabulary}: they do not "
            "belong together"
        )


def _metadata(file: Path) -> dict[str, str]:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.intra_op_num_threads = 1
    try:
        session = onnxruntime.InferenceSession(
            str(file), sess_options=options, providers=["CPUExecutionProvider"]
        )
    except Exception as error:
        raise RecogniserError(f"{file} is damaged: {str(error)[:200]}") from error
    found: dict[str, str] = session.get_modelmeta().custom_metadata_map
    return found
