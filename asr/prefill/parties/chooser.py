"""The target of a call by the trained parts: tagger, rules and ranker together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from asr.prefill.lexicon import OrganisationWords
from asr.prefill.model import FieldGuess
from asr.prefill.parties.artefact import Parties
from asr.prefill.parties.candidates import candidates
from asr.prefill.parties.ranker import PartyRanker
from asr.prefill.parties.tagger import PartyFeatures, PartyTagger
from asr.prefill.places import PlaceFinder
from asr.prefill.targets import Matter
from asr.prefill.text import Utterance

CLEAR: Final = 0.8
"""From this probability on that a call only asks, it complains of nobody."""


NONE_NAMED: Final = 0.97
"""How often there is no target where no name was found."""


class PartyChooser:
    """Finds the target with a trained tagger and ranker; safe to share between threads."""

    def __init__(self, parties: Parties, words: OrganisationWords, finder: PlaceFinder) -> None:
        self._tagger = PartyTagger(parties.tagger, PartyFeatures(words, finder))
        self._ranker = PartyRanker(parties.ranker, parties.least)
        self._words = words
        self._finder = finder

    def target(self, turns: Sequence[Utterance], matter: Matter) -> FieldGuess:
        """As :func:`asr.prefill.targets.target`; confidence is the probability of being right."""
        if matter.danger:
            return FieldGuess(None, [], 0.8)
        asks = matter.wishes.get("consultation", 0.0)
        if asks >= CLEAR:
            return FieldGuess(None, [], asks)
        found = candidates(turns, matter, self._words, self._finder, self._tagger)
        best = self._ranker.best(found, turns, matter, self._words, self._finder)
        if best is None:
            return FieldGuess(None, [], NONE_NAMED)
        if best.probability < self._ranker.least:
            return FieldGuess(None, [], best.nobody)
        chosen = best.candidate
        return FieldGuess(chosen.name, [chosen.evidence], best.probability)
