"""Attaching the parties of live calls to the recogniser."""

from asr.attach.attacher import AudioAttacher, LiveCalls, LiveParty
from asr.attach.spy import AmiActions, is_spy, spy_on

__all__ = ["AmiActions", "AudioAttacher", "LiveCalls", "LiveParty", "is_spy", "spy_on"]
