"""The last resort when nothing on the machine can speak: three rising notes, never silence."""

from __future__ import annotations

import numpy as np

from ivr.prompts.interfaces import Language, Sound

_RATE = 8000
# E5 G5 C6; none of them is near a call progress or DTMF frequency pair
_NOTES_HZ = (659.3, 784.0, 1046.5)
_NOTE_S = 0.22


class Tones:
    """``Synthesiser`` that says nothing, audibly."""

    name = "tones"
    version = "1"

    def synthesise(self, text: str, lang: Language) -> Sound:
        """The same three notes for every text."""
        del text, lang
        time = np.arange(round(_NOTE_S * _RATE)) / _RATE
        envelope = np.minimum(1, time / 0.01) * np.exp(-6 * time)
        notes = [0.5 * envelope * np.sin(2 * np.pi * hertz * time) for hertz in _NOTES_HZ]
        return Sound(np.concatenate(notes).astype(np.float32), _RATE)
