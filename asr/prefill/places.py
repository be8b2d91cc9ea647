"""Finding the words of a place in a turn: districts, named places, streets, numbers, positions."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, NamedTuple, TypeAlias

from asr.prefill.lexicon import Gazetteer
from asr.prefill.numerals import NUMERAL, spelled
from asr.prefill.sounds import SoundIndex
from asr.prefill.text import Utterance

Part: TypeAlias = Literal["district", "place", "road", "site", "number", "relative"]

_STOPS = (
    "的在到从去和跟是我你您他她它们这那个有就说住把被叫给往了着过哪对嗯啊呃哦吧呢吗嘛么噢哎喂好行也都还又没不很太之其此该每某各两几"
    "问要想反映投诉举报因为所以然后但如果已经当时现在今天昨晚早请让向位于靠近离开坐走来卖买写地得于件条只做干打算叫看见听像"
)
_ROAD = re.compile(
    r"(?:大道|大街|路|街|巷(?!口子)|胡同)(?!灯|边|面|上|过|口|段|费|线|由器|况|程|人|虎|障|费|牌|沿|途|基|政|道|摊)"
)
_SITE = re.compile(
    r"小区|家园|花园|花苑|雅苑|公寓|家属院|家属楼|大厦|大楼|广场|商场|市场|商城|新村|新城|国际城|国际|名城|公馆|小镇|半岛|华府|世家|佳苑|庭院|山庄|"
    r"豪庭|名苑|嘉园|嘉苑|馨苑|丽景|御景|华庭|雅居|学府|丽苑|佳园|锦园|名邸|首府|印象|天下|"
    r"体育馆|体育场|图书馆|文化宫|博物馆|电影院|活动中心|高铁站|体育中心|会展中心|批发城|文旅城|"
    r"学校|小学|中学|[一二三四五六七八九十]中|附中|幼儿园|大学城|大学|学院|校区|医院|卫生院|中医院|派出所|公园|湿地|景区|寺|车站|客运站|火车站|客运中心|收费站|加油站|地铁站|公交站|水库|水厂|"
    r"开发区|工业园|产业园|园区|物流园|大桥|立交桥|天桥|黄河桥|桥头|桥(?!洞)|十字路口|十字|什字|交叉口|路口|村(?![里上子支民委干务主])|镇(?![上里政])|乡(?![上里下亲政])|社区(?!医)|街道(?!上|办|里)|"
    r"街区|工业区|养殖场|采石场|搅拌站|砖厂|钢厂|化工厂|站"
)
_NUMBER = re.compile(
    rf"第?(?:[{NUMERAL}]+|[A-Z])(?:号楼|号院|号院子|单元|栋|幢|座|号门|号店|号(?!线|车|开|停|晚|早|那天|上午|下午|到)|楼(?!上|下|道|顶|梯|房|盘)|层|室|期|街区|区(?!别)|弄|排|组|社|队|大队)"
    rf"|(?<=单元|号楼)[{NUMERAL}]{{3,4}}"
)
_OPEN_SITE = re.compile(
    r"(?:园|苑|府|城|庄|堡|营|湾|坪|滩|沟|岭|坡|寨|庙|塬|岘|川|台|院|厂)(?![一-鿿]?[管主长丁级])"
)
_RELATIVE = re.compile(
    r"(?:十字)?(?:路口|交叉口|丁字口|三岔口|巷子口|巷口|口子上|东口|西口|南口|北口|出口|入口|大门口|门口|门前|门外|大门|后门|东门|西门|南门|北门|正门|侧门|斜对面|正对面|对面|对过|背后|后面|后头|前面|隔壁|旁边|边上|附近|跟前|周边|楼下|楼底下|楼上|楼顶|院内|院里|院子里|桥下|桥上|桥头|桥洞|桥底下|拐角|转角|尽头|中段|东段|西段|南段|北段|北侧|南侧|东侧|西侧|东头|西头|南头|北头|东边|西边|南边|北边|东面|西面|南面|北面|路东|路西|路南|路北|地下车库|地下室|停车场|工地|站台|河边|河滩|河道|渠边|山上|山坡|山后|后山|沟里|沟口|坡上|坡下|涵洞|隧道口|隧道|天桥|人行天桥|公厕|候车厅|广场上|平房|早市|夜市|菜市场|小卖部|巷子里|巷子|村口|村头|大院|段)"
)
_GLUE = re.compile(
    r"^(?:的|那个|这个|哪个|那|这|哪|嗯|呃|啊|哦|里头|里面|里|就是|就在|在|我们|咱们|一个|个|那边|这边|往里走|往里|往东|往西|往南|往北|上的|上面|上|跟|和|与|同|边|叫|靠|靠近|叫做|一带|那块|那儿|这儿|附近的|十字|它|处|内|嘛|呢|么)*$"
)


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
        while len(pieces) > 1 and pieces[0].part in ("relative", "number"):
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

    def _clusters(self, turn: Utterance) -> tuple[Cluster, ...]:
        pieces = self._pieces(turn)
        clusters: list[list[Piece]] = []
        for piece in pieces:
            if (
                clusters
                and _GLUE.match(turn.text[clusters[-1][-1].end : piece.start])
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
        for match in _NUMBER.finditer(text):
            joined = any(piece.end == match.start() for piece in pieces)
            if match.group().endswith("号") and not joined and not _house(text, match.start()):
                continue
            take(match.start(), match.end(), "number", _written_number(match.group()))
        for pattern, part in ((_ROAD, "road"), (_SITE, "site"), (_OPEN_SITE, "site")):
            for match in pattern.finditer(text):
                start = _left_edge(text, match.start(), taken, 5 if part == "site" else 4)
                name = text[start : match.end()]
                stem = text[start : match.start()]
                joins = any(
                    piece.end <= start and _GLUE.match(text[piece.end : start]) for piece in pieces
                )
                beside = part == "site" and any(piece.end == start for piece in pieces)
                if not beside and self._is_generic(name, part):
                    continue
                if re.search("上学|上课|孩子|老师|单位", name):
                    continue
                if (start == match.start() and not joins) or re.search(r"姓.?$", text[:start]):
                    continue
                if part == "road" and (not stem or re.search(f"[{NUMERAL}]$", stem)):
                    continue
                if pattern is _OPEN_SITE and not (joins and len(stem) >= 2):
                    continue
                take(start, match.end(), "road" if part == "road" else "site", name)
        self._bridge(text, taken, pieces, take)
        for match in _RELATIVE.finditer(text):
            take(match.start(), match.end(), "relative", match.group())
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
            start = number.start
            while start > 0 and not taken[start - 1] and text[start - 1] not in _STOPS:
                start -= 1
            joins = any(piece.end == start for piece in pieces) or start == 0
            if (
                joins
                and 2 <= number.start - start <= 7
                and re.search("[楼院栋幢元号期]$", number.text)
            ):
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


def _left_edge(text: str, end: int, taken: Sequence[bool], most: int) -> int:
    """Where a name that ends at ``end`` begins: after a function word or another piece."""
    start = end
    while (
        start > 0 and end - start < most and not taken[start - 1] and text[start - 1] not in _STOPS
    ):
        start -= 1
    return start


def _written_number(spoken: str) -> str:
    match = re.match(rf"^(第?)([{NUMERAL}]+)(.*)$", spoken)
    if match is None:
        return spoken
    lead, numeral, unit = match.groups()
    if unit in ("期", "区", "组", "社", "队", "大队") and len(numeral) == 1:
        return spoken
    return lead + spelled(numeral) + unit
