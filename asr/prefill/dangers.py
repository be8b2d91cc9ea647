"""The trained ear for dangers: hears what the expressions have no words for."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import structlog

from asr.prefill.classifier import Classifier, probabilities
from asr.prefill.grams import call_grams
from asr.prefill.text import Utterance
from asr.prefill.trained import FOLDER, ArtefactError

log = structlog.get_logger(__name__)

NONE = "none"
LABELS = (NONE, "110", "119", "120", "122")
"""What the ear tells apart: no danger, or the emergency line that the words need."""

FILE = "dangers.npz"
_SHORTEST = 8
"""Characters that a saying must have: less tells nothing by itself."""


@dataclass(frozen=True)
class DangerEar:
    """A linear classifier over the grams of one turn; its labels are :data:`LABELS`."""

    classifier: Classifier

    def hear(self, turn: Utterance) -> tuple[str, float]:
        """(line, probability that it is a danger) of one turn of the caller."""
        if len(turn.text) < _SHORTEST:
            return NONE, 0.0
        chances = probabilities(self.classifier.logits(call_grams([turn])))
        return LABELS[1 + int(chances[1:].argmax())], float(1.0 - chances[0])

    def save(self, folder: Path) -> None:
        """Write the file; the same ear gives the same bytes."""
        one = self.classifier
        packed = io.BytesIO()
        np.savez_compressed(
            packed,
            allow_pickle=False,
            terms=np.frombuffer("\n".join(one.terms).encode(), dtype=np.uint8),
            idf=one.idf.astype(np.float16),
            weights=one.weights.astype(np.float16),
            bias=one.bias.astype(np.float32),
        )
        folder.mkdir(parents=True, exist_ok=True)
        (folder / FILE).write_bytes(packed.getvalue())


def load_ear(folder: Path) -> DangerEar:
    """Read and check the file. Nothing in it is executed.

    Raises:
        ArtefactError: when it is missing or damaged.
    """
    try:
        raw = io.BytesIO((folder / FILE).read_bytes())
        with np.load(raw, allow_pickle=False) as arrays:
            return DangerEar(
                Classifier(
                    labels=LABELS,
                    terms=tuple(arrays["terms"].tobytes().decode().split("\n")),
                    idf=arrays["idf"].astype(np.float32),
                    weights=arrays["weights"].astype(np.float32),
                    bias=arrays["bias"].astype(np.float32),
                )
            )
    except OSError as error:
        raise ArtefactError(f"cannot be read: {error}") from error
    except (KeyError, TypeError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise ArtefactError(f"is damaged: {type(error).__name__}: {error}") from error


@cache
def shipped_ear() -> DangerEar | None:
    """The shipped ear; None, with an error in the log, when it cannot be used."""
    try:
        return load_ear(FOLDER)
    except ArtefactError as error:
        log.exception(
            "prefill.danger_ear_refused", folder=str(FOLDER), reason=str(error), goes_on="by words"
        )
        return None
