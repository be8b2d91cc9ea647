"""Judging what was trained: cross-validation, and confidences as often right as they say."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib import resources
from typing import Any, NamedTuple

import numpy as np
from sklearn.isotonic import IsotonicRegression

from asr.prefill.calibration import Curve
from asr.prefill.model import FIELDS, FieldGuess
from asr.prefill.parties.artefact import Parties
from asr.prefill.prefiller import Prefiller
from asr.prefill.scoring import Report, matches, present
from asr.prefill.trained import Trained
from asr.prefill.training.fitting import Example, fit_category, fit_request_type, fit_shares
from asr.prefill.training.material import Dialogue
from asr.prefill.verdicts import NOT_ACCEPTED

_PSEUDO = 4.0
"""Outcomes at the overall rate that each confidence starts from: few rows prove little."""


class Outcome(NamedTuple):
    """One field of one row: how sure the guess was, and whether it was right."""

    field: str
    raw: float
    right: bool


def fold_of(source: str, folds: int) -> int:
    """Which fold a row or statement belongs to; the same in every run."""
    return int(hashlib.sha256(source.encode()).hexdigest(), 16) % folds


class Folds:
    """Which fold a row or statement belongs to, by its key; the same in every run.

    The dialogues of a file have one author, who names people and firms in a way of his own: where
    there are files enough a file is in one fold, so that its author is judged unheard.
    """

    def __init__(self, count: int, dialogues: Iterable[Dialogue] = ()) -> None:
        self.count = count
        file_of = {one.key: one.file for one in dialogues}
        files = sorted(set(file_of.values()))
        if len(files) < count:
            file_of = {}
        self._known = {key: files.index(file) % count for key, file in file_of.items()}

    def of(self, key: str) -> int:
        """The fold, from 0."""
        return self._known.get(key, fold_of(key, self.count))


def assemble(rows: Sequence[Example], shares: tuple[float, float]) -> Trained:
    """Both classifiers from these rows, without calibration."""
    return Trained(fit_category(rows), fit_request_type(rows), *shares, curves={}, card={})


def cross_validated(
    rows: Sequence[Example],
    shares: tuple[float, float] | None,
    folds: Folds,
    told: Callable[[str], None] = lambda _: None,
) -> tuple[list[Trained], tuple[float, float]]:
    """One artefact a fold, fitted without the rows of that fold; and the shares.

    Without ``shares`` they are fitted to the held-out rows of all folds.
    """
    fitted: list[Trained] = []
    logits, rules, gold = [], [], []
    for fold in range(folds.count):
        seen = [row for row in rows if folds.of(row.source) != fold]
        fitted.append(assemble(seen, shares or (1.0, 1.0)))
        labels = fitted[-1].category.labels
        for row in rows:
            if folds.of(row.source) == fold and row.category != NOT_ACCEPTED:
                logits.append(fitted[-1].category.logits(row.grams))
                rules.append([np.log1p(max(row.rules.get(key, 0.0), 0.0)) for key in labels])
                gold.append(labels.index(row.category))
        told(f"fold {fold + 1} of {folds.count} fitted on {len(seen)} calls")
    if shares is None:
        shares = fit_shares(np.array(logits), np.array(rules, dtype=np.float32), gold)
        fitted = [
            Trained(one.category, one.request_type, *shares, curves={}, card={}) for one in fitted
        ]
    return fitted, shares


def judged(
    dialogues: Iterable[Dialogue],
    folds: Folds,
    fitted: Sequence[Trained],
    parties: Mapping[int, Parties],
) -> tuple[Report, list[Outcome]]:
    """Report and outcomes of dialogues, each by the parts of the fold that lacks it."""
    prefillers = [
        Prefiller(trained=one, parties=parties.get(fold)) for fold, one in enumerate(fitted)
    ]
    report = Report()
    outcomes: list[Outcome] = []
    for dialogue in dialogues:
        prefiller = prefillers[folds.of(dialogue.key)]
        guesses = prefiller.prefill(dialogue.row)
        report.add(
            dialogue.key,
            {field: guess.value for field, guess in guesses.items()},
            dialogue.row["gold"],
        )
        outcomes += outcomes_of(guesses, dialogue.row["gold"])
    return report, outcomes


def outcomes_of(guesses: Mapping[str, FieldGuess], gold: Mapping[str, Any]) -> Iterable[Outcome]:
    """Whether each field's guess, given or withheld, was right."""
    for field in FIELDS:
        guess, wanted = present(field, guesses[field].value), present(field, gold.get(field))
        if guess is None or wanted is None:
            right = guess is wanted
        else:
            right = matches(field, guess, wanted)
        yield Outcome(field, round(guesses[field].confidence, 3), right)


def first_contacts() -> list[Outcome]:
    """Outcomes of rows that nobody had seen when they were judged, as kept with the source."""
    source = resources.files("asr.prefill.training") / "first_contacts.json"
    kept = json.loads(source.read_text(encoding="utf-8"))
    return [
        Outcome(field, float(raw), bool(right))
        for field, pairs in kept["outcomes"].items()
        for raw, right in pairs
    ]


def curves_of(outcomes: Iterable[Outcome]) -> dict[str, Curve]:
    """Isotonic regression of being right on raw confidence, field by field."""
    by_field: dict[str, list[Outcome]] = defaultdict(list)
    for one in outcomes:
        by_field[one.field].append(one)
    return {field: _curve(by_field[field]) for field in FIELDS if by_field[field]}


def _curve(outcomes: Sequence[Outcome]) -> Curve:
    raws = np.array(sorted({one.raw for one in outcomes}))
    rate = float(np.mean([one.right for one in outcomes]))
    counts = np.array([sum(one.raw == raw for one in outcomes) for raw in raws], dtype=float)
    rights = np.array([sum(one.right for one in outcomes if one.raw == raw) for raw in raws])
    # every raw value is drawn to the field's own rate, the rare ones most
    shares = (rights + _PSEUDO * rate) / (counts + _PSEUDO)
    fitted = IsotonicRegression(y_min=0.02, y_max=0.99).fit(raws, shares, sample_weight=counts)
    heights = fitted.predict(raws)
    keep = [
        at
        for at in range(len(raws))
        if at in (0, len(raws) - 1)
        or heights[at] != heights[at - 1]
        or heights[at] != heights[at + 1]
    ]
    return Curve(
        tuple(round(float(raws[at]), 3) for at in keep),
        tuple(round(float(heights[at]), 3) for at in keep),
    )
