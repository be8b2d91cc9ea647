"""Names that may be the target of a call, by the tagger and by every rule."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace

from asr.prefill.lexicon import OrganisationWords
from asr.prefill.model import Evidence, FieldGuess
from asr.prefill.numerals import NUMERAL, spelled
from asr.prefill.organisations import NamedParty, named_parties
from asr.prefill.parties.tagger import Mention, PartyTagger
from asr.prefill.places import PlaceFinder
from asr.prefill.targets import (
    Matter,
    body,
    brand,
    illicit,
    of_refusal,
    praised,
    property_manager,
)
from asr.prefill.text import Utterance

_ENDS_INSIDE = re.compile(r"[是在的不也就都还有把给说让叫]")
_ARTICLE = re.compile(
    r"(?:那个|这个|哪个|一家|一个|有个|有家|那家|这家|就是|个|叫|停水|停电|停气)+"
)
_SPELLING = 2
"""Characters of the word that explains one of a name: 苏建勋[建设]的建."""
_BICYCLE = re.compile(r"(?:共享)?(?:单车|电单车|电动车|电车|自行车|助力车)")
_ANYWHERE = re.compile(
    r"(?:小区)?(?:楼下|楼上|门口|门前|旁边|对面|附近|隔壁)的?(?:小?广场|公园|路口|马路|院子|空地|巷子)?"
)
_ON = re.compile(r"[上的那个有]+")
_BODY = re.compile(
    r"(?:局|政府|大厅|法院|街道办?|派出所|办事处|大队|中心|委员会|社区|村委会|窗口)$"
)
_COUNTED = re.compile(rf"([{NUMERAL}]+)(号|楼|单元|栋|幢|层|室)")
_SOMEBODY = re.compile(
    r"师傅|司机|民警|警官|大夫|医生|护士|主任|老师|队长|班长|书记|所长|站长|小[一-鿿]$|老[一-鿿]$|姐$|哥$|^[一-鿿]{2,3}$"
)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A name that may be the target.

    Attributes:
        name: as it would be filled in.
        turn: index of its turn.
        start: first character in that turn's ``text``.
        end: past the last one.
        evidence: where it stands in the text as given.
        source: what found it: ``tagger``, ``named``, ``brand``, ``property``, ``illicit``,
            ``body``, ``praised`` or ``rejected``.
        score: the source's own measure; a probability for ``tagger``.
    """

    name: str
    turn: int
    start: int
    end: int
    evidence: Evidence
    source: str
    score: float


def candidates(
    turns: Sequence[Utterance],
    matter: Matter,
    words: OrganisationWords,
    finder: PlaceFinder,
    tagger: PartyTagger,
) -> list[Candidate]:
    """Every name that may be the target, by the tagger and by each rule."""
    found: list[Candidate] = []
    for position, turn in enumerate(turns):
        if not turn.is_caller:
            continue
        previous = turns[position - 1] if position else None
        for mention in tagger.mentions(turn, previous):
            found += _of_mention(mention, turn, position)
    named = named_parties(turns, matter.category, matter.address, words)
    found += _of_parties("named", named, turns)
    found = [_unexplained(one, turns[one.turn]) for one in found]
    if matter.request_type == "praise":
        found += _unit_and_person(found)
    if matter.reject_reason:
        found += _of_parties("rejected", of_refusal(turns, matter.reject_reason, words), turns)
    found += [cut for one in found for cut in _apart_from_place(one, turns[one.turn], finder)]
    found += [_unexplained(one, turns[one.turn]) for one in _of_rules(turns, matter, words)]
    if matter.category == "transport.bike_share":
        found = [_with_kind(one, turns) for one in found]
    return [one for one in found if not _nobody(one.name, matter.caller)]


def _nobody(name: str, caller: str | None) -> bool:
    """Whether it is the caller's own name, something called ours (我们饭店), or a mere place."""
    if name.startswith(("我", "咱")) or _ANYWHERE.fullmatch(name):
        return True
    return caller is not None and name in caller


def _of_rules(
    turns: Sequence[Utterance], matter: Matter, words: OrganisationWords
) -> list[Candidate]:
    managed = replace(matter, category="housing.property_mgmt")
    guesses = [
        ("property", property_manager(turns, managed, words)),
        ("illicit", illicit(turns, matter, words)),
        ("body", body(turns, matter, words)),
        ("brand", brand(turns, matter, words)),
        ("praised", praised(turns, matter, words) if matter.request_type == "praise" else None),
    ]
    return [
        _of_guess(source, guess.value, guess, turns)
        for source, guess in guesses
        if guess is not None and isinstance(guess.value, str) and guess.evidence
    ]


