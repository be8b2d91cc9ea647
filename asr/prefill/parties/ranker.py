"""Choosing among candidates for the party complained of."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

from asr.prefill.lexicon import OrganisationWords, lexicon
from asr.prefill.numerals import NUMERAL
from asr.prefill.parties.candidates import Candidate
from asr.prefill.parties.tagger import question
from asr.prefill.places import PlaceFinder
from asr.prefill.scoring import SIMILAR, character_f1
from asr.prefill.targets import Matter
from asr.prefill.text import Utterance

_VAGUE_START = re.compile(
    r"^(?:一家|一个|有家|有个|那家|那个|这家|这个|某|个|家|小区|门口|楼下|楼上|附近|旁边|对面|隔壁|我们|咱们|地下)"
)
_AREA = 5
"""Most characters of an area in front of a body's name."""

_SOUGHT_HELP = re.compile(
    r"(?:找|找过|问|问过|去|去过|跟|给|打|打过|到|向|报|送到?|送去|住在?)(?:了|的|过)?$"
)
_CALLED = re.compile(r"(?:叫|写的|写着|写的是|名字是|叫做|挂的|店名|是)(?:个|的|是|着)?$")
_NEAR = re.compile(
    r"^(?:的)?(?:旁边|对面|附近|门口|后面|隔壁|跟前|那边|那里|那块|斜对面|楼上|楼下|里头|里面)"
)
_DENIED_BEFORE = re.compile(r"(?:不是|不叫|不适)$")
_DENIED_AFTER = re.compile(r"^(?:不对|不是|说错|错了|哦不|哎不)")
_BLAMED = re.compile(
    r"(?:投诉|举报|反映|告|表扬|感谢|谢谢|夸)(?:一下|一哈|的是|的|个|下|那个|这个|我们|你们)*$"
)
_OWN = re.compile(r"(?:我是|我们是|我这里是|我们公司|我们单位|我在|我开)(?:.{0,3})$")
_LIVES = re.compile(r"住(?:在|的)?.{0,6}$|家在.{0,6}$")


def describe(
    candidate: Candidate,
    candidates: Sequence[Candidate],
    turns: Sequence[Utterance],
    matter: Matter,
    words: OrganisationWords,
    finder: PlaceFinder,
) -> dict[str, float]:
    """Features of a candidate by name; absent ones are 0."""
    turn = turns[candidate.turn]
    name = candidate.name
    before, after = turn.text[: candidate.start], turn.text[candidate.end :]
    asked = question(turns[candidate.turn - 1] if candidate.turn else None)
    alike = [one for one in candidates if _alike(one.name, name)]
    features: dict[str, float] = {"one": 1.0}
    tagged = max((one.score for one in alike if one.source == "tagger"), default=0.0)
    own = candidate.score if candidate.source == "tagger" else 0.0
    features["tagged"] = tagged
    features["tagged surely"] = float(tagged > 0.7)
    features["not tagged"] = float(tagged == 0.0)
    features["own"] = own
    rule = max((one.score for one in alike if one.source == "named"), default=0.0)
    features["named"] = rule
    features["from " + candidate.source] = 1.0
    for source in sorted({one.source for one in alike}):
        features["also " + source] = 1.0
        if source not in ("tagger", "named"):
            features[f"{source} {matter.request_type}"] = 1.0
    features["asked " + asked] = 1.0
    features["late"] = min(candidate.turn, 20) / 10
    features["opening"] = float(candidate.turn <= 2)
    endings = list(words.endings.finditer(name))
    ended = bool(endings) and endings[-1].end() == len(name)
    features["ended"] = float(ended)
    fits = words.fits.get(matter.category)
    features["fits"] = float(bool(fits and fits.search(name)))
    body = words.bodies.get(matter.category)
    features["its body"] = float(bool(body and body.search(name)))
    features["other body"] = float(
        bool(words.bodies_any.search(name)) and not features["its body"] and not features["fits"]
    )
    features["vague"] = float(bool(_VAGUE_START.match(name)))
    features["bare"] = float(ended and endings[-1].start() <= 1)
    larger = [one for one in candidates if name in one.name and len(one.name) > len(name)]
    features["within"] = float(any(one.source in ("tagger", "rejected") for one in larger))
    features["around"] = float(
        any(one.name in name and len(one.name) < len(name) for one in candidates)
    )
    features["described"] = float("的" in name)
    person = len(name) in (2, 3) and lexicon().surnames.is_single(name[0])
    features["person"] = float(person)
    features["kin"] = float(
        person and matter.caller is not None and name.startswith(matter.caller[0])
    )
    features["person " + matter.request_type] = float(person)
    features["short"] = float(len(name) <= 2)
    features["long"] = float(len(name) > 11)
    features["length"] = min(len(name), 12) / 10
    features["numerals"] = sum(char in NUMERAL for char in name) / len(name)
    features["in address"] = float(bool(matter.address and name in matter.address))
    features["sought"] = float(bool(_SOUGHT_HELP.search(before)))
    features["called"] = float(bool(_CALLED.search(before)))
    features["near"] = float(bool(_NEAR.match(after)))
    features["denied"] = float(bool(_DENIED_BEFORE.search(before) or _DENIED_AFTER.match(after)))
    features["blamed"] = float(bool(_BLAMED.search(before)))
    features["speaks for"] = float(bool(_OWN.search(before)))
    features["lives"] = float(bool(_LIVES.search(before)))
    features["whole turn"] = float(len(name) >= 0.7 * len(turn.text))
    answer = turns[candidate.turn + 1] if candidate.turn + 1 < len(turns) else None
    features["read back"] = float(
        answer is not None and not answer.is_caller and len(name) > 2 and name in answer.text
    )
    features["again"] = float(len({one.turn for one in alike}) > 1)
    features["place"] = _placed(candidate, turn, finder)
    features["refused"] = float(matter.reject_reason is not None)
    if matter.reject_reason:
        features["refused " + candidate.source] = 1.0
        features["refused for " + matter.reject_reason] = 1.0
    return features


