"""Statements made into calls as a recogniser would give them: questions, answers, misheard words.

What is asked and answered around the matter is the same in every call; a classifier that has seen
it around every matter learns to pass it over.
"""

from __future__ import annotations

import re
import tomllib
from collections import defaultdict
from functools import cache
from importlib import resources
from random import Random
from typing import Any, Literal, TypeAlias

from asr.prefill.lexicon import Lexicon, lexicon
from asr.prefill.sounds import syllables
from asr.prefill.training.material import Statement

Turn: TypeAlias = tuple[Literal["agent", "caller"], str]

_PROGRESS = re.compile(
    r"反映.{0,14}(?:单|结果|处理|怎么样|到哪|有没有|改|修|回|办|查|咋样|进展|解决|整改|事)|"
    r"投诉.{0,14}(?:单|结果|处理|怎么样|有消息|回信|到哪)|"
    r"举报.{0,10}(?:工单|查了没)|工单|单子|报过|打过电话|昨天报的|之前报的|办到哪|到哪一步"
)


@cache
def _phrases() -> dict[str, Any]:
    source = resources.files("asr.prefill.training") / "phrases.toml"
    return tomllib.loads(source.read_text(encoding="utf-8"))


@cache
def _places() -> tuple[str, ...]:
    words = lexicon().gazetteer
    return tuple(sorted(place for place in words.places if len(place) > 2))


@cache
def _surnames() -> str:
    return "".join(lexicon().surnames.ranks)[:120]


@cache
def _homophones() -> dict[str, str]:
    """Syllable → characters in use that sound so."""
    sounding: dict[str, set[str]] = defaultdict(set)
    for category in lexicon().categories.values():
        for text in (*category.words, *category.examples):
            for char, sound in zip(text, syllables(text), strict=True):
                sounding[sound].add(char)
    return {sound: "".join(sorted(chars)) for sound, chars in sounding.items() if len(chars) > 1}


def misheard(text: str, random: Random, share: float = 0.03) -> str:
    """The text with about ``share`` of its characters replaced by others of the same sound."""
    same = _homophones()
    return "".join(
        random.choice(same[sound]) if sound in same and random.random() < share else char
        for char, sound in zip(text, syllables(text), strict=True)
    )


def as_call(statement: Statement, random: Random, others: list[Statement]) -> list[Turn]:
    """A call around a statement; sometimes with another matter that the caller sets aside."""
    wish = statement.request_type
    words, say = lexicon(), _phrases()
    first, *rest = statement.sentences
    lead = random.choice(say["leads"][wish]) if random.random() < 0.5 else ""
    opening = random.choice(say["openings"]) if random.random() < 0.4 else ""
    turns: list[Turn] = []
    if random.random() < 0.9:
        turns.append(("agent", random.choice(say["greetings"])))
    place = random.choice(_places())
    near = f"{place}这边" if random.random() < 0.3 else ""
    if opening and random.random() < 0.4:
        turns += [("caller", opening), ("agent", "您请讲")]
        opening = ""
    turns.append(("caller", f"{opening}{lead}{near}{first}"))
    for one in rest:
        turns += [("agent", "嗯您继续说"), ("caller", one)]
    if wish == "consultation":
        turns += _inquiry(statement, random)
        return _noisy(turns, random)
    if random.random() < 0.12 and others:
        other = random.choice(others)
        if other.category != statement.category:
            turns.append(("caller", random.choice(say["asides"]).format(other.sentences[0])))
    steps = random.randint(1, 5)
    if steps >= 1:
        turns += [
            ("agent", random.choice(say["where"])),
            ("caller", f"{place}{random.choice(say['near'])}"),
        ]
    if steps >= 2:
        turns += [
            ("agent", random.choice(say["when"])),
            ("caller", random.choice(say["when_said"])),
        ]
    if steps >= 3:
        said = random.choice(say["tried_said"][wish])
        turns += [("agent", random.choice(say["tried"])), ("caller", said)]
    if random.random() < 0.85:
        turns += [
            ("agent", random.choice(say["names"])),
            ("caller", f"我姓{random.choice(_surnames())}"),
        ]
    if random.random() < 0.6:
        turns += [
            ("agent", random.choice(say["phones"])),
            ("caller", random.choice(say["phones_said"])),
        ]
    if wish in say["thanked"]:
        turns.append(("agent", random.choice(say["thanked"][wish])))
    else:
        turns.append(("agent", _hand_on(statement, random, words)))
    if random.random() < 0.6:
        turns.append(("caller", random.choice(say["byes"])))
    return _noisy(turns, random)


def _hand_on(statement: Statement, random: Random, words: Lexicon) -> str:
    """The agent's last word; now and then naming the unit that the matter goes to."""
    say = _phrases()
    if random.random() < 0.35:
        units = [unit for unit, keys in words.routing.items() if statement.category in keys]
        if units:
            return f"好的给您转{random.choice(sorted(units))}"
    return str(random.choice(say["done"]))


def _inquiry(statement: Statement, random: Random) -> list[Turn]:
    say = _phrases()
    turns: list[Turn] = []
    if _PROGRESS.search("".join(statement.sentences)):
        turns += [
            ("agent", random.choice(say["tickets"])),
            ("caller", random.choice(say["tickets_said"])),
        ]
        turns.append(("agent", random.choice(say["states"])))
        turns.append(("caller", random.choice(say["urged"])))
        return turns
    for _ in range(random.randint(1, 3)):
        turns += [
            ("agent", random.choice(say["answers"])),
            ("caller", random.choice(say["asked_on"])),
        ]
    turns.append(("caller", random.choice(say["thanks"])))
    return turns


def _noisy(turns: list[Turn], random: Random) -> list[Turn]:
    return [(who, misheard(text, random)) for who, text in turns]
