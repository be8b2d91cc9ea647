"""Fitting the classifiers: logistic regression over grams, by scikit-learn, on one thread."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from random import Random

import numpy as np
from scipy.optimize import minimize
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

from asr.prefill.categories import CategoryScores
from asr.prefill.classifier import Classifier
from asr.prefill.grams import call_grams
from asr.prefill.lexicon import lexicon
from asr.prefill.prefiller import Prefiller
from asr.prefill.text import Utterance
from asr.prefill.training.dialogues import Turn, as_call, misheard
from asr.prefill.training.material import Material
from asr.prefill.verdicts import request_marks

CATEGORY_STRENGTH, REQUEST_STRENGTH, DANGER_STRENGTH = 30.0, 3.0, 10.0
"""Inverse of the regularisation; chosen by cross-validation."""

MOST_TERMS = {"category": 20_000, "request_type": 12_000, "danger": 40_000}
"""Dangers are told in words that few sayings share: fewer terms would leave these out."""

VARIANTS = 3
"""Calls made of each statement, and misheard copies of each dialogue."""


@dataclass(frozen=True)
class Example:
    """One call with its labels and all that the classifiers are told of it.

    Attributes:
        source: key of the statement or row; all variants of one share it.
        whole: whether it is a whole dialogue as labelled, not made of a statement.
        plain: whether it is as it was given, without noise put in.
    """

    source: str
    whole: bool
    plain: bool
    category: str
    request_type: str
    grams: Mapping[str, float]
    marks: tuple[str, ...]
    rules: Mapping[str, float]


def examples(
    material: Material, seed: int, told: Callable[[str], None] = lambda _: None
) -> list[Example]:
    """Every statement as calls, every dialogue as it is and misheard."""
    prefiller = Prefiller(rules_only=True)
    out: list[Example] = []
    statements = list(material.statements)
    for position, statement in enumerate(statements):
        random = Random(f"{seed}:{statement.key}")  # noqa: S311 - reproducible, not secret
        calls: list[list[Turn]] = [[("caller", "".join(statement.sentences))]]
        calls += [as_call(statement, random, statements) for _ in range(VARIANTS - 1)]
        for number, call in enumerate(calls):
            out.append(
                _example(
                    prefiller,
                    call,
                    statement.key,
                    statement.category,
                    statement.request_type,
                    whole=False,
                    plain=number == 0,
                )
            )
        if position % 500 == 499:
            told(f"{position + 1} of {len(statements)} statements read")
    for dialogue in material.dialogues:
        random = Random(f"{seed}:{dialogue.key}")  # noqa: S311 - reproducible, not secret
        given: list[Turn] = [(turn["who"], turn["text"]) for turn in dialogue.row["turns"]]
        for number in range(VARIANTS):
            call = (
                [(who, misheard(text.replace(" ", ""), random)) for who, text in given]
                if number
                else given
            )
            out.append(
                _example(
                    prefiller,
                    call,
                    dialogue.key,
                    dialogue.category,
                    dialogue.request_type,
                    whole=True,
                    plain=number == 0,
                    dialled=str(dialogue.row.get("dialled", "")),
                )
            )
    told(f"{len(material.dialogues)} dialogues read")
    return out


def _example(
    prefiller: Prefiller,
    call: Sequence[Turn],
    source: str,
    category: str,
    request_type: str,
    *,
    whole: bool,
    plain: bool,
    dialled: str = "12345",
) -> Example:
    turns: list[Utterance] = [
        prefiller.read(index, who, text) for index, (who, text) in enumerate(call)
    ]
    scores: CategoryScores = prefiller.category_scores(turns, dialled)
    rule = prefiller.request_by_rules_alone(turns, category).guess
    return Example(
        source,
        whole,
        plain,
        category,
        request_type,
        call_grams(turns),
        tuple(request_marks(turns, rule, category)),
        scores.scores,
    )


def fit_category(rows: Sequence[Example]) -> Classifier:
    """The classifier of categories."""
    return _fit(
        [row.grams for row in rows],
        [()] * len(rows),
        [row.category for row in rows],
        [row.source for row in rows],
        sorted(lexicon().categories),
        MOST_TERMS["category"],
        CATEGORY_STRENGTH,
    )


def fit_request_type(rows: Sequence[Example]) -> Classifier:
    """The classifier of request types, over grams and what the rules say."""
    return _fit(
        [row.grams for row in rows],
        [row.marks for row in rows],
        [row.request_type for row in rows],
        [row.source for row in rows],
        ["complaint", "consultation", "help", "praise", "report", "suggestion"],
        MOST_TERMS["request_type"],
        REQUEST_STRENGTH,
    )


def fit_lines(
    grams: Sequence[Mapping[str, float]],
    lines: Sequence[str],
    sources: Sequence[str],
    labels: Sequence[str],
) -> Classifier:
    """The classifier of emergency lines over single sayings."""
    marks: list[tuple[str, ...]] = [()] * len(grams)
    return _fit(grams, marks, lines, sources, labels, MOST_TERMS["danger"], DANGER_STRENGTH)


def _fit(
    grams: Sequence[Mapping[str, float]],
    marks: Sequence[Sequence[str]],
    gold: Sequence[str],
    sources: Sequence[str],
    labels: Sequence[str],
    most: int,
    strength: float,
) -> Classifier:
    terms, idf = _terms(grams, sources, most)
    known_marks = sorted({mark for row in marks for mark in row})
    all_terms = (*terms, *known_marks)
    index = {term: at for at, term in enumerate(all_terms)}
    values: list[float] = []
    columns: list[int] = []
    bounds = [0]
    for row, marked in zip(grams, marks, strict=True):
        known = [
            (index[gram], value * idf[index[gram]]) for gram, value in row.items() if gram in index
        ]
        norm = float(np.sqrt(sum(value * value for _, value in known))) or 1.0
        columns += [at for at, _ in known] + [index[mark] for mark in marked]
        values += [value / norm for _, value in known] + [1.0] * len(marked)
        bounds.append(len(columns))
    matrix = csr_matrix(
        (np.array(values), np.array(columns), np.array(bounds)),
        shape=(len(grams), len(all_terms)),
    )
    present = sorted(set(gold))
    wanted = np.array([present.index(one) for one in gold])
    with threadpool_limits(limits=1):
        model = LogisticRegression(C=strength, max_iter=200, tol=1e-3)
        model.fit(matrix, wanted)
    weights = np.zeros((len(all_terms), len(labels)), dtype=np.float32)
    bias = np.full(len(labels), -20.0, dtype=np.float32)
    for row_number, label in enumerate(present):
        weights[:, labels.index(label)] = model.coef_[row_number]
        bias[labels.index(label)] = model.intercept_[row_number]
    # rounded as it will be saved: what is measured is what is shipped
    full_idf = np.concatenate([idf, np.ones(len(known_marks))])
    return Classifier(
        labels=tuple(labels),
        terms=all_terms,
        idf=full_idf.astype(np.float16).astype(np.float32),
        weights=weights.astype(np.float16).astype(np.float32),
        bias=bias,
    )


def _terms(
    grams: Sequence[Mapping[str, float]], sources: Sequence[str], most: int
) -> tuple[list[str], np.ndarray[tuple[int], np.dtype[np.float64]]]:
    """Terms that at least two sources share, the most shared first, and their idf."""
    holders: dict[str, set[str]] = defaultdict(set)
    for row, source in zip(grams, sources, strict=True):
        for gram in row:
            holders[gram].add(source)
    total = len(set(sources))
    shared = sorted(
        (gram for gram, owners in holders.items() if len(owners) > 1),
        key=lambda gram: (-len(holders[gram]), gram),
    )[:most]
    idf = np.array([np.log(1 + total / len(holders[gram])) for gram in shared])
    return shared, idf


def fit_shares(
    logits: np.ndarray[tuple[int, int], np.dtype[np.float32]],
    rules: np.ndarray[tuple[int, int], np.dtype[np.float32]],
    gold: Sequence[int],
) -> tuple[float, float]:
    """How much classifier and rules count: least mean log loss on held-out rows."""

    def loss(shares: np.ndarray[tuple[int], np.dtype[np.float64]]) -> float:
        mixed = shares[0] * logits + shares[1] * rules
        mixed = mixed - mixed.max(axis=1, keepdims=True)
        lost = np.log(np.exp(mixed).sum(axis=1)) - mixed[np.arange(len(gold)), list(gold)]
        return float(lost.mean())

    found = minimize(loss, np.array([1.0, 1.0]), method="Nelder-Mead", options={"xatol": 1e-3})
    return round(float(found.x[0]), 3), round(float(found.x[1]), 3)
