"""Speech recognisers behind one interface. The engines' libraries load only when they are used."""

from asr.recogniser.build import (
    build_recogniser,
    model_dir,
    vosk_model_dir,
    whisper_model_dir,
)
from asr.recogniser.interface import (
    Hypothesis,
    Recogniser,
    RecogniserError,
    RecogniserGoneError,
    RecogniserStream,
)

__all__ = [
    "Hypothesis",
    "Recogniser",
    "RecogniserError",
    "RecogniserGoneError",
    "RecogniserStream",
    "build_recogniser",
    "model_dir",
    "vosk_model_dir",
    "whisper_model_dir",
]
