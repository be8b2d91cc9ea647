"""The matter: which leaf of the taxonomy the caller speaks about."""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from asr.prefill.lexicon import Lexicon
from asr.prefill.model import Evidence
from asr.prefill.sounds import Hit, SoundIndex, syllables
from asr.prefill.text import Utterance

_ASIDE_OPENS = re.compile(
    r"还有个事|还有一个事|还有一件|另外|顺便|捎带|第二个|对了还有|再一个|再有一个|顺带"
)
_ASIDE_CLOSES = re.compile(
    r"先不说|先说|主要是|主要还是|重点是|重点还是|不说了|就是但是|还是说|以后再说|回头再说|算了|就登记|先给我登记|这个不急"
)
_MAIN = re.compile(
    r"主要(?:登记|反映|是|记|就)|重点(?:是|登记)|先(?:登记|说|给我登记|解决|记)|就(?:登记|反映|说)|只(?:登记|说|反映)"
)
_WHICH = re.compile(
    r"先登记哪|登记哪(?:一)?个|哪(?:一)?个为主|主要(?:是)?(?:反映|登记|投诉)?.{1,12}还是|主要登记|主要反映哪|先说哪|哪件事"
)
_ROUTES = re.compile(
    r"转(?!账|钱|学|院|移|速|弯|发|让|身)|派单|派给|派到|通知|属于|核实|联系|登记转|部门|反馈给|交由|交给|催办|签收"
)
_SUMMARISES = re.compile(
    r"您(?:是)?(?:要)?(?:反映|投诉|咨询|说)的?(?:是|问题)?|主要|系统显示|查到了|工单|登记"
)

_FUZZY_LONG, _FUZZY_SHORT = 0.7, 0.25
_REPEAT = (1.0, 0.35, 0.15)


_BODIES = re.compile(
    r"物业|城管|派出所|社区|居委会|村上|村委会|教育局|房管局|住建局|环保局|市场监管|交警|医院|公安|警察|民警|供电局|"
    r"学校|街道办|政府|热力公司|自来水公司|燃气公司|劳动监察|消协|工商|法院|信访|消防|停车费|物业费"
)
_WENT_TO = re.compile(
    r"(?:向|找|找过|跟|给|问|问过|去|去过|打|打过|让|叫|连|报|报过|通过|联系|联系过)$"
)
_BODY_SAYS = re.compile(
    r"^(?:公司|局|所|大队|那边|上|的人|部门)?(?:也|又|就|都|还)?(?:说|不管|反映过|管不了|让|推|没人|来过|没管|来了|贴|不理|电话|回复|管了|怎么说|处理过|沟通)"
)


class CategoryScores(NamedTuple):
    """Scores by category, highest meaning likeliest, and where the words stood."""

    scores: Mapping[str, float]
    evidence: Mapping[str, list[Evidence]]

    def best(self) -> tuple[str, float]:
        """Best category and a confidence from 0 to 1 by its lead over the second."""
        ranked = sorted(self.scores.items(), key=lambda pair: (-pair[1], pair[0]))
        first, top = ranked[0]
        second = ranked[1][1] if len(ranked) > 1 else 0.0
        if top <= 0:
            return first, 0.1
        lead = (top - second) / top
        return first, round(min(0.98, 0.35 + 0.65 * lead + 0.02 * min(top, 8)), 3)


