"""Choosing among candidates for the party complained of, or none of them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from asr.prefill.lexicon import OrganisationWords
from asr.prefill.parties.candidates import Candidate
from asr.prefill.parties.features import describe, same_party
from asr.prefill.places import PlaceFinder
from asr.prefill.targets import Matter
from asr.prefill.text import Utterance

_AREA = 5
"""Most characters of an area in front of a body's name."""

_AS_GOOD = 0.95
"""Of names that match nearly as much as the best one the likeliest is taken."""

_FULLER = 0.4
"""How likely a name that says more must be, beside the one that was chosen."""


class Chosen(NamedTuple):
    """The best candidate, how likely it is right, and how likely nobody is meant."""

    candidate: Candidate
    probability: float
    nobody: float


class PartyRanker:
    """A log-linear choice between nobody and the candidates over :func:`describe`'s features.

    Args:
        weights: by name of feature.
        least: probability below which no candidate should be taken.
    """

    def __init__(self, weights: Mapping[str, float], least: float) -> None:
        self._weights = dict(weights)
        self.least = least

    def shares(self, features: Sequence[Mapping[str, float]]) -> list[float]:
        """Probability of each, given the features of nobody and of every candidate."""
        totals = [
            sum(self._weights.get(name, 0.0) * value for name, value in one.items())
            for one in features
        ]
        highest = max(totals)
        raised = [math.exp(total - highest) for total in totals]
        whole = sum(raised)
        return [one / whole for one in raised]

    def best(
        self,
        candidates: Sequence[Candidate],
        turns: Sequence[Utterance],
        matter: Matter,
        words: OrganisationWords,
        finder: PlaceFinder,
    ) -> Chosen | None:
        """The candidate most likely to match; None when there is none."""
        if not candidates:
            return None
        nobody, *shares = self.shares(describe(candidates, turns, matter, words, finder))
        if matter.request_type == "praise":
            nobody = 0.0  # whoever thanks thanks somebody
        # a word that is said often must not win by being counted often
        once: dict[tuple[str, str], tuple[Candidate, float]] = {}
        for one, share in zip(candidates, shares, strict=True):
            key = one.name, one.source
            if key not in once or share > once[key][1]:
                once[key] = one, share
        whole = nobody + sum(share for _, share in once.values())
        names = [one for one, _ in once.values()]
        best, probability = likeliest(names, [share / whole for _, share in once.values()])
        return Chosen(best, probability, nobody / whole)


def likeliest(candidates: Sequence[Candidate], shares: Sequence[float]) -> tuple[Candidate, float]:
    """The candidate whose name would match most of the probability, and how much of it.

    Names that differ in a character or two match each other, so they stand by one another. A body
    with its area says more, and so does what is missing: [西固区]法院, [无证]作坊.
    """
    matched = [
        sum(
            share
            for other, share in zip(candidates, shares, strict=True)
            if same_party(other.name, one.name)
        )
        for one in candidates
    ]
    enough = _AS_GOOD * max(matched)
    best = max(
        (at for at in range(len(candidates)) if matched[at] >= enough),
        key=lambda at: (shares[at], -candidates[at].turn, -candidates[at].start),
    )
    chosen = candidates[best]
    fuller = [
        one
        for one, share in zip(candidates, shares, strict=True)
        if share >= _FULLER * shares[best]
        and one.name.endswith(chosen.name)
        and 2 <= len(one.name) - len(chosen.name) <= _AREA
        and (chosen.source in ("body", "rejected") or one.source == "illicit")
    ]
    return max(fuller, key=lambda one: len(one.name), default=chosen), min(1.0, matched[best])
