"""The whole of training: read, fit, cross-validate, calibrate, and describe the artefact."""

from __future__ import annotations

import platform
from collections.abc import Callable, Sequence
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

from asr.prefill.dangers import DangerEar
from asr.prefill.parties.artefact import Parties
from asr.prefill.scoring import Report
from asr.prefill.trained import Trained
from asr.prefill.training.dangers import fit_ear, sayings
from asr.prefill.training.fitting import examples
from asr.prefill.training.judging import (
    Folds,
    assemble,
    cross_validated,
    curves_of,
    first_contacts,
    judged,
)
from asr.prefill.training.material import Dialogue, Material, read_material
from asr.prefill.training.parties import FittedParties, PartyTrainer

FOLDS = 4


def train(
    files: Sequence[Path],
    seed: int,
    told: Callable[[str], None] = lambda _: None,
    *,
    material: Material | None = None,
) -> tuple[Trained, Parties]:
    """Classifiers, and the parts for targets, from what is shipped and the dialogues in ``files``.

    Args:
        files: labelled transcripts, one JSON object a line; may be none.
        seed: of the noise and of the calls made around statements.
        told: hears of the progress, line by line.
        material: instead of reading it; for tests.

    Raises:
        MaterialError: a file or line that cannot be used.
    """
    material = material or read_material(files)
    told(f"{len(material.statements)} statements, {len(material.dialogues)} dialogues")
    rows = examples(material, seed, told)
    folds = Folds(FOLDS, material.dialogues)
    fitted, shares = cross_validated(rows, None, folds, told)
    parties = _parties(material, folds, fitted, seed, told)
    report, outcomes = judged(material.dialogues, folds, fitted, parties.apart)
    final = assemble(rows, shares)
    told(f"fitted on all {len(rows)} calls")
    trained = [one for one in outcomes if one.field in ("category", "request_type")]
    card = {
        "seed": seed,
        "folds": FOLDS,
        "data_sha256": material.hashes,
        "statements": len(material.statements),
        "dialogues": len(material.dialogues),
        "libraries": {
            name: version(name)
            for name in ("numpy", "scipy", "scikit-learn", "pypinyin", "python-crfsuite", "rjieba")
        }
        | {"python": platform.python_version()},
        "cross_validated": report.as_dict() if material.dialogues else None,
    }
    classifiers = Trained(
        final.category,
        final.request_type,
        *shares,
        curves=curves_of([*trained, *first_contacts()]),
        card=card,
    )
    return classifiers, parties.whole


def _parties(
    material: Material,
    folds: Folds,
    trained: Sequence[Trained],
    seed: int,
    told: Callable[[str], None],
) -> FittedParties:
    fitted = PartyTrainer(seed).fit(
        material.snippets,
        material.dialogues,
        lambda one: folds.of(one.key),
        lambda fold: trained[fold],
        told,
    )
    of_dialogues = {key: one for key, one in material.hashes.items() if key.endswith(".jsonl")}
    card = {**fitted.whole.card, "data_sha256": {**material.snippet_hashes, **of_dialogues}}
    return fitted._replace(whole=replace(fitted.whole, card=card))


def train_ear(files: Sequence[Path], seed: int) -> DangerEar:
    """The ear for dangers from the shipped sentences and statements and from ``files``.

    Raises:
        MaterialError: a file or line that cannot be used.
    """
    return fit_ear(sayings(read_material(files)), seed)


def cross_validate(
    file: Path,
    data: Sequence[Path],
    folds: int,
    seed: int,
    told: Callable[[str], None] = lambda _: None,
) -> Report:
    """Scores of the rows in ``file``, each by parts trained without it.

    Rows of ``data`` that stand in ``file``, too, are left out of the training by their words.

    Raises:
        MaterialError: a file or line that cannot be used.
    """
    judged_rows = read_material([file])
    known = {_words(one) for one in judged_rows.dialogues}
    others = tuple(one for one in read_material(data).dialogues if _words(one) not in known)
    material = replace(judged_rows, dialogues=(*judged_rows.dialogues, *others))
    told(f"{len(judged_rows.dialogues)} rows to judge, {len(others)} more to train on")
    by_row = Folds(folds)
    fitted, _ = cross_validated(examples(material, seed, told), None, by_row, told)
    parties = _parties(material, by_row, fitted, seed, told)
    return judged(judged_rows.dialogues, by_row, fitted, parties.apart)[0]


def _words(dialogue: Dialogue) -> str:
    return "".join(str(turn["text"]).replace(" ", "") for turn in dialogue.row["turns"])
