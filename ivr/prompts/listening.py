"""What a caller would hear, as one sound: for whoever decides about it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ivr.prompts.interfaces import Sound
from ivr.prompts.levels import TELEPHONE_RATE
from ivr.prompts.wavefile import UnreadableSoundError, read_sound

_BETWEEN_S = 0.3


def heard(prompts_dir: Path, prompts: Sequence[str]) -> Sound:
    """Prompts one after the other, as they lie ready for Asterisk. Blocking.

    Args:
        prompts_dir: of the installation.
        prompts: ``<language>/<key>``, in order.

    Raises:
        UnreadableSoundError: one of them is missing; ``hotline prompts render`` makes it.
    """
    pause = np.zeros(round(_BETWEEN_S * TELEPHONE_RATE), np.float32)
    parts = [pause[:0]]
    for name in prompts:
        sound = read_sound(prompts_dir / f"{name}.wav")
        if sound.rate != TELEPHONE_RATE:
            raise UnreadableSoundError(f"{name} has {sound.rate} Hz; run: hotline prompts render")
        parts += [sound.samples, pause]
    return Sound(np.concatenate(parts), TELEPHONE_RATE)
