"""Which voices are asked, in which order."""

from __future__ import annotations

import os

from config.settings import PromptSettings
from ivr.prompts.interfaces import Synthesiser
from ivr.prompts.speech.external import CommandVoice, EspeakVoice
from ivr.prompts.speech.kokoro import KokoroVoice
from ivr.prompts.speech.tones import Tones


def voices_in_order(settings: PromptSettings) -> tuple[Synthesiser, ...]:
    """The voice that was asked for, tones last: no prompt is silent for want of a voice."""
    voices: list[Synthesiser] = []
    if settings.voice == "command":
        voices.append(CommandVoice(settings.command))
    if settings.voice in ("auto", "kokoro"):
        voices.append(KokoroVoice(threads=min(4, os.cpu_count() or 1)))
    espeak = EspeakVoice.find() if settings.voice in ("auto", "espeak") else None
    if espeak is not None:
        voices.append(EspeakVoice(espeak))
    return (*voices, Tones())
