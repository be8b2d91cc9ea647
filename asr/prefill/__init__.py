"""Ticket pre-fill: what a transcript says about name, number, place, day, matter and urgency."""

from asr.prefill.model import FIELDS, CallFacts, Evidence, FieldGuess, Speaker, Value
from asr.prefill.prefiller import Prefiller, PrefillSession, TranscriptError

__all__ = [
    "FIELDS",
    "CallFacts",
    "Evidence",
    "FieldGuess",
    "PrefillSession",
    "Prefiller",
    "Speaker",
    "TranscriptError",
    "Value",
]
