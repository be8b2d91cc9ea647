"""The word lists behind the rules, read once from the package's data and checked."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from asr.prefill.sounds import SoundIndex
from config.errors import ConfigError
from config.faults import syntax_zh, unreadable_zh

STRONG, MEDIUM, WEAK = 3.0, 1.4, 0.5
SINGLE = 0.6
"""What a strong, medium or weak word of a category weighs."""


@dataclass(frozen=True)
class Surnames:
    """Surnames by frequency, rare ones (believed only after 姓), compound ones, explanations."""

    ranks: Mapping[str, int]
    rare: frozenset[str]
    compound: frozenset[str]
    explained: Mapping[str, str]

    def is_single(self, char: str) -> bool:
        """Whether one character is a surname."""
        return char in self.ranks

    def known(self, surname: str) -> bool:
        """Whether it is a surname of one or two characters."""
        return surname in self.ranks or surname in self.compound or surname in self.rare

    def of(self, name: str) -> str:
        """The surname of a name."""
        return name[:2] if name[:2] in self.compound else name[:1]

    def rank(self, surname: str) -> int:
        """Position by frequency; unknown ones last."""
        return self.ranks.get(surname, len(self.ranks))


@dataclass(frozen=True)
class Category:
    """One leaf of the taxonomy with the words citizens use for it."""

    key: str
    name: str
    line: str
    department: str
    words: Mapping[str, float]
    examples: tuple[str, ...]


@dataclass(frozen=True)
class Gazetteer:
    """Place names by district.

    Attributes:
        districts: full name of a district to its short form(s).
        places: place name to district; a name that two districts share is left out.
        roads: the subset of ``places`` that are streets.
        landmarks: institutions that help an address but give no district.
        generic: words that end like a place name but name none.
    """

    districts: Mapping[str, tuple[str, ...]]
    places: Mapping[str, str]
    roads: frozenset[str]
    landmarks: frozenset[str]
    generic: frozenset[str]


@dataclass(frozen=True)
class OrganisationWords:
    """How names of firms and bodies look.

    Attributes:
        endings: what a name ends with, longest first.
        brands: names known without an ending.
        illicit: businesses that are reported without a name.
        fits: by category, endings that the party complained of is likely to have.
        bodies: by category, the public body or utility complained of.
        bodies_any: any of those bodies.
        rejected: by ground of refusal, the body or official concerned.
        praised: bodies and units whose people are praised.
    """

    endings: re.Pattern[str]
    brands: tuple[str, ...]
    illicit: re.Pattern[str]
    fits: Mapping[str, re.Pattern[str]]
    bodies: Mapping[str, re.Pattern[str]]
    bodies_any: re.Pattern[str]
    rejected: Mapping[str, re.Pattern[str]]
    praised: re.Pattern[str]


@dataclass(frozen=True)
class Lexicon:
    """Everything the rules look up."""

    categories: Mapping[str, Category]
    routing: Mapping[str, Mapping[str, float]]
    departments: Mapping[str, tuple[str, ...]]
    gazetteer: Gazetteer
    surnames: Surnames
    organisations: OrganisationWords
    anchors: SoundIndex
    holidays: Mapping[str, Mapping[str, str]]


def _text(name: str) -> tuple[Path, str]:
    source = resources.files("config") / "defaults" / name
    path = Path(str(source))
    try:
        return path, source.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(
            path, "", f"cannot be read: {error.strerror}", unreadable_zh(error)
        ) from error
    except UnicodeDecodeError as error:
        raise ConfigError(path, "", f"is not UTF-8: {error}", "不是 UTF-8 文本") from error


def read_table(name: str) -> tuple[Path, dict[str, Any]]:
    path, text = _text(name)
    try:
        values = json.loads(text) if name.endswith(".json") else tomllib.loads(text)
    except ValueError as error:
        raise ConfigError(path, "", f"is not valid: {error}", syntax_zh(error)) from error
    if not isinstance(values, dict):
        raise ConfigError(path, "", "must hold one table at the top", "应为一张由键组成的表")
    return path, values


def _words(path: Path, table: Mapping[str, Any], key: str, field: str) -> list[str]:
    value = table.get(field, "")
    if not isinstance(value, str):
        raise ConfigError(
            path, f"{key}.{field}", "must be words separated by blanks", "应为用空格分开的词"
        )
    return value.split()


def _categories() -> dict[str, Category]:
    path, taxonomy = read_table("taxonomy.json")
    words_path, spoken = read_table("prefill_categories.toml")
    categories: dict[str, Category] = {}
    for position, leaf in enumerate(taxonomy.get("categories", [])):
        try:
            key, name = str(leaf["key"]), str(leaf["name"])
            line, department = str(leaf["line"]), str(leaf["department"])
        except (KeyError, TypeError) as error:
            raise ConfigError(
                path,
                f"categories.{position}",
                "needs key, name, line and department",
                "须有 key、name、line 和 department",
            ) from error
        table = spoken.get(key)
        if not isinstance(table, dict):
            raise ConfigError(
                words_path, key, "has no words; every category needs some", "没有词；每类事项都要有"
            )
        words: dict[str, float] = {}
        for field, weight in (("weak", WEAK), ("medium", MEDIUM), ("strong", STRONG)):
            for word in _words(words_path, table, key, field):
                # a single character says little: it stands inside many other words
                words[word] = weight if len(word) > 1 else min(weight, SINGLE)
        examples = table.get("examples", [])
        if not isinstance(examples, list) or not all(isinstance(one, str) for one in examples):
            raise ConfigError(
                words_path, f"{key}.examples", "must be a list of sentences", "应为句子的列表"
            )
        categories[key] = Category(key, name, line, department, words, tuple(examples))
    unknown = sorted(set(spoken) - set(categories))
    if unknown:
        raise ConfigError(
            words_path, unknown[0], "is not a category of the taxonomy", "不是分类中的事项"
        )
    return categories


def _gazetteer() -> Gazetteer:
    path, table = read_table("prefill_gazetteer.toml")
    districts: dict[str, tuple[str, ...]] = {}
    owners: dict[str, set[str]] = {}
    roads: set[str] = set()
    landmarks = frozenset(_words(path, table.get("landmarks", {}), "landmarks", "names"))
    for name, entry in table.items():
        if name in ("landmarks", "generic"):
            continue
        districts[name] = tuple(_words(path, entry, name, "short"))
        for field in ("roads", "places"):
            for place in _words(path, entry, name, field):
                owners.setdefault(place, set()).add(name)
                if field == "roads":
                    roads.add(place)
    places = {place: next(iter(own)) for place, own in owners.items() if len(own) == 1}
    generic = frozenset(_words(path, table.get("generic", {}), "generic", "names"))
    return Gazetteer(districts, places, frozenset(roads), landmarks, generic)


def _surnames() -> Surnames:
    path, table = read_table("prefill_surnames.json")
    single, explained = table.get("single"), table.get("explained", {})
    if not isinstance(single, str) or not isinstance(explained, dict):
        raise ConfigError(
            path,
            "single",
            "must be one string of surnames, most frequent first",
            "应为一串姓氏，常见的在前",
        )
    ranks: dict[str, int] = {}
    for char in single:
        ranks.setdefault(char, len(ranks))
    longest_first = dict(sorted(explained.items(), key=lambda pair: -len(pair[0])))
    return Surnames(
        ranks,
        frozenset(str(table.get("rare", ""))),
        frozenset(table.get("compound", [])),
        longest_first,
    )


def compiled(path: Path, key: str, value: Any) -> re.Pattern[str]:
    """One expression, or the alternatives of a list of them.

    Raises:
        ConfigError: naming the file and the key when it is no regular expression.
    """
    parts = value if isinstance(value, list) else [value]
    try:
        return re.compile("|".join(f"(?:{part.strip()})" for part in parts))
    except (re.error, AttributeError) as error:
        raise ConfigError(
            path, key, f"must be regular expressions: {error}", f"应为正则表达式：{error}"
        ) from error


def _organisations() -> OrganisationWords:
    path, table = read_table("prefill_organisations.toml")

    def by_key(name: str) -> dict[str, re.Pattern[str]]:
        entries = table.get(name, {})
        return {key: compiled(path, f"{name}.{key}", value) for key, value in entries.items()}

    endings = sorted(_words(path, table, "", "endings"), key=len, reverse=True)
    bodies = by_key("bodies")
    return OrganisationWords(
        endings=compiled(path, "endings", [re.escape(word) for word in endings]),
        brands=tuple(_words(path, table, "", "brands")),
        illicit=compiled(path, "illicit", table.get("illicit")),
        fits=by_key("fits"),
        bodies=bodies,
        bodies_any=compiled(path, "bodies", [one.pattern for one in bodies.values()]),
        rejected=by_key("rejected"),
        praised=compiled(path, "praised", table.get("praised")),
    )


def _departments() -> dict[str, tuple[str, ...]]:
    path, table = read_table("departments.json")
    departments: dict[str, tuple[str, ...]] = {}
    for position, entry in enumerate(table.get("departments", [])):
        try:
            departments[str(entry["key"])] = (
                str(entry["name"]),
                *map(str, entry.get("aliases", ())),
            )
        except (KeyError, TypeError) as error:
            raise ConfigError(
                path, f"departments.{position}", "needs key and name", "须有 key 和 name"
            ) from error
    return departments


def _routing(categories: Mapping[str, Category]) -> dict[str, dict[str, float]]:
    """What agents call the unit to which they pass a matter, and the categories it points to."""
    path, table = read_table("prefill_routing.toml")
    routing: dict[str, dict[str, float]] = {}
    for words, keys in table.items():
        if not isinstance(keys, list) or not set(keys) <= set(categories):
            raise ConfigError(
                path, words, "must list categories of the taxonomy", "应列出分类中的事项"
            )
        for word in words.split():
            routing.setdefault(word, {}).update(dict.fromkeys(keys, 1.0 / len(keys) ** 0.5))
    return routing


@cache
def lexicon() -> Lexicon:
    """The embedded word lists.

    Raises:
        ConfigError: naming the data file and the entry at fault.
    """
    categories = _categories()
    gazetteer = _gazetteer()
    path, anchors = read_table("prefill_anchors.toml")
    phrases = _words(path, anchors, "", "dialogue")
    phrases += _words(path, anchors, "", "sites")
    phrases += _words(path, anchors, "", "keep")
    if short := [phrase for phrase in phrases if len(phrase) < 2]:
        # every character that sounds like it would be read as it, in every word
        raise ConfigError(path, short[0], "is one character; give a word", "只有一个字，请写词")
    named = [place for place in gazetteer.places if len(place) > 2]
    named += [name for name in gazetteer.landmarks if len(name) > 2]
    named += list(gazetteer.districts)
    _, holidays = read_table("prefill_holidays.json")
    return Lexicon(
        categories=categories,
        routing=_routing(categories),
        departments=_departments(),
        gazetteer=gazetteer,
        surnames=_surnames(),
        organisations=_organisations(),
        anchors=SoundIndex([*named, *phrases]),
        holidays=holidays,
    )