def _of_mention(mention: Mention, turn: Utterance, position: int) -> list[Candidate]:
    """A mention as it is, and cut where a function word inside it may end the name."""
    out: list[Candidate] = []
    cut = _ENDS_INSIDE.search(turn.text, mention.start + 2, mention.end)
    ends = [(mention.end, mention.probability)]
    if cut:
        ends.append((cut.start(), 0.9 * mention.probability))
    for end, probability in ends:
        lead = _ARTICLE.match(turn.text, mention.start, end)
        start = lead.end() if lead and end - lead.end() >= 2 else mention.start
        spot = turn.evidence(start, end)
        name = _written(turn.text[start:end])
        out.append(Candidate(name, position, start, end, spot, "tagger", probability))
    return out


def _unexplained(one: Candidate, turn: Utterance) -> Candidate:
    """Without the word that explains a character of the name: 苏建勋[建设]的建."""
    end = one.end - _SPELLING
    name, after = turn.text[one.start : end], turn.text[one.end : one.end + 2]
    told = one.name == turn.text[one.start : one.end]
    if not told or len(name) < 2 or len(after) < 2 or after[0] != "的" or after[1] not in name:
        return one
    return replace(one, name=name, end=end, evidence=turn.evidence(one.start, end))


def _apart_from_place(one: Candidate, turn: Utterance, finder: PlaceFinder) -> list[Candidate]:
    """The name without a place said right before or after it: 七里河区[燕平小学]."""
    if one.name != turn.text[one.start : one.end]:
        return []  # written otherwise than said
    start, end = one.start, one.end
    for cluster in finder.clusters(turn):
        for piece in cluster.pieces:
            if piece.part not in ("district", "road"):
                continue
            if one.start + 3 <= piece.start < end:
                end = piece.start
            elif piece.start <= one.start + 1 and start < piece.end <= one.end - 3:
                start = piece.end
    lead = _ON.match(turn.text, start, end)
    start = lead.end() if lead and start != one.start else start
    if (start, end) == (one.start, one.end) or end - start < 3:
        return []
    if start != one.start and _BODY.search(turn.text, start, end):
        return []  # a body's area is part of its name
    spot = turn.evidence(start, end)
    name = turn.text[start:end]
    return [replace(one, name=name, start=start, end=end, evidence=spot)]


def _with_kind(one: Candidate, turns: Sequence[Utterance]) -> Candidate:
    """The brand of a shared bicycle with its kind: 桔悦[电单车]."""
    if re.search(r"车|出行$", one.name):
        return one
    kinds = (_BICYCLE.search(turn.text) for turn in turns)
    kind = next((match.group() for match in kinds if match), "共享单车")
    return replace(one, name=one.name + kind)


def _written(name: str) -> str:
    """House numbers and windows in Arabic digits, no fillers: 11号窗口, 盛达[什么]广场."""
    bare = re.sub("什么|啥|那个|哪个", "", name)
    bare = bare if len(bare) >= 2 else name
    return _COUNTED.sub(lambda match: spelled(match[1]) + match[2], bare)


def _unit_and_person(found: Sequence[Candidate]) -> list[Candidate]:
    """A person who is praised together with the unit that was named before or after."""
    likely = [one for one in found if one.score >= 0.25]
    persons = [one for one in likely if _SOMEBODY.search(one.name)]
    return [
        replace(person, name=unit.name + person.name, source="pair")
        for person in persons
        for unit in likely
        if unit not in persons and unit.name not in person.name and len(unit.name) >= 2
    ]


def _of_parties(
    source: str, parties: Sequence[NamedParty], turns: Sequence[Utterance]
) -> list[Candidate]:
    position = {turn.index: at for at, turn in enumerate(turns)}
    return [
        Candidate(
            one.name,
            position[one.evidence.turn],
            one.start,
            one.end,
            one.evidence,
            source,
            one.score,
        )
        for one in parties
        if 2 <= len(one.name) <= 20
    ]


def _of_guess(source: str, name: str, guess: FieldGuess, turns: Sequence[Utterance]) -> Candidate:
    spot = guess.evidence[0]
    position = next(at for at, turn in enumerate(turns) if turn.index == spot.turn)
    offsets = turns[position].offsets
    start, end = bisect_left(offsets, spot.start), bisect_left(offsets, spot.end)
    return Candidate(name, position, start, end, spot, source, guess.confidence)