class CategoryScorer:
    """Scored words, agents' routing remarks, and nearness in sound to example sentences."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._categories = lexicon.categories
        self._owners: dict[str, list[tuple[str, float]]] = defaultdict(list)
        for key, category in lexicon.categories.items():
            for word, weight in category.words.items():
                self._owners[word].append((key, weight))
        self._index = SoundIndex(self._owners)
        self._routing = lexicon.routing
        self._routing_index = SoundIndex(lexicon.routing)
        self._nearness = _Nearness(
            {key: category.examples for key, category in lexicon.categories.items()}
        )
        places = set(lexicon.gazetteer.places) | lexicon.gazetteer.landmarks
        # a growing call is scored anew at each turn: what a turn contains does not change
        self._hits: Callable[[Utterance], tuple[Hit, ...]] = lru_cache(maxsize=1024)(
            self._find_hits
        )
        self._places = SoundIndex(place for place in places if len(place) > 2)

    def score(self, turns: Sequence[Utterance], dialled: str) -> CategoryScores:
        """Score every category over the call so far."""
        scores: dict[str, float] = dict.fromkeys(self._categories, 0.0)
        evidence: dict[str, list[Evidence]] = defaultdict(list)
        seen: Counter[str] = Counter()
        weights = turn_weights(turns)
        for position, (turn, weight) in enumerate(zip(turns, weights, strict=True)):
            chosen = _chooses(turns, position)
            for hit in self._hits(turn):
                factor = weight * aside(turn, hit.start) * _in_passing(turn, hit)
                factor *= 3.0 if chosen else 1.0
                if not hit.exact:
                    factor *= _FUZZY_LONG if len(hit.phrase) > 2 else _FUZZY_SHORT
                times = seen[hit.phrase]
                if times >= len(_REPEAT):
                    continue
                seen[hit.phrase] += 1
                owners = self._owners[hit.phrase]
                for key, points in owners:
                    gain = points * factor * _REPEAT[times] / len(owners) ** 0.5
                    scores[key] += gain
                    if gain >= 1.0:
                        evidence[key].append(turn.evidence(hit.start, hit.end))
            if not turn.is_caller and _ROUTES.search(turn.text):
                self._route(turn, scores, evidence)
        caller = [
            (turn, weight) for turn, weight in zip(turns, weights, strict=True) if turn.is_caller
        ]
        for key, nearness in self._nearness.compare(caller).items():
            scores[key] += 6.0 * nearness
        for key, category in self._categories.items():
            if dialled != "12345" and category.line == dialled and scores[key] > 0:
                scores[key] += 0.6
        return CategoryScores(scores, evidence)

    def _find_hits(self, turn: Utterance) -> tuple[Hit, ...]:
        """Words of any category, without those inside a longer exact one or a place name."""
        hits = [
            hit
            for hit in self._index.hits(turn.text, syllables(turn.text))
            if hit.exact or len(hit.phrase) > 1
        ]
        covers = [
            (hit.start, hit.end) for hit in self._places.hits(turn.text, turn.sounds) if hit.exact
        ]
        exact = [(hit.start, hit.end) for hit in hits if hit.exact]
        kept = []
        for hit in hits:
            inside = any(
                start <= hit.start and hit.end <= end and end - start > hit.end - hit.start
                for start, end in exact
            )
            clash = not hit.exact and any(
                start < hit.end and hit.start < end for start, end in exact if end - start > 1
            )
            named = any(start <= hit.start and hit.end <= end for start, end in covers)
            if not (inside or clash or named):
                kept.append(hit)
        return tuple(kept)

    def _route(
        self, turn: Utterance, scores: dict[str, float], evidence: dict[str, list[Evidence]]
    ) -> None:
        strong = re.search(r"转|派单|派给|交给|交由|属于|通知", turn.text)
        best: dict[str, tuple[float, Hit]] = {}
        for hit in self._routing_index.hits(turn.text, turn.sounds):
            if not hit.exact and len(hit.phrase) < 3:
                continue
            for key, share in self._routing[hit.phrase].items():
                points = share * (4.0 if strong and strong.start() < hit.start else 2.0)
                points *= 1.0 if hit.exact else 0.7
                if key not in best or points > best[key][0]:
                    best[key] = (points, hit)
        for key, (points, hit) in best.items():
            scores[key] += points
            evidence[key].append(turn.evidence(hit.start, hit.end))


def turn_weights(turns: Sequence[Utterance]) -> list[float]:
    """Callers' first sentences tell the matter; later ones wander; agents sum up."""
    weights: list[float] = []
    told = 0
    for turn in turns:
        if turn.is_caller:
            weights.append((1.6, 1.25, 1.05, 0.95, 0.85, 0.75, 0.65, 0.55)[min(told, 7)])
            if len(turn.text) >= 9:
                told += 1
        else:
            weights.append(0.9 if _SUMMARISES.search(turn.text) else 0.5)
    return weights


def _chooses(turns: Sequence[Utterance], position: int) -> bool:
    """Whether a caller's turn answers which of two matters is to be registered."""
    turn = turns[position]
    if not turn.is_caller or not position or turns[position - 1].is_caller:
        return False
    return bool(_WHICH.search(turns[position - 1].text)) and len(turn.text) < 30


def aside(turn: Utterance, start: int) -> float:
    """A second topic set aside counts little, the one named as the main matter counts more."""
    before = turn.text[:start]
    opened = max((match.end() for match in _ASIDE_OPENS.finditer(before)), default=-1)
    closed = max((match.end() for match in _ASIDE_CLOSES.finditer(before)), default=-1)
    main = max((match.end() for match in _MAIN.finditer(before)), default=-1)
    if main >= 0 and main >= opened and start - main < 14:
        return 1.8
    if opened >= 0 and opened > closed:
        return 0.25
    return 1.0


def _in_passing(turn: Utterance, hit: Hit) -> float:
    """A body that the caller only went to ("找物业", "物业说不管") is hardly the matter."""
    if not _BODIES.match(hit.phrase):
        return 1.0
    went = _WENT_TO.search(turn.text[: hit.start])
    return 0.3 if went or _BODY_SAYS.match(turn.text[hit.end :]) else 1.0


class _Nearness:
    """Cosine between syllable n-grams of the call and of each category's example sentences."""

    def __init__(self, examples: Mapping[str, Sequence[str]]) -> None:
        grams = {
            key: Counter(g for text in texts for g in _grams(syllables(text)))
            for key, texts in examples.items()
        }
        spread = Counter(gram for counted in grams.values() for gram in counted)
        total = len(grams) or 1
        self._idf = {gram: math.log(1 + total / count) for gram, count in spread.items()}
        self._postings: dict[tuple[str, ...], list[tuple[str, float]]] = defaultdict(list)
        for key, counted in grams.items():
            for gram, value in self._unit(counted).items():
                self._postings[gram].append((key, value))

    def _unit(self, counted: Mapping[tuple[str, ...], float]) -> dict[tuple[str, ...], float]:
        vector = {
            gram: math.log1p(count) * self._idf[gram]
            for gram, count in counted.items()
            if gram in self._idf
        }
        norm = math.sqrt(sum(value * value for value in vector.values())) or 1.0
        return {gram: value / norm for gram, value in vector.items()}

    def compare(self, turns: Sequence[tuple[Utterance, float]]) -> dict[str, float]:
        """Cosine by category."""
        counted: dict[tuple[str, ...], float] = defaultdict(float)
        for turn, weight in turns:
            for gram in _grams(turn.sounds):
                counted[gram] += weight
        cosines: dict[str, float] = defaultdict(float)
        for gram, value in self._unit(counted).items():
            for key, weight in self._postings[gram]:
                cosines[key] += value * weight
        return cosines


def _grams(sounds: Sequence[str]) -> list[tuple[str, ...]]:
    return [
        tuple(sounds[at : at + size]) for size in (2, 3) for at in range(len(sounds) - size + 1)
    ]
