"""Recorded AMI streams: read in whatever form, told as domain events and as one line a call."""

from telephony.replay.recap import CallRecap, recapitulate
from telephony.replay.recording import NotARecording, Recorded, Recording, read_recording
from telephony.replay.replaying import Replay, replay
from telephony.replay.sentence import sentence

__all__ = [
    "CallRecap",
    "NotARecording",
    "Recorded",
    "Recording",
    "Replay",
    "read_recording",
    "recapitulate",
    "replay",
    "sentence",
]