@lru_cache(maxsize=8192)
def _alike(left: str, right: str) -> bool:
    return character_f1(left, right) >= SIMILAR


def _placed(candidate: Candidate, turn: Utterance, finder: PlaceFinder) -> float:
    """Share of the characters that belong to streets, house numbers, positions and districts."""
    covered = 0
    for cluster in finder.clusters(turn):
        for piece in cluster.pieces:
            if piece.part != "site":
                overlap = min(piece.end, candidate.end) - max(piece.start, candidate.start)
                covered += max(0, overlap)
    return covered / max(1, candidate.end - candidate.start)


class PartyRanker:
    """A logistic model over the features of :func:`describe`.

    Args:
        weights: by name of feature.
        least: probability below which no candidate should be taken.
    """

    def __init__(self, weights: Mapping[str, float], least: float) -> None:
        self._weights = dict(weights)
        self.least = least

    def probability(self, features: Mapping[str, float]) -> float:
        """Probability that a candidate with these features is the party meant."""
        total = sum(self._weights.get(name, 0.0) * value for name, value in features.items())
        return 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, total))))

    def best(
        self,
        candidates: Sequence[Candidate],
        turns: Sequence[Utterance],
        matter: Matter,
        words: OrganisationWords,
        finder: PlaceFinder,
    ) -> tuple[Candidate, float] | None:
        """The likeliest candidate with its probability; None when there is none."""
        rated = [
            (self.probability(describe(one, candidates, turns, matter, words, finder)), one)
            for one in candidates
        ]
        if not rated:
            return None
        probability, chosen = max(rated, key=lambda pair: (pair[0], -pair[1].turn, -pair[1].start))
        # a body with its area says more, and so does what is missing: [西固区]法院, [无证]作坊
        fuller = [
            one
            for rate, one in rated
            if rate >= 0.5 * probability
            and one.name.endswith(chosen.name)
            and 2 <= len(one.name) - len(chosen.name) <= _AREA
            and (chosen.source in ("body", "rejected") or one.source == "illicit")
        ]
        return max(fuller, key=lambda one: len(one.name), default=chosen), probability
