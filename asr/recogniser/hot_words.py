"""Names that a text may mean: what sounds like them, but for one syllable of a longer one.

Whisper can be told what to expect, but a long list harms: with 30 names the error on sentences
without them rose by a quarter, and digits came out for pauses. So a sentence is heard without any
first, and again with the few names that it sounds like; the second hearing counts only if it has
one of them and sounds like the first.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher
from functools import lru_cache
from typing import Final

from asr.prefill.sounds import syllables
from asr.recogniser.text import bare

SHORTEST: Final = 3
MOST: Final = 4
"""As many names at a time."""
ALIKE: Final = 0.75
"""Of the syllables of both hearings."""
_KINDS: Final = "省市区县镇乡村街路巷道桥站局所院校"


class HotWords:
    """Names worth preferring."""

    def __init__(self, names: Iterable[str]) -> None:
        """``names``: those shorter than ``SHORTEST`` characters are left out."""
        self._names: list[tuple[str, int]] = []
        self._places: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)
        for name in dict.fromkeys(map(bare, names)):
            if len(name) >= SHORTEST:
                number = len(self._names)
                self._names.append((name, _needed(name)))
                for place, sound in enumerate(syllables(name)):
                    self._places[sound].append((number, place))

    def written(self, text: str) -> tuple[str, ...]:
        """The names that the text has, as they are written."""
        words = bare(text)
        found: Counter[int] = Counter()
        for sound in set(syllables(words)):
            found.update({number for number, _ in self._places.get(sound, ())})
        names = (self._names[number][0] for number in found)
        return tuple(sorted(name for name in names if name in words))

    def meant(self, text: str) -> tuple[str, ...]:
        """The names that the text sounds like and does not have, the likeliest first.

        Takes about 0.1 ms a sentence with a thousand names.
        """
        words = bare(text)
        found: Counter[tuple[int, int]] = Counter()
        for at, sound in enumerate(syllables(words)):
            for number, place in self._places.get(sound, ()):
                found[number, at - place] += 1
        best: dict[str, float] = {}
        for (number, _), count in found.items():
            name, needed = self._names[number]
            if count >= needed and name not in words:
                best[name] = max(best.get(name, 0.0), count / len(name))
        return tuple(sorted(best, key=lambda name: (-best[name], name)))[:MOST]


def _needed(name: str) -> int:
    """How many syllables must agree: all of a short name; 路 and the like prove nothing."""
    proving = len(name.rstrip(_KINDS)) or len(name)
    return len(name) - 1 if proving > SHORTEST else len(name)


def is_better(first: str, second: str, names: Sequence[str], written: Sequence[str] = ()) -> bool:
    """Whether the text heard with names in mind should count instead of the first.

    Args:
        first: as it was heard without.
        second: as it was heard with them.
        names: that the first may mean.
        written: that the first has; none of them may be lost.
    """
    words, before = bare(second), bare(first)
    if not all(name in words for name in written):
        return False
    if not any(name in words and name not in before for name in names):
        return False
    alike = SequenceMatcher(None, syllables(before), syllables(words), autojunk=False)
    return alike.ratio() >= ALIKE


@lru_cache(maxsize=64)
def hot_words(names: tuple[str, ...]) -> HotWords:
    """The same list is given to every stream of a line."""
    return HotWords(names)
