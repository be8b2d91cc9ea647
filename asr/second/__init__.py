"""Hearing a call again from its recording, when it is over and nobody waits for the words."""

from asr.second.attribution import Talk, TurnHeard, attributed
from asr.second.recording import CALLER_SIDE, OTHER_SIDE, hear_side

__all__ = ["CALLER_SIDE", "OTHER_SIDE", "Talk", "TurnHeard", "attributed", "hear_side"]
