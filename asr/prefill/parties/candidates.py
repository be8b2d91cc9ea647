"""Names that may be the target of a call, by the tagger and by every rule."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache

from asr.prefill.lexicon import OrganisationWords, lexicon
from asr.prefill.model import Evidence, FieldGuess
from asr.prefill.numerals import NUMERAL, spelled
from asr.prefill.organisations import NamedParty, left_edge, named_parties
from asr.prefill.parties.composed import composed
from asr.prefill.parties.introduced import Introduced, introduced, kind_of, kinds
from asr.prefill.parties.tagger import Mention, PartyTagger
from asr.prefill.places import PlaceFinder
from asr.prefill.segments import FUNCTION, LEADS, segments
from asr.prefill.sounds import syllables
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
from asr.prefill.vehicles import plate, route

_ENDS_INSIDE = re.compile(r"[是在的不也就都还有把给说让叫]")
_ARTICLE = re.compile(
    r"(?:感谢|表扬|投诉|举报|反映|建议|那个|这个|哪个|一家|一个|有个|有家|那家|这家|就是|个|叫|停水|停电|停气)+"
)
_CALLED_NEXT = re.compile(r"(?:的)?(?:名字)?叫(?!我|他|她|人|来|去|不|嚷|唤|什么|啥)")
_CALLED_KIND = re.compile(
    r"叫(?:个|做|什么)?(?P<name>[^的叫]{2,8})的(?:那个|一个|哪个|这个)?"
    r"(?P<kind>[^的叫]{0,4}?(?:店|公司|厂|馆|软件|平台|机构|学校|酒吧|中心|单位|地方))"
)
_PERHAPS = 0.15
"""From which probability of praise on a unit and a person are joined."""

_PARTICLES = re.compile("[的得了着们呢吗嘛啊呀就]+")
_OFFICE = re.compile(
    r"[一-鿿](?:局(?![部面势长])|政府|管委会|村委会|居委会|水管站|供电所|街道办|拆迁办|征收办)"
)
_KIND_ALONE = re.compile(
    r"(?:那个|这个|那家|这家|我们|原|一家)?(?:他们|她们|人家|老板|商家|单位|公司|厂子?|工厂|店铺?|小区|社区|物业|村上|村里|街道|"
    r"医院|药店|诊所|学校|幼儿园|驾校|培训班|机构|平台|中介|工地|项目部?|网吧|酒吧|饭[店馆]|超市|健身房|停车场|窗口|大厅|洗车行|全称|"
    r"单车|电单车|电动车|自行车|[大小]?广场|公园)"
)
"""Words for a kind of party or place, which name nobody."""

_AMOUNT = re.compile(rf"[{NUMERAL}百千万]*[百千万][{NUMERAL}元块][店厂馆]$")
"""Sums that end like a name: 一万五千六[店长]."""

_SHORTEST = 3
"""Characters of a department's alias from which on it is known by its sound."""

_SHORT = 2
"""Characters of a name that says too little alone."""

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
            ``body``, ``office``, ``praised``, ``rejected``, ``echo``, ``cut``, ``plate``,
            ``route``, or a source of :mod:`asr.prefill.parties.introduced` or ``composed``.
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
        previous = turns[position - 1] if position else None
        for mention in tagger.mentions(turn, previous):
            found += _of_mention(mention, turn, position)
        if turn.is_caller:
            found += _before_its_kind(turn, position)
            found += _offices(turn, position)
    named = named_parties(turns, matter.category, matter.address, words)
    found += _of_parties("named", named, turns)
    found = [_unexplained(one, turns[one.turn]) for one in found]
    praising = matter.wishes.get("praise", 0.0) > _PERHAPS or matter.request_type == "praise"
    if praising:
        found += _unit_and_person(found)
    if matter.reject_reason:
        found += _of_parties("rejected", of_refusal(turns, matter.reject_reason, words), turns)
    found += [cut for one in found for cut in _apart_from_place(one, turns[one.turn], finder)]
    found += [cut for one in found for cut in _cut_at_words(one, turns[one.turn])]
    for part in composed(turns, matter, words, finder, praising=praising):
        spot = part.evidence(turns)
        found.append(Candidate(part.name, part.turn, part.start, part.end, spot, part.source, 0.5))
    names = list(introduced(turns))
    for known in names:
        spot = turns[known.turn].evidence(known.start, known.end)
        found.append(Candidate(known.name, *known[1:4], spot, known.source, 0.5))
    rules = _of_rules(turns, matter, words, praising=praising)
    found += [_unexplained(one, turns[one.turn]) for one in rules]
    found += [
        echoed
        for one in found
        if one.source in ("tagger", "named")
        for echoed in _as_echoed(one, turns)
    ]
    found = _short_with_kind(found, names, turns, words.fits.get(matter.category))
    if matter.category == "transport.bike_share":
        found = [_with_kind(one, turns) for one in found]
    best: dict[tuple[str, int, int, str], Candidate] = {}
    for given in found:
        turn = turns[given.turn]
        one = _without_lead(given, turn)
        key = (one.name, one.turn, one.start, one.source)
        if _nobody(one.name, matter.caller) or _introduces(one, turn) or _explains(one, turn):
            continue
        one = replace(one, name=_as_listed(one.name))
        if key not in best or best[key].score < one.score:
            best[key] = one
    return list(best.values())


