"""Finding the words of a place in a turn: districts, named places, streets, numbers, positions."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, NamedTuple, TypeAlias

from asr.prefill.lexicon import Gazetteer
from asr.prefill.numerals import NUMERAL, spelled
from asr.prefill.place_words import (
    BREAKS,
    GLUE,
    IN_NAMES,
    LEAD,
    NAMESAKE,
    NUMBER,
    OPEN_SITE,
    RELATIVE,
    ROAD,
    SITE,
    STOPS,
)
from asr.prefill.sounds import SoundIndex, syllables
from asr.prefill.text import Utterance

Part: TypeAlias = Literal["district", "place", "road", "site", "number", "relative"]


class Piece(NamedTuple):
    """One word of a place at characters ``start`` to ``end``; ``text`` is how to write it."""

    start: int
    end: int
    part: Part
    text: str
    district: str


@dataclass(frozen=True)
class Cluster:
    """Neighbouring pieces of one turn that together name a place."""

    turn: Utterance
    pieces: tuple[Piece, ...]

    @property
    def start(self) -> int:
        """First character."""
        return self.pieces[0].start

    @property
    def end(self) -> int:
        """Past the last character."""
        return self.pieces[-1].end

    @property
    def text(self) -> str:
        """As an address is written: spoken order, Arabic house numbers."""
        out = ""
        pieces = list(self.pieces)
        while self.has_place and pieces[0].part in ("relative", "number"):
            pieces.pop(0)
        for position, piece in enumerate(self.pieces):
            if piece not in pieces:
                continue
            if out and self._crossing(position):
                out += "与"
            if position and piece.part == "district" and piece.text in out:
                continue
            out += piece.text
        return out

    def _crossing(self, position: int) -> bool:
        """Whether two streets stand side by side: "A路和B路"."""
        before, piece = self.pieces[position - 1], self.pieces[position]
        between = self.turn.text[before.end : piece.start]
        return bool(re.search(r"和|跟|与|同", between)) and {before.part, piece.part} <= {
            "road",
            "place",
            "site",
        }

    @property
    def has_place(self) -> bool:
        """Whether it says more than a district."""
        return any(piece.part in ("place", "road", "site") for piece in self.pieces)

    @property
    def strength(self) -> float:
        """How much of an address it is."""
        points = {
            "district": 0.6,
            "place": 1.2,
            "road": 1.2,
            "site": 0.9,
            "number": 0.7,
            "relative": 0.4,
        }
        return sum(points[piece.part] for piece in self.pieces)


class PlaceFinder:
    """Finds clusters of place words in turns."""

    def __init__(self, gazetteer: Gazetteer) -> None:
        self._gazetteer = gazetteer
        names: dict[str, tuple[Part, str]] = {}
        for place, district in gazetteer.places.items():
            names[place] = ("road" if place in gazetteer.roads else "place", district)
        for name in gazetteer.landmarks:
            names.setdefault(name, ("site", ""))
        for district, shorts in gazetteer.districts.items():
            names[district] = ("district", district)
            for short in shorts:
                names[short] = ("district", district)
        self._names = names
        self._index = SoundIndex(names)
        self.clusters: Callable[[Utterance], tuple[Cluster, ...]] = lru_cache(maxsize=512)(
            self._clusters
        )
        """Clusters of a turn, left to right; remembered, as each field asks anew."""

    def locates(self, text: str) -> bool:
        """Whether a written address names a locality, not only an institution called after one."""
        return any(
            hit.exact
            and self._names[hit.phrase][1]
            and self._names[hit.phrase][0] != "district"
            and not NAMESAKE.match(text[hit.end :])
            for hit in self._index.hits(text, syllables(text))
        )

    def _clusters(self, turn: Utterance) -> tuple[Cluster, ...]:
        pieces = self._pieces(turn)
        clusters: list[list[Piece]] = []
        for piece in pieces:
            if (
                clusters
                and GLUE.match(turn.text[clusters[-1][-1].end : piece.start])
                and (piece.start - clusters[-1][-1].end <= 6)
            ):
                clusters[-1].append(piece)
            else:
                clusters.append([piece])
        return tuple(Cluster(turn, tuple(group)) for group in clusters)

    def _pieces(self, turn: Utterance) -> list[Piece]:
        text = turn.text
        taken = [False] * len(text)
        pieces: list[Piece] = []

        def take(start: int, end: int, part: Part, written: str, district: str = "") -> None:
            if start < end and not any(taken[start:end]):
                taken[start:end] = [True] * (end - start)
                pieces.append(Piece(start, end, part, written, district))

        hits = [
            hit
            for hit in self._index.hits(text, turn.sounds)
            if (hit.exact or text[hit.start : hit.end] == hit.phrase or len(hit.phrase) > 2)
        ]
        for hit in sorted(hits, key=lambda one: (one.start - one.end, one.start, not one.exact)):
            part, district = self._names[hit.phrase]
            if part == "district" and self._not_a_district(text, hit.start, hit.end, hit.phrase):
                continue
            if len(hit.phrase) == 2 and part == "place" and not _stands_alone(text, hit.end):
                continue
            take(hit.start, hit.end, part, hit.phrase, district)
        for match in NUMBER.finditer(text):
            joined = any(piece.end == match.start() for piece in pieces)
            if match.group().endswith("号") and not joined and not _house(text, match.start()):
                continue
            take(match.start(), match.end(), "number", _written_number(match.group()))
        for pattern, part in ((ROAD, "road"), (SITE, "site"), (OPEN_SITE, "site")):
            for match in pattern.finditer(text):
                most = 5 if part == "site" else 4
                start = _walk_left(text, match.start(), taken, STOPS, most)
                whole = _walk_left(text, match.start(), taken, BREAKS, 7)
                lead = LEAD.match(text[whole:start])
                whole += lead.end() if lead else 0
                if whole < start and set(text[whole:start]) <= set(IN_NAMES):
                    start = whole
                elif text[start] in "事试实式":
                    start += 1
                name = text[start : match.end()]
                stem = text[start : match.start()]
                joins = any(
                    piece.end <= start and GLUE.match(text[piece.end : start]) for piece in pieces
                )
                beside = part == "site" and any(piece.end == start for piece in pieces)
                if not beside and self._is_generic(name, part):
                    continue
                title = re.match(r".*(?:先生|女士|师傅|阿姨|大爷|同志)", name)
                if title:
                    start, name = start + title.end(), name[title.end() :]
                if re.search("上学|上课|孩子|老师|单位|月份", name):
                    continue
                if (start == match.start() and not joins) or re.search(r"姓.?$", text[:start]):
                    continue
                if part == "road" and (not stem or re.search(f"^[^经纬]*[{NUMERAL}]$", stem)):
                    continue
                if name[-1] in "录陆鹿":
                    name = stem + "路"
                if pattern is OPEN_SITE and not (joins and len(stem) >= 2):
                    continue
                take(start, match.end(), "road" if part == "road" else "site", name)
        self._bridge(text, taken, pieces, take)
        for match in RELATIVE.finditer(text):
            take(match.start(), match.end(), "relative", _written_way(match))
        return sorted(pieces)

    def _is_generic(self, name: str, part: Part) -> bool:
        """Whether a word only ends like a place name: 学校, 网约车绕路."""
        generic = self._gazetteer.generic
        return name in generic or (part == "road" and name[-2:] in generic)

    @staticmethod
    def _bridge(
        text: str,
        taken: Sequence[bool],
        pieces: Sequence[Piece],
        take: Callable[[int, int, Part, str], None],
    ) -> None:
        """An unknown name between a known place and a house number: 和平镇[恒大文旅城]十二号楼."""
        for number in [piece for piece in pieces if piece.part == "number"]:
            if not re.search("[楼层院栋幢元号期口]$", number.text):
                continue
            start = _walk_left(text, number.start, taken, BREAKS)
            if any(one.end == start and one.part != "relative" for one in pieces):
                lead = LEAD.match(text[start : number.start])
                start += lead.end() if lead else 0
            else:
                start = _walk_left(text, number.start, taken, STOPS)
                before = max((one.end for one in pieces if one.end <= start), default=None)
                if start > 0 and (before is None or not LEAD.fullmatch(text[before:start])):
                    continue
            if 2 <= number.start - start <= 7:
                take(start, number.start, "site", text[start : number.start])

    def _not_a_district(self, text: str, start: int, end: int, phrase: str) -> bool:
        """A short form that is part of another name: 城关镇, 皋兰路, 新区一号线."""
        if phrase in self._gazetteer.districts:
            return False
        after, before = text[end : end + 2], text[max(0, start - 2) : start]
        if phrase in (
            "高新",
            "新区",
            "榆中",
            "安宁",
            "永登",
            "城关",
            "西固",
            "红古",
            "皋兰",
            "七里河",
        ):
            if re.match(r"镇|路|街|桥|山|技术|企业|号线|[幺一二三四五六]号线", after):
                return True
            if (
                before.endswith(("小", "高", "老", "城", "创", "革", "重", "校"))
                and phrase == "新区"
            ):
                return True
        return False


def _house(text: str, start: int) -> bool:
    """Whether a bare "N号" follows a street, so that it is a house number and not a day."""
    return bool(re.search(r"[路街巷道村](?:的|那个|嗯|呃)?$", text[:start]))


def _stands_alone(text: str, end: int) -> bool:
    """Whether a two-character place name is not the inside of another word: 梨[花庄]园."""
    return not (text[end - 1] == "庄" and text[end : end + 1] in ("园", "稼", "主"))


def _walk_left(
    text: str, end: int, taken: Sequence[bool], stops: str, most: int | None = None
) -> int:
    """Where a name that ends at ``end`` begins: after a function word or another piece."""
    start = end
    least = 0 if most is None else max(0, end - most)
    while start > least and not taken[start - 1] and text[start - 1] not in stops:
        start -= 1
    return start


def _written_way(match: re.Match[str]) -> str:
    """A way to go as it is written: 往南走二百来米 is 往南200米."""
    if match["way"] is None:
        return match.group()
    way = re.sub(
        r"(?:走|去|拐|开|行|进去|大概|大约|差不多|有个|个|也就)+$",
        "",
        match.group()[: match.start("way") - match.start()],
    )
    return way + spelled(match["way"]) + match["unit"]


def _written_number(spoken: str) -> str:
    match = re.match(rf"^(第?|地下|[GS国省县]道?)([{NUMERAL}]+)(.*)$", spoken)
    if match is None:
        return spoken
    lead, numeral, unit = match.groups()
    if unit in ("期", "区", "组", "社", "队", "大队") and len(numeral) == 1:
        return spoken
    return lead + spelled(numeral) + unit
