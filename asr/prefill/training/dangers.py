"""Fitting the ear for dangers: which emergency line a caller's words need, or none."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from random import Random

from asr.prefill.classifier import Classifier
from asr.prefill.dangers import LABELS, NONE, DangerEar
from asr.prefill.grams import call_grams
from asr.prefill.prefiller import Prefiller
from asr.prefill.training.dialogues import misheard
from asr.prefill.training.fitting import fit_lines
from asr.prefill.training.material import Material, MaterialError

_FILE = "dangers.json"
_MAY_BE_DANGERS = ("safety.", "public_security.", "utilities.gas")
"""Categories whose statements may be dangers themselves: no examples of harmlessness."""
_SHORTEST = 8
_COPIES = 2


@dataclass(frozen=True, slots=True)
class Saying:
    """What a caller said, and the line it needs (:data:`NONE` for none)."""

    said: str
    line: str


def sayings(material: Material) -> list[Saying]:
    """The shipped sentences, harmless statements, and the turns of calls without a danger.

    Raises:
        MaterialError: an entry of the shipped file that is not as it must be.
    """
    raw = (resources.files("asr.prefill.training") / _FILE).read_text("utf-8")
    try:
        listed = json.loads(raw)
        out = [Saying(str(said), str(line)) for said, line in listed["emergencies"]]
        out += [Saying(str(said), NONE) for said in listed["harmless"]]
    except (ValueError, KeyError, TypeError) as error:
        raise MaterialError(f"{_FILE}: must hold emergencies and harmless: {error}") from error
    if not {one.line for one in out} <= set(LABELS):
        raise MaterialError(f"{_FILE}: a line that is none of {', '.join(LABELS)}")
    out += [
        Saying("".join(one.sentences), NONE)
        for one in material.statements
        if not one.category.startswith(_MAY_BE_DANGERS)
    ]
    for dialogue in material.dialogues:
        gold = dialogue.row["gold"]
        if gold.get("urgency") == "emergency" or gold.get("emergency_line"):
            continue
        texts = [
            str(turn["text"]).replace(" ", "")
            for turn in dialogue.row["turns"]
            if turn["who"] == "caller"
        ]
        out += [Saying(text, NONE) for text in texts if len(text) >= _SHORTEST]
    return out


def fit_ear(told: Sequence[Saying], seed: int) -> DangerEar:
    """A classifier of emergency lines over the grams of one saying."""
    return DangerEar(_fitted(told, seed))


def _fitted(told: Sequence[Saying], seed: int) -> Classifier:
    prefiller = Prefiller(rules_only=True)
    random = Random(seed)  # noqa: S311 - reproducible, not secret
    grams, lines, sources = [], [], []
    for number, one in enumerate(told):
        copies = _COPIES if one.line != NONE else 1
        for copy in range(copies):
            said = misheard(one.said, random) if copy else one.said
            grams.append(call_grams([prefiller.read(0, "caller", said)]))
            lines.append(one.line)
            sources.append(str(number))
    return fit_lines(grams, lines, sources, LABELS)
