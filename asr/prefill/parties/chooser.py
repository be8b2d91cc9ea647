"""The target of a call by the trained parts: tagger, rules and ranker together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from asr.prefill.lexicon import OrganisationWords
from asr.prefill.model import FieldGuess
from asr.prefill.parties.artefact import Parties
from asr.prefill.parties.candidates import Candidate, candidates
from asr.prefill.parties.ranker import PartyRanker
from asr.prefill.parties.tagger import PartyFeatures, PartyTagger
from asr.prefill.places import PlaceFinder
from asr.prefill.targets import Matter, body, settled_target
from asr.prefill.text import Utterance

LIKELY: Final = 0.35
"""A value that is right this often does more good than harm to precision and recall together."""


class PartyChooser:
    """Finds the target with a trained tagger and ranker; safe to share between threads."""

    def __init__(self, parties: Parties, words: OrganisationWords, finder: PlaceFinder) -> None:
        self._tagger = PartyTagger(parties.tagger, PartyFeatures(words, finder))
        self._ranker = PartyRanker(parties.ranker, parties.least)
        self._words = words
        self._finder = finder

    def target(self, turns: Sequence[Utterance], matter: Matter) -> FieldGuess:
        """As :func:`asr.prefill.targets.target`; confidence is the ranker's probability."""
        settled = settled_target(turns, matter, self._words)
        if settled is not None:
            return self._blamed_perhaps(turns, matter) or settled
        best = self._best(turns, matter)
        if best is not None and best[1] >= self._ranker.least:
            return FieldGuess(best[0].name, [best[0].evidence], best[1])
        if matter.category.startswith("utilities."):
            # whoever complains of a supply complains of its supplier, if that is spoken of at all
            supplier = body(turns, matter, self._words)
            if supplier is not None:
                return supplier
        return FieldGuess(None, [], 0.6 if best is None else 1.0 - best[1])

    def _blamed_perhaps(self, turns: Sequence[Utterance], matter: Matter) -> FieldGuess | None:
        """A party in a call for help or a question that may as well be a complaint."""
        if matter.request_type not in ("help", "consultation") or matter.blames < LIKELY:
            return None
        best = self._best(turns, replace(matter, request_type="complaint"))
        if best is None or matter.blames * best[1] < LIKELY:
            return None
        return FieldGuess(best[0].name, [best[0].evidence], matter.blames * best[1])

    def _best(self, turns: Sequence[Utterance], matter: Matter) -> tuple[Candidate, float] | None:
        found = candidates(turns, matter, self._words, self._finder, self._tagger)
        return self._ranker.best(found, turns, matter, self._words, self._finder)