def _nobody(name: str, caller: str | None) -> bool:
    """Whether it is the caller's own, something called ours (我们饭店), a mere place or kind."""
    if name.startswith(("我", "咱")) or _AMOUNT.search(name):
        return True
    if _ANYWHERE.fullmatch(name) or _KIND_ALONE.fullmatch(name):
        return True
    return caller is not None and name in caller


@cache
def _bodies_by_sound() -> dict[tuple[str, ...], str]:
    names = [one for names in lexicon().departments.values() for one in names]
    return {syllables(name): name for name in reversed(names) if len(name) >= _SHORTEST}


@lru_cache(maxsize=4096)
def _as_listed(name: str) -> str:
    """A body's name as the directory writes it, where it was misheard: 城关区[时间局]."""
    sounds = syllables(name)
    for start in range(len(name) - _SHORTEST + 1):
        known = _bodies_by_sound().get(sounds[start:])
        if known:
            return name[:start] + known
    return name


def _introduces(one: Candidate, turn: Utterance) -> bool:
    """Whether the words only lead to the name: [洗衣厂]叫洁白云, 叫茶小满的[奶茶店]."""
    if not _as_said(one, turn):
        return False
    if len(one.name) <= 4 and _CALLED_NEXT.match(turn.text, one.end):
        return True
    return any(
        match.start("name") <= one.start < match.end("kind") and match.start("kind") < one.end
        for match in _CALLED_KIND.finditer(turn.text)
    )


def _without_lead(one: Candidate, turn: Utterance) -> Candidate:
    """Without words that lead to the name: 感谢[政务大厅]."""
    lead = _ARTICLE.match(one.name)
    if not lead or len(one.name) - lead.end() < 3:
        return one
    name, start = one.name[lead.end() :], one.start
    if turn.text.startswith(one.name, start):
        start += lead.end()
        return replace(one, name=name, start=start, evidence=turn.evidence(start, one.end))
    return replace(one, name=name)


def _explains(one: Candidate, turn: Utterance) -> bool:
    """Whether it is made of words that explain characters of a name: [陇腾飞]的腾."""
    after = turn.text[one.end : one.end + 2]
    return _as_said(one, turn) and len(after) == 2 and after[0] in "的得" and after[1] in one.name


def _before_its_kind(turn: Utterance, position: int) -> Iterator[Candidate]:
    """A name in front of the word for what it is: 叫[茶小满]的奶茶店."""
    for match in _CALLED_KIND.finditer(turn.text):
        spot = turn.evidence(*match.span("name"))
        yield Candidate(match["name"], position, *match.span("name"), spot, "named", 2.0)


def _offices(turn: Utterance, position: int) -> Iterator[Candidate]:
    """Public bodies of any kind: 镇政府, 市监局, 水管站."""
    for match in _OFFICE.finditer(turn.text):
        start = left_edge(turn.text, match.start())
        start = start if match.end() - start <= 12 else match.start()
        if match.end() - start >= 3:
            spot = turn.evidence(start, match.end())
            name = turn.text[start : match.end()]
            yield Candidate(name, position, start, match.end(), spot, "office", 0.5)


