"""English text to the phonemes of Kokoro-82M, by the pronouncing dictionary of ``misaki``.

Only the dictionary file of that package is read (90,000 American words in the voice's own
phonemes); what is not in it is tried as an inflected form, then as two words, then spelled.
"""

from __future__ import annotations

import json
import re
from functools import cache
from importlib import resources
from typing import cast

_DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_PIECES = re.compile(r"[A-Za-z]+(?:'[A-Za-z]+)*|\d|.", re.DOTALL)
_PAUSES = ".,!?:;"
_VOWELS = "AIOQWYaæɑɐɒɔəɛɜiɪuʊʌᵻ"
_NAMED = {"*": "star", "#": "hash", "&": "and", "%": "percent", "+": "plus"}
# the dictionary gives full forms; in running speech these are said weakly
_WEAK = {"a": "ɐ", "an": "ən", "and": "ænd", "of": "ʌv", "for": "fɔɹ"}


class NoDictionaryError(Exception):
    """The package with the pronouncing dictionary is not installed."""


def phonemes(text: str) -> str:
    """What the voice is given for ``text``; digits are read one by one.

    Raises:
        NoDictionaryError: when ``misaki`` is not installed.
        ValueError: for a character that has no reading in English.
    """
    pieces = _PIECES.findall(_spell_symbols(text))
    out: list[str] = []
    following = ""
    # from the end, since the article's vowel depends on the next word's first sound
    for piece in reversed(pieces):
        spoken = _piece(piece, following)
        if spoken.strip() and spoken not in _PAUSES:
            following = spoken
        out.append(spoken)
    return re.sub(r" +", " ", "".join(reversed(out))).strip()


def _spell_symbols(text: str) -> str:
    spelled = re.sub(r"\d", lambda match: f" {_DIGITS[int(match[0])]} ", text)
    for symbol, name in _NAMED.items():
        spelled = spelled.replace(symbol, f" {name} ")
    return re.sub(r"\s+([.,!?:;])", r"\1", spelled)


def _piece(piece: str, following: str) -> str:
    if piece[0].isalpha() and piece.isascii():
        return _word(piece, following)
    if piece in _PAUSES:
        return piece
    if piece.isspace() or piece in "-–—()\"'“”‘’/":
        return " "
    raise ValueError(f"the character {piece!r} cannot be spoken in English; write it as a word")


def _word(word: str, following: str) -> str:
    before_vowel = following.lstrip("ˈˌ")[:1] in _VOWELS if following else False
    lowered = word.lower()
    if lowered == "the":
        return "ði" if before_vowel else "ðə"
    if lowered == "to":
        return "tʊ" if before_vowel else "tə"
    if lowered in _WEAK:
        return _WEAK[lowered]
    if len(word) > 1 and word.isupper() and _entry(lowered) is None:
        return _spelled(lowered)
    return _look_up(word) or _compound(lowered) or _spelled(lowered)


def _look_up(word: str) -> str | None:
    for form in dict.fromkeys((word, word.lower(), word.capitalize())):
        found = _entry(form) or _inflected(form)
        if found:
            return found
    return None


def _inflected(word: str) -> str | None:
    if word.endswith("'s") and (stem := _entry(word[:-2])):
        return _with_s(stem)
    if word.endswith("ies") and (stem := _entry(word[:-3] + "y")):
        return _with_s(stem)
    for suffix, add in (("s", _with_s), ("es", _with_s), ("ed", _with_ed), ("d", _with_ed)):
        if word.endswith(suffix) and (stem := _entry(word[: -len(suffix)])):
            return add(stem)
    if word.endswith("ing"):
        stem = _entry(word[:-3]) or _entry(word[:-3] + "e")
        return stem + "ɪŋ" if stem else None
    return None


def _with_s(stem: str) -> str:
    if stem[-1] in "szʃʒʧʤ":
        return stem + "ᵻz"
    return stem + ("s" if stem[-1] in "ptkfθ" else "z")


def _with_ed(stem: str) -> str:
    if stem[-1] in "td":
        return stem + "ᵻd"
    return stem + ("t" if stem[-1] in "pkfθʃsʧ" else "d")


def _compound(word: str) -> str | None:
    for cut in range(len(word) - 3, 2, -1):
        first, second = _look_up(word[:cut]), _look_up(word[cut:])
        if first and second:
            return first + second.replace("ˈ", "ˌ")
    return None


def _spelled(word: str) -> str:
    return " ".join(_entry(letter.upper()) or "" for letter in word if letter.isalpha())


def _entry(word: str) -> str | None:
    found = _dictionary().get(word)
    if isinstance(found, dict):
        found = found.get("DEFAULT")
    return found or None


@cache
def _dictionary() -> dict[str, str | dict[str, str | None]]:
    try:
        file = resources.files("misaki") / "data" / "us_gold.json"
        text = file.read_text(encoding="utf-8")
    except (ModuleNotFoundError, OSError) as error:
        raise NoDictionaryError("English needs the package misaki; run: make install") from error
    return cast("dict[str, str | dict[str, str | None]]", json.loads(text))
