"""Audio streams on their way to becoming transcripts."""

from asr.streams.counters import Counters
from asr.streams.service import TranscriptionService
from asr.streams.stream import PartyStream

__all__ = ["Counters", "PartyStream", "TranscriptionService"]
