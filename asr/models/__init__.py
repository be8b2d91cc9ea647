"""Models of speech: where they live, whether they are whole, how to get them."""

from asr.models.catalogue import VOSK_CHINESE, VOSK_LARGE, VOSK_SMALL, WHISPER_BASE
from asr.models.structure import fault_of_vosk_model, fault_of_whisper_model

__all__ = [
    "VOSK_CHINESE",
    "VOSK_LARGE",
    "VOSK_SMALL",
    "WHISPER_BASE",
    "fault_of_vosk_model",
    "fault_of_whisper_model",
]
