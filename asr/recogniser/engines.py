"""Loading an engine by its name, in whichever process."""

from __future__ import annotations

from pathlib import Path

from asr.recogniser.evidence import SpeechOnly
from asr.recogniser.interface import Recogniser, RecogniserError


def load_engine(engine: str, model: Path, *, threads: int) -> Recogniser:
    """Load a model; blocks for seconds. It hears words only where somebody speaks.

    Args:
        engine: ``vosk``, ``whisper`` or ``sherpa``.
        model: its folder.
        threads: how many streams will be decoded at the same time.

    Raises:
        RecogniserError: the model cannot be loaded, or there is no such engine.
    """
    return SpeechOnly(_loaded(engine, model, threads))


def _loaded(engine: str, model: Path, threads: int) -> Recogniser:
    if engine == "vosk":
        from asr.recogniser.vosk import VoskRecogniser

        return VoskRecogniser(model)
    if engine == "whisper":
        from asr.recogniser.whisper import WhisperRecogniser

        return WhisperRecogniser(model, workers=threads)
    if engine == "sherpa":
        from asr.recogniser.sherpa import SherpaRecogniser

        return SherpaRecogniser(model)
    raise RecogniserError(f"there is no engine {engine!r}")
