"""Address of the matter, put together from what was said in several turns."""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import Enum, auto
from itertools import pairwise

from asr.prefill.model import Evidence, FieldGuess
from asr.prefill.places import Cluster, Piece, PlaceFinder
from asr.prefill.text import Utterance

_ASKS_PLACE = re.compile(
    r"什么位置|位置|什么地方|哪个地方|哪里|在哪|那里|那条路|哪条路|哪个小区|哪个村|哪一栋|哪栋|哪个路口|地址|地点|具体是|具体在|哪一段|哪个区|哪个站|哪一站|哪个街道|什么路|楼盘|哪个方位|门牌|几号楼|哪个学校|靠近哪|哪个市场|哪家|什么小区|哪个镇|附近有"
)
NOT_THERE = re.compile(
    r"(?:往|去|(?<![开走停拉送搬住])到|回|开往|发往|转到|转|飞|找|给|跟|和|上过|打到|前往|进|通往|叫)(?:了|过)?$"
)
_ALREADY = re.compile(
    r"^.{0,2}(?:也)?(?:去过|找过|打过|问过|说了|说是|的人|反映过|让我|让等|不管|推|电话|方向|那边跑|不去)"
)
_ASKS_NAME = re.compile(r"贵姓|怎么称呼|姓名|您姓|尊姓")
_CORRECTS = re.compile(r"不对|不是|说错|哦不|噢不|错了|哎不")
_TAKES_BACK = re.compile(r"(?:(?:说|讲|搞|弄)(?:错|叉|岔|差)了?.{0,6}|重说|重新说|不对)$")
_GO_ON = re.compile(
    r"^(?:嗯|好的?|哦|对|是的?|您|你|请|继续|接着|慢慢|别急|没关系|不着急|往下|讲|说|我?(?:在)?听(?:着)?|明白|知道了)+$"
)
_CONFIRMS = re.compile(
    r"您说的|你说的|就是|是不是|对吗|对吧|对不|是吗|是吧|对马|是马|吧$|吗$|那个$|酒食"
)
_AGREES = re.compile(r"^(?:嗯|哎|啊|诶)?(?:对|队|是|就是|没错|对着)")
INSTITUTION = re.compile(
    r"^(?:法院|检察院|政府|[一-鿿]{1,4}局(?!部|面|域)|交警|区委|纪委|管委会|市场监管|派出所|社保|城管|税务)"
)


class Wanted(Enum):
    """Which place counts as the address.

    Attributes:
        CALLERS: the caller's words.
        AGENTS: what the agent reads from the old ticket, for progress queries.
        LOCALITY: a town or quarter only, where the matter is not accepted.
        HOUSE: a house only, for questions: who is asked for the house has a matter there.
    """

    CALLERS = auto()
    AGENTS = auto()
    LOCALITY = auto()
    HOUSE = auto()


def address(turns: Sequence[Utterance], finder: PlaceFinder, wanted: Wanted) -> FieldGuess:
    """Where the matter is.

    Args:
        turns: the call so far.
        finder: the place finder.
        wanted: which place counts for a matter of this kind.
    """
    chosen = _chosen(turns, finder, from_agent=wanted is Wanted.AGENTS)
    if wanted is Wanted.LOCALITY and not any(_is_locality(cluster) for cluster in chosen):
        return FieldGuess(None, [], 0.8)
    if wanted is Wanted.HOUSE and not _is_house(chosen):
        return FieldGuess(None, [], 0.8)
    if not chosen or not any(cluster.has_place for cluster in chosen):
        return FieldGuess(None, [], 0.6)
    text = ""
    evidence: list[Evidence] = []
    for cluster in chosen:
        piece = cluster.text
        if piece in text:
            continue
        overlap = next(
            (n for n in range(min(len(text), len(piece)), 1, -1) if text.endswith(piece[:n])), 0
        )
        text += piece[overlap:]
        evidence.append(cluster.turn.evidence(cluster.start, cluster.end))
    strength = sum(cluster.strength for cluster in chosen)
    return FieldGuess(text, evidence, min(0.95, 0.45 + 0.1 * strength))


