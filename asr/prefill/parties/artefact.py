"""The trained parts that find targets, as files: numbers and words only, nothing is executed."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import structlog

from asr.prefill.parties.tagger import LABELS, TaggerWeights

log = structlog.get_logger(__name__)

FORMAT = 2
"""Version of the files; another one is not read."""

WEIGHTS, CARD = "parties.npz", "parties.json"
FOLDER = Path(__file__).parent.with_name("artefact")
"""Where the shipped files lie."""


class PartiesError(ValueError):
    """Files that must not be used; the message says what is wrong with them."""


@dataclass(frozen=True)
class Parties:
    """What training gives.

    Attributes:
        tagger: weights of the tagger.
        ranker: weight of each feature of a candidate.
        least: probability below which no candidate is taken.
        card: where it comes from.
    """

    tagger: TaggerWeights
    ranker: Mapping[str, float]
    least: float
    card: Mapping[str, Any]

    def save(self, folder: Path) -> None:
        """Write both files; the same parts give the same bytes."""
        packed = io.BytesIO()
        np.savez_compressed(
            packed,
            allow_pickle=False,
            features=np.frombuffer("\n".join(self.tagger.rows).encode(), dtype=np.uint8),
            states=self.tagger.states.astype(np.float16),
            transitions=self.tagger.transitions,
        )
        card = {
            **self.card,
            "format": FORMAT,
            "sha256": hashlib.sha256(packed.getvalue()).hexdigest(),
            "least": self.least,
            "ranker": {name: round(self.ranker[name], 4) for name in sorted(self.ranker)},
        }
        folder.mkdir(parents=True, exist_ok=True)
        (folder / WEIGHTS).write_bytes(packed.getvalue())
        text = json.dumps(card, ensure_ascii=False, indent=1, sort_keys=True)
        (folder / CARD).write_text(text + "\n", encoding="utf-8")


def load_parties(folder: Path) -> Parties:
    """Read both files and check version, hash and shapes.

    Raises:
        PartiesError: when anything is amiss.
    """
    try:
        card = json.loads((folder / CARD).read_text(encoding="utf-8"))
        raw = (folder / WEIGHTS).read_bytes()
        _check_pair(card, raw)
        with np.load(io.BytesIO(raw), allow_pickle=False) as arrays:
            names = arrays["features"].tobytes().decode().split("\n")
            tagger = TaggerWeights(
                {name: row for row, name in enumerate(names)},
                arrays["states"].astype(np.float32),
                arrays["transitions"].astype(np.float32),
            )
        ranker = {str(name): float(weight) for name, weight in card["ranker"].items()}
        parties = Parties(tagger, ranker, float(card["least"]), card)
    except PartiesError:
        raise
    except OSError as error:
        raise PartiesError(f"cannot be read: {error}") from error
    except (KeyError, TypeError, ValueError, AttributeError, zipfile.BadZipFile) as error:
        raise PartiesError(f"is damaged: {type(error).__name__}: {error}") from error
    if (
        tagger.states.shape != (len(names), len(LABELS))
        or tagger.transitions.shape != (len(LABELS), len(LABELS))
        or not np.isfinite(tagger.states).all()
        or not np.isfinite(tagger.transitions).all()
    ):
        raise PartiesError("its arrays do not fit together")
    return parties


def _check_pair(card: Mapping[str, Any], raw: bytes) -> None:
    if card["format"] != FORMAT:
        raise PartiesError(f"format {card['format']!r}; this version reads {FORMAT}")
    if hashlib.sha256(raw).hexdigest() != card["sha256"]:
        raise PartiesError(f"{WEIGHTS} is not the file that {CARD} belongs to")


@cache
def shipped_parties() -> Parties | None:
    """The shipped parts; None, with an error in the log, when they cannot be used."""
    return _usable(FOLDER, "the rules alone")


def chosen_parties(folder: Path | None) -> Parties | None:
    """The parts in a folder of the operator's, else the shipped ones, else None."""
    return (_usable(folder, "the shipped parts") if folder else None) or shipped_parties()


def _usable(folder: Path, instead: str) -> Parties | None:
    try:
        return load_parties(folder)
    except PartiesError as error:
        log.exception(
            "prefill.parties_refused", folder=str(folder), reason=str(error), instead=instead
        )
        return None
