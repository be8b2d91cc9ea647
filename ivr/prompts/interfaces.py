"""What a voice is to the rest of the package."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
import numpy.typing as npt

Language = Literal["zh", "en"]
Samples = npt.NDArray[np.float32]

LANGUAGES: tuple[Language, ...] = ("zh", "en")


@dataclass(frozen=True, slots=True)
class Sound:
    """Mono audio.

    Attributes:
        samples: one dimension, full scale is -1.0 to 1.0.
        rate: Hz.
    """

    samples: Samples
    rate: int

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return len(self.samples) / self.rate


class SynthesisError(Exception):
    """A voice could not speak a text; the message says why and what would help."""


class Synthesiser(Protocol):
    """A voice. Called from one thread at a time, never from the event loop: it may take seconds."""

    @property
    def name(self) -> str:
        """Which voice it is; two voices that sound different have different names."""

    @property
    def version(self) -> str:
        """Changes whenever the same text would sound different."""

    def synthesise(self, text: str, lang: Language) -> Sound:
        """Speak ``text``; loudness, silence around it and bandwidth are the caller's care.

        Raises:
            SynthesisError: when this text cannot be spoken.
        """