def without_bare_institution(
    place: FieldGuess, party: FieldGuess, category: str, finder: PlaceFinder
) -> FieldGuess:
    """No address where nothing but the name of the party complained of was said."""
    said, name = str(place.value or ""), str(party.value or "")
    if said and finder.locates(said):
        return place
    where = re.sub(r"^.{1,4}?[区县](?=.)", "", said)
    if not (said and name) or re.search(r"\d|门口|对面|旁边|后面|附近|十字|路口", said):
        return place
    institution = category.startswith(("edu.school", "health.", "gov.", "civil."))
    if category.startswith(("edu.school", "health.")) and not re.search(r"[路街巷村镇]", said):
        return FieldGuess(None, [], 0.6)
    inside = where in name or said in name or (institution and name.removeprefix(said[:3]) in said)
    if inside and (institution or not re.search(r"[路街巷村镇]", said)):
        return FieldGuess(None, [], 0.6)
    return place


def _chosen(turns: Sequence[Utterance], finder: PlaceFinder, *, from_agent: bool) -> list[Cluster]:
    """The clusters that make up the address, in spoken order."""
    chosen: list[Cluster] = []
    closed = False
    for position, turn in enumerate(turns):
        if turn.is_caller == from_agent and not (from_agent and turn.is_caller and not chosen):
            continue
        previous = _question(turns, position)
        asked = bool(_ASKS_PLACE.search(previous))
        if not from_agent and turn.is_caller:
            agreed = _read_back(turns, position, finder)
            if agreed and _outweighs(agreed, chosen):
                chosen, asked = agreed, True
        if not asked and _ASKS_NAME.search(previous) and len(turn.text) < 16:
            continue
        clusters = [one for one in finder.clusters(turn) if _usable(one, asked=asked)]
        if not clusters:
            if chosen and turn.is_caller and len(turn.text) > 6:
                closed = closed or not asked
            continue
        corrected = [
            one
            for one in clusters
            if _CORRECTS.search(turn.text[max(0, one.start - 6) : one.start])
        ]
        if corrected and chosen and any(one.has_place for one in corrected):
            clusters = corrected
        taken_back = position and _TAKES_BACK.search(turns[position - 1].text)
        if taken_back is None and position > 1 and _GO_ON.match(turns[position - 1].text):
            taken_back = _TAKES_BACK.search(turns[position - 2].text)
        if chosen and taken_back and any(one.has_place for one in clusters):
            chosen = []
        if chosen and not any(one.has_place for one in chosen):
            chosen = [one for one in chosen if one.pieces[0].part == "district"]
        if not chosen:
            chosen = journey(turn, finder) or _neighbours(clusters)
            continue
        best = max(clusters, key=lambda one: one.strength)
        total = sum(one.strength for one in chosen)
        if (
            asked
            and best.strength >= 1.9
            and best.strength > total + 0.8
            and not _refines(best, chosen)
        ):
            chosen = _neighbours(clusters)
        elif total < 6 and (asked or (not closed and best.strength >= 0.9 and best.has_place)):
            chosen.extend(one for one in _neighbours(clusters) if asked or one.has_place)
    return chosen[:5]


def _question(turns: Sequence[Utterance], position: int) -> str:
    """What the agent asked before a turn; a mere "go on" between does not end the question."""
    for turn in reversed(turns[max(0, position - 4) : position]):
        if not turn.is_caller and not _GO_ON.match(turn.text):
            return turn.text
        if turn.is_caller and turn.index != position - 1 and len(turn.text) > 24:
            return ""
    return ""


def _read_back(turns: Sequence[Utterance], position: int, finder: PlaceFinder) -> list[Cluster]:
    """The place in the agent's question to which this turn agrees: 您说的是南山路口吗 - 对."""
    if not position or turns[position - 1].is_caller or not _AGREES.match(turns[position].text):
        return []
    asking = turns[position - 1]
    if not _CONFIRMS.search(asking.text):
        return []
    named = [one for one in finder.clusters(asking) if one.has_place]
    return named if any(_is_locality(one) for one in named) else []


