"""Matching by sound: homophones are what recognisers get wrong, tones what they do not hear."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from typing import NamedTuple

from pypinyin import Style, lazy_pinyin


@cache
def _syllable(char: str) -> str:
    found: list[str] = lazy_pinyin(char, style=Style.NORMAL, errors="default")
    return found[0] if found else char


def syllables(text: str) -> tuple[str, ...]:
    """One toneless syllable per character; a character without a reading stands for itself."""
    return tuple(_syllable(char) for char in text)


@cache
def readings(phrase: str) -> tuple[tuple[str, ...], ...]:
    """The ways in which a phrase may stand in a text of syllables.

    Characters with several readings are read one by one there (着 is zhe), in a phrase as the
    phrase has it (着火 is zhao huo): who hears 找火 means 着火.
    """
    spoken = tuple(lazy_pinyin(phrase, style=Style.NORMAL, errors="default"))
    alone = syllables(phrase)
    return (alone,) if spoken == alone or len(spoken) != len(alone) else (alone, spoken)


class Hit(NamedTuple):
    """A phrase found at characters ``start`` to ``end``; ``exact`` if written as in the list."""

    start: int
    end: int
    phrase: str
    exact: bool


class SoundIndex:
    """Phrases to be found by characters or by sound."""

    def __init__(self, phrases: Iterable[str]) -> None:
        self._by_sound: dict[tuple[str, ...], list[str]] = {}
        for phrase in dict.fromkeys(phrases):
            for sounds in readings(phrase):
                self._by_sound.setdefault(sounds, []).append(phrase)
        self._lengths = sorted({len(key) for key in self._by_sound}, reverse=True)

    def longest_at(self, text: str, sounds: tuple[str, ...], start: int) -> str | None:
        """The longest phrase that sounds like the text at ``start``; the exact one if any."""
        for length in self._lengths:
            if start + length > len(sounds):
                continue
            phrases = self._by_sound.get(sounds[start : start + length])
            if phrases:
                written = text[start : start + length]
                return written if written in phrases else phrases[0]
        return None

    def hits(self, text: str, sounds: tuple[str, ...]) -> Iterator[Hit]:
        """Every phrase at every place, exact ones first at each place and length."""
        for start in range(len(sounds)):
            for length in self._lengths:
                end = start + length
                if end > len(sounds):
                    continue
                phrases = self._by_sound.get(sounds[start:end])
                if not phrases:
                    continue
                written = text[start:end]
                if written in phrases:
                    yield Hit(start, end, written, True)
                else:
                    for phrase in phrases:
                        yield Hit(start, end, phrase, False)