def _of_rules(
    turns: Sequence[Utterance], matter: Matter, words: OrganisationWords, *, praising: bool
) -> list[Candidate]:
    managed = replace(matter, category="housing.property_mgmt")
    reported = replace(matter, request_type="report")
    guesses = [
        ("property", property_manager(turns, managed, words)),
        ("illicit", illicit(turns, reported, words)),
        ("body", body(turns, matter, words)),
        ("brand", brand(turns, matter, words)),
        ("praised", praised(turns, matter, words) if praising else None),
        ("plate", plate(turns)),
        ("route", route(turns, praise=praising) if matter.category == "transport.bus" else None),
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
    if cut and cut.group() == "是":
        ends = [(cut.start(), mention.probability)]
    elif cut:
        ends.append((cut.start(), 0.9 * mention.probability))
    for end, probability in ends:
        start = mention.start
        for before in (_ARTICLE, _PARTICLES):
            lead = before.match(turn.text, start, end)
            start = lead.end() if lead and end - lead.end() >= 2 else start
        spot = turn.evidence(start, end)
        name = _written(turn.text[start:end])
        out.append(Candidate(name, position, start, end, spot, "tagger", probability))
    return out


def _as_said(one: Candidate, turn: Utterance) -> bool:
    """Whether the name stands in the turn letter by letter, neither put together nor rewritten."""
    return one.name == turn.text[one.start : one.end]


def _stretch(one: Candidate, turn: Utterance, start: int, end: int, source: str) -> Candidate:
    """Another stretch of the turn in place of a candidate."""
    spot = turn.evidence(start, end)
    return replace(
        one, name=turn.text[start:end], start=start, end=end, evidence=spot, source=source
    )


def _as_echoed(one: Candidate, turns: Sequence[Utterance]) -> list[Candidate]:
    """The part of a caller's name that the agent has repeated: [拾光里]每天放."""
    turn = turns[one.turn]
    if not turn.is_caller or not _as_said(one, turn):
        return []
    parts: set[tuple[int, int]] = set()
    for other in turns[one.turn + 1 :]:
        if not other.is_caller:
            start, size = _shared(one.name, other.text)
            if 2 < size < len(one.name) or (size == 2 and len(one.name) == 3):
                parts.add((one.start + start, one.start + start + size))
    return [_stretch(one, turn, start, end, "echo") for start, end in sorted(parts)]


@lru_cache(maxsize=4096)
def _shared(name: str, text: str) -> tuple[int, int]:
    """Start in ``name`` and length of the longest stretch that stands in ``text``, too."""
    best = (0, 0)
    for start in range(len(name)):
        while start + best[1] < len(name) and name[start : start + best[1] + 1] in text:
            best = (start, best[1] + 1)
    return best


def _unexplained(one: Candidate, turn: Utterance) -> Candidate:
    """Without the word that explains a character of the name: 苏建勋[建设]的建."""
    end = one.end - _SPELLING
    name, after = turn.text[one.start : end], turn.text[one.end : one.end + 2]
    explained = len(after) == 2 and after[0] == "的" and after[1] in name
    if not _as_said(one, turn) or len(name) < 2 or not explained:
        return one
    return _stretch(one, turn, one.start, end, one.source)


def _apart_from_place(one: Candidate, turn: Utterance, finder: PlaceFinder) -> list[Candidate]:
    """The name without a place said right before or after it: 七里河区[燕平小学]."""
    if not _as_said(one, turn):
        return []
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
    return [_stretch(one, turn, start, end, one.source)]


def _cut_at_words(one: Candidate, turn: Utterance) -> list[Candidate]:
    """The name before and after words that names seldom hold: 咨询[复议办]我就."""
    if not _as_said(one, turn):
        return []
    inside = [part for part in segments(turn.text) if part.start < one.end and part.end > one.start]
    stops = [part for part in inside if part.kind[0] in FUNCTION or part.word in LEADS]
    if not stops:
        return []
    spans = [(one.start, stops[0].start), (stops[-1].end, one.end)]
    return [_stretch(one, turn, start, end, "cut") for start, end in spans if end - start >= 2]


def _short_with_kind(
    found: Sequence[Candidate],
    names: Sequence[Introduced],
    turns: Sequence[Utterance],
    fits: re.Pattern[str] | None,
) -> list[Candidate]:
    """Names of two characters with what the business is: 松间[养老院]."""
    known = kinds(turns)
    called = {one.name for one in names if len(one.name) == _SHORT}
    return [
        replace(one, name=one.name + kind_of(known, one.turn, one.start, fits))
        if one.name in called
        else one
        for one in found
    ]


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
        if unit not in persons
        and unit.name not in person.name
        and person.name not in unit.name
        and len(unit.name) >= 2
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