def _outweighs(agreed: Sequence[Cluster], chosen: Sequence[Cluster]) -> bool:
    """Whether a confirmed place says more than what was gathered, or something quite different."""
    if not chosen:
        return True
    return sum(one.strength for one in agreed) > sum(one.strength for one in chosen)


def _is_locality(cluster: Cluster) -> bool:
    return any(
        (piece.part in ("place", "road") and not re.search("政府|委|局$", piece.text))
        or piece.text.endswith(("村", "镇", "乡", "小区"))
        for piece in cluster.pieces
    )


def _is_house(clusters: Sequence[Cluster]) -> bool:
    return any(_is_locality(one) for one in clusters) and any(
        piece.part == "number" and re.search("[楼院栋幢元室号]$", piece.text)
        for one in clusters
        for piece in one.pieces
    )


def journey(turn: Utterance, finder: PlaceFinder) -> list[Cluster]:
    """A journey "从A到B", both ends in one cluster, so that it is written as it was said."""
    everything = finder.clusters(turn)
    for first, second in pairwise(everything):
        if not (first.has_place and second.has_place):
            continue
        before = turn.text[max(0, first.start - 2) : first.start]
        between = turn.text[first.end : second.start]
        if re.search(r"[从由自]$", before) and re.match(
            r"^(?:打车|坐车|坐|打的|走|回|骑|骑车|骑行|开|开车)?[到至去回]$", between
        ):
            link = Piece(first.end, second.start, "relative", "到", "")
            return [Cluster(turn, (*first.pieces, link, *second.pieces))]
    return []


def _refines(cluster: Cluster, chosen: Sequence[Cluster]) -> bool:
    """Whether the new cluster lies within the old ones (district first, then the street)."""
    names_district = any(piece.part == "district" for piece in cluster.pieces)
    return not names_district


def _corrected(clusters: Sequence[Cluster]) -> list[Cluster]:
    """Clusters of a turn after its last correction ("不对"), the district from before kept."""
    for position in range(len(clusters) - 1, 0, -1):
        before, here = clusters[position - 1], clusters[position]
        if here.has_place and _CORRECTS.search(here.turn.text[before.end : here.start]):
            kept = tuple(
                piece
                for one in clusters[:position]
                for piece in one.pieces
                if piece.part == "district"
            )
            if any(piece.part == "district" for piece in here.pieces):
                kept = ()
            return [Cluster(here.turn, (*kept, *here.pieces)), *clusters[position + 1 :]]
    return list(clusters)


def _neighbours(clusters: Sequence[Cluster]) -> list[Cluster]:
    """The first cluster with a place, with a district said before it and a number said after it."""
    out: list[Cluster] = []
    for cluster in _corrected(clusters):
        if not out:
            out.append(cluster)
            continue
        gap = cluster.start - out[-1].end
        near = gap <= 14 and (cluster.has_place or gap <= 4)
        if not near and (any(one.has_place for one in out) or not cluster.has_place):
            break
        out.append(cluster)
    return out


def _usable(cluster: Cluster, *, asked: bool) -> bool:
    text = cluster.turn.text
    before, after = (
        text[max(0, cluster.start - 3) : cluster.start],
        text[cluster.end : cluster.end + 6],
    )
    kinds = {piece.part for piece in cluster.pieces}
    if re.search(r"查到了?$|看到了?$|找到了?$|遇到了?$|碰到了?$|听到了?$", before):
        before = ""
    if not kinds & {"place", "road", "site", "district"}:
        return asked and bool("number" in kinds or re.search(r"\d", cluster.text))
    if NOT_THERE.search(before) and not before.endswith(("回到", "住到")) and not asked:
        return False
    if _ALREADY.match(after) and not asked:
        return False
    return not (kinds == {"district"} and INSTITUTION.match(after))
