"""The trained artefact: classifiers, how far rules count beside them, and calibrated confidence."""

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

from asr.prefill.calibration import Curve
from asr.prefill.classifier import Classifier
from asr.prefill.lexicon import lexicon
from asr.prefill.model import FIELDS

log = structlog.get_logger(__name__)

FORMAT = 1
"""Version of the artefact's files; another one is not read."""

WEIGHTS, CARD = "weights.npz", "card.json"
FOLDER = Path(__file__).with_name("artefact")
"""Where the shipped artefact lies."""

_REQUEST_TYPES = ("complaint", "consultation", "help", "praise", "report", "suggestion")


class ArtefactError(ValueError):
    """An artefact that must not be used; the message says what is wrong with it."""


@dataclass(frozen=True)
class Trained:
    """What training gives.

    Attributes:
        category: labels are the taxonomy's leaves in order of their keys.
        request_type: labels are the six request types; its marks carry what the rules say.
        category_share: what the classifier's logits for a category are multiplied with …
        rules_share: … and the logarithm of the rules' score, before they are added.
        curves: field → raw confidence to probability of being right.
        card: where it comes from: format, seed, data and library versions, figures.
    """

    category: Classifier
    request_type: Classifier
    category_share: float
    rules_share: float
    curves: Mapping[str, Curve]
    card: Mapping[str, Any]

    def save(self, folder: Path) -> None:
        """Write both files; the same artefact gives the same bytes."""
        arrays: dict[str, np.ndarray[Any, Any]] = {}
        for name in ("category", "request_type"):
            one: Classifier = getattr(self, name)
            arrays[f"{name}_terms"] = np.frombuffer("\n".join(one.terms).encode(), dtype=np.uint8)
            arrays[f"{name}_idf"] = one.idf.astype(np.float16)
            arrays[f"{name}_weights"] = one.weights.astype(np.float16)
            arrays[f"{name}_bias"] = one.bias.astype(np.float32)
        packed = io.BytesIO()
        np.savez_compressed(packed, allow_pickle=False, **arrays)
        card = {
            **self.card,
            "format": FORMAT,
            "weights_sha256": hashlib.sha256(packed.getvalue()).hexdigest(),
            "labels": {
                "category": list(self.category.labels),
                "request_type": list(self.request_type.labels),
            },
            "category_share": self.category_share,
            "rules_share": self.rules_share,
            "curves": {field: curve.as_list() for field, curve in sorted(self.curves.items())},
        }
        folder.mkdir(parents=True, exist_ok=True)
        (folder / WEIGHTS).write_bytes(packed.getvalue())
        text = json.dumps(card, ensure_ascii=False, indent=1, sort_keys=True)
        (folder / CARD).write_text(text + "\n", encoding="utf-8")


def load_trained(folder: Path) -> Trained:
    """Read and check an artefact: version, hash, shapes, labels. Nothing in it is executed.

    Raises:
        ArtefactError: when anything is amiss.
    """
    try:
        card = json.loads((folder / CARD).read_text(encoding="utf-8"))
        raw = (folder / WEIGHTS).read_bytes()
        _check_pair(card, raw)
        with np.load(io.BytesIO(raw), allow_pickle=False) as arrays:
            found = Trained(
                category=_classifier(arrays, card, "category"),
                request_type=_classifier(arrays, card, "request_type"),
                category_share=float(card["category_share"]),
                rules_share=float(card["rules_share"]),
                curves={str(key): Curve.of(value) for key, value in card["curves"].items()},
                card=card,
            )
    except ArtefactError:
        raise
    except OSError as error:
        raise ArtefactError(f"cannot be read: {error}") from error
    except (KeyError, TypeError, ValueError, AttributeError, zipfile.BadZipFile) as error:
        raise ArtefactError(f"is damaged: {type(error).__name__}: {error}") from error
    if list(found.category.labels) != sorted(lexicon().categories):
        raise ArtefactError("its categories are not the taxonomy's: train it anew")
    if found.request_type.labels != _REQUEST_TYPES:
        raise ArtefactError("its request types are not the six that there are")
    if not set(found.curves) <= set(FIELDS):
        raise ArtefactError("it calibrates fields that do not exist")
    return found


def _check_pair(card: Mapping[str, Any], raw: bytes) -> None:
    if card["format"] != FORMAT:
        raise ArtefactError(f"format {card['format']!r}; this version reads {FORMAT}")
    if hashlib.sha256(raw).hexdigest() != card["weights_sha256"]:
        raise ArtefactError(f"{WEIGHTS} is not the file that {CARD} belongs to")


def _classifier(arrays: Any, card: Mapping[str, Any], name: str) -> Classifier:
    return Classifier(
        labels=tuple(card["labels"][name]),
        terms=tuple(arrays[f"{name}_terms"].tobytes().decode().split("\n")),
        idf=arrays[f"{name}_idf"].astype(np.float32),
        weights=arrays[f"{name}_weights"].astype(np.float32),
        bias=arrays[f"{name}_bias"].astype(np.float32),
    )


@cache
def shipped() -> Trained | None:
    """The shipped artefact; None, with an error in the log, when it cannot be used."""
    return _usable(FOLDER, "the rules alone")


def chosen(folder: Path | None) -> Trained | None:
    """The artefact in a folder of the operator's, else the shipped one, else None."""
    return (_usable(folder, "the shipped artefact") if folder else None) or shipped()


def _usable(folder: Path, instead: str) -> Trained | None:
    try:
        return load_trained(folder)
    except ArtefactError as error:
        log.exception(
            "prefill.artefact_refused", folder=str(folder), reason=str(error), instead=instead
        )
        return None
