"""Names after 叫 or on a sign, cut where a word ends, and what the business is called."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from asr.prefill.organisations import BEFORE_OTHER_CALLS, INTRODUCES
from asr.prefill.parties.spelled import Spelling, spellings
from asr.prefill.segments import FUNCTION, segments
from asr.prefill.text import Utterance

_OF_SOMEBODY = re.compile(rf"(?:{BEFORE_OTHER_CALLS}|老人|娃娃?)$")
_NO_NAME = re.compile(r"什么|啥|不|我|你|他|她|它|人|来|去|停|嚷|唤|苦")
_LONGEST, _MOST = 10, 6
"""Most characters of a name, and most ways to cut one."""

_KIND = re.compile(
    r"[一-鿿]{0,4}(?:[店厂馆场班社校坊]|公司|医院|诊所|中介|机构|平台|养老院|敬老院|福利院|幼儿园|健身房|画室|[琴车]行|[酒网]吧|餐厅|学校|物业|超市|酒楼|热力)$"
)
_NO_KIND = re.compile(
    r"(?:[立市广操现一当本商车内外下上农战职剧排进出银小这那哪每几两]|菜市|停车)"
    r"[场行班校园店厂馆]$|人行$"
)
"""人行, 一场, 这班, 停车场: words for what is no business that has a name."""

_LONGEST_KIND = 5
_MODIFIER = 2
"""Most characters of a noun that says more of a kind: 书法班, 洗砂厂."""


class Introduced(NamedTuple):
    """A name and where it stands in its turn's ``text``; ``source`` says how it was found."""

    name: str
    turn: int
    start: int
    end: int
    source: str


class Kind(NamedTuple):
    """What a business is called, and where that ends in its turn's ``text``."""

    name: str
    turn: int
    end: int


def introduced(turns: Sequence[Utterance]) -> Iterator[Introduced]:
    """Names that the caller introduces or explains."""
    for position, turn in enumerate(turns):
        if not turn.is_caller:
            continue
        explained = [one for one in spellings(turn) if "姓" not in turn.text[one.start : one.end]]
        for one in explained:
            yield Introduced(
                turn.text[one.start : one.end], position, one.start, one.end, "spelled"
            )
        for start, end in _called(turn, explained):
            yield Introduced(turn.text[start:end], position, start, end, "called")


def kinds(turns: Sequence[Utterance]) -> list[Kind]:
    """What callers call businesses: 养老院, 书法班."""
    return [one for at, turn in enumerate(turns) if turn.is_caller for one in _kinds(at, turn.text)]


def kind_of(known: Sequence[Kind], turn: int, start: int, fits: re.Pattern[str] | None) -> str:
    """What the business is whose short name starts there; empty where nobody says it.

    Before the name in the same turn it is surest: 一个火锅店叫[炉边].
    """
    just_before = [one for one in known if one.turn == turn and one.end <= start]
    fitting = [one for one in known if fits and fits.search(one.name)]
    near = just_before[-1:] or fitting or known
    return near[0].name if near else ""


def _called(turn: Utterance, explained: Sequence[Spelling]) -> Iterator[tuple[int, int]]:
    """After each 叫 the words up to one that no name holds, and every shorter cut of them."""
    for match in INTRODUCES.finditer(turn.text):
        start = match.end()
        if _OF_SOMEBODY.search(turn.text[: match.start()]) or _NO_NAME.match(turn.text, start):
            continue
        limit = min([one.end for one in explained if one.start >= start], default=len(turn.text))
        cuts = 0
        for one in segments(turn.text[start:]):
            end = start + one.end
            if one.end > _LONGEST or end > limit or cuts == _MOST or one.kind[0] in FUNCTION:
                break
            if one.end >= 2:
                cuts += 1
                yield start, end


def _kinds(position: int, text: str) -> Iterator[Kind]:
    words = segments(text)
    for number, one in enumerate(words):
        if not _KIND.fullmatch(one.word) or _NO_KIND.search(one.word):
            continue
        name = one.word
        before = words[number - 1] if number else None
        fitting = before and before.kind[0] in "nv" and len(before.word) == _MODIFIER
        if before and fitting and len(name) <= _MODIFIER:
            name = before.word + name
        if 2 <= len(name) <= _LONGEST_KIND:
            yield Kind(name, position, one.end)
