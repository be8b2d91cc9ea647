"""Category and request type: what rules and classifiers say, put together."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from asr.prefill.categories import CategoryScores
from asr.prefill.classifier import probabilities
from asr.prefill.model import Evidence, FieldGuess
from asr.prefill.requests import SETTLED
from asr.prefill.text import Utterance
from asr.prefill.trained import Trained

NOT_ACCEPTED = "other.not_accepted"


def category_verdict(
    scores: CategoryScores, grams: Mapping[str, float], trained: Trained
) -> Mapping[str, float]:
    """Category → probability; refused matters are left to the rules, which ask for a ground."""
    model = trained.category
    rules = np.array(
        [math.log1p(max(scores.scores.get(key, 0.0), 0.0)) for key in model.labels],
        dtype=np.float32,
    )
    logits = trained.category_share * model.logits(grams) + trained.rules_share * rules
    logits[model.labels.index(NOT_ACCEPTED)] = -1e9
    return dict(zip(model.labels, probabilities(logits).tolist(), strict=True))


def request_marks(turns: Sequence[Utterance], rule: FieldGuess, category: str) -> Iterator[str]:
    """What the request classifier is told beside the words: the rules' word and the category."""
    group = category.split(".")[0]
    yield f"={rule.value}"
    yield f"={rule.value}:{rule.confidence:.2f}"
    yield f"={rule.value}:{group}"
    yield f"=in:{group}"
    yield f"=in:{category}"


def request_verdict(
    turns: Sequence[Utterance],
    rule: FieldGuess,
    category: str,
    grams: Mapping[str, float],
    trained: Trained,
) -> tuple[FieldGuess, Mapping[str, float]]:
    """The request type with its probability and where the caller said so; and the share of each."""
    model = trained.request_type
    shares = probabilities(model.logits(grams, request_marks(turns, rule, category)))
    settled = rule.confidence >= SETTLED and rule.value in model.labels
    best = str(rule.value) if settled else model.labels[int(shares.argmax())]
    evidence: list[Evidence] = rule.evidence if best == rule.value else []
    share = dict(zip(model.labels, shares.tolist(), strict=True))
    if settled:
        others = max(1.0 - share[best], 1e-6)
        scale = (1.0 - rule.confidence) / others
        share = {label: one * scale for label, one in share.items()} | {best: rule.confidence}
    guess = FieldGuess(best, evidence or model.evidence(best, turns), round(share[best], 3))
    return guess, share
