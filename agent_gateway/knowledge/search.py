"""Finding entries by spoken words, which have no blanks and are not those that were written."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import bm25s

from agent_gateway.store import KnowledgeEntry
from asr.prefill.sounds import readings, syllables

# An entry's keyword that was said tells more than any likeness of the texts.
KEYWORD_WEIGHT: Final = 2.0
LEAST_SCORE: Final = 1.0
"""Below it an entry is not worth an agent's look."""


class KnowledgeIndex:
    """Some entries, ready to be searched: BM25 over pairs of characters, and their keywords."""

    def __init__(self, entries: Sequence[KnowledgeEntry]) -> None:
        self._entries = list(entries)
        self._ranking = bm25s.BM25()
        if self._entries:
            texts = [f"{one.title} {' '.join(one.keywords)} {one.text}" for one in self._entries]
            self._ranking.index([_pairs(text) for text in texts], show_progress=False)

    def search(
        self, words: str, *, category: str = "", limit: int = 3
    ) -> list[tuple[KnowledgeEntry, float]]:
        """The entries that fit best, with their scores, best first.

        Args:
            words: what was said, or what somebody looks for.
            category: entries of another category are left out; "" for any.
            limit: how many at most.
        """
        bare = _bare(words)
        if not self._entries or not bare:
            return []
        scores = self._ranking.get_scores(_pairs(words))
        sounded = _joined(syllables(bare))
        ranked = []
        for entry, score in zip(self._entries, scores, strict=True):
            if category and entry.category and entry.category != category:
                continue
            # recognisers write 找火 for 着火: keywords count by their sound
            said = sum(1 for keyword in entry.keywords if _is_said(keyword, sounded))
            # who looks for an entry writes a piece of it
            literal = bare in _bare(f"{entry.title} {' '.join(entry.keywords)} {entry.text}")
            total = float(score) + KEYWORD_WEIGHT * (said + literal)
            if category and entry.category == category:
                total += KEYWORD_WEIGHT / 2
            if total >= LEAST_SCORE and (said or literal or score > 0):
                ranked.append((entry, round(total, 3)))
        ranked.sort(key=lambda one: (-one[1], one[0].id))
        return ranked[:limit]


def _is_said(keyword: str, sounded: str) -> bool:
    kept = _bare(keyword)
    return bool(kept) and any(_joined(one) in sounded for one in readings(kept))


def _joined(sounds: Sequence[str]) -> str:
    return "|".join(["", *sounds, ""])


def _bare(text: str) -> str:
    return "".join(char for char in text if char.isalnum())


def _pairs(text: str) -> list[str]:
    kept = _bare(text)
    return [kept[at : at + 2] for at in range(len(kept) - 1)] or [kept]
