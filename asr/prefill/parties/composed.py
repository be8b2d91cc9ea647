"""Names that callers give in pieces: a unit and its person, a hall and its window, a household."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from asr.prefill.lexicon import OrganisationWords, lexicon
from asr.prefill.model import Evidence
from asr.prefill.numerals import NUMERAL, spelled
from asr.prefill.organisations import left_edge
from asr.prefill.places import PlaceFinder
from asr.prefill.targets import Matter
from asr.prefill.text import Utterance
from asr.prefill.vehicles import route

_ROLES = "护士长|护士|大夫|医生|民警|警官|师傅|老师|主任|班长|队长|站长|所长|司机"
_NAMED = re.compile(
    r"(?:叫(?:个|做|什么)?|名字是|上是|写的是|写着|姓[一-鿿](?:叫)?)"
    r"([一-鿿]{2,3})(?:的|$|[半吧对戴特值当给帮是晚])"
)
_AGENT_NAMED = re.compile(
    r"(?:^|是|叫|好的|记下)([一-鿿]{2,3})(?=对[吗马吧]|是吧|我们会|大夫|警官|护士|师傅|$)"
)
_SPELLED = re.compile(r"姓([一-鿿])(?:叫)?(\1[一-鿿]{1,2})(?!的\1)")
_WITH_ROLE = re.compile(rf"(?<!户)([一-鿿])(?:的)?({_ROLES})")
_SURNAME = re.compile(r"(?<!贵)姓([一-鿿])")
_ROLE = re.compile(rf"{_ROLES}|大姐|大哥|阿姨")
_SURNAME_ROLE = re.compile(rf"姓([一-鿿])(?:的)?(?:那个|一个)?({_ROLES})")
_FAMILIAR = re.compile(r"[小老]([^时区家板])(?=没|帮|给|很|特别|$|[一-鿿])")
_HALL = re.compile(
    r"政务服务中心|政务服务大厅|政务大厅|政务中心|办事大厅|便民服务中心|社保大厅|户政大厅|车管所"
)
_WINDOW = re.compile(rf"([{NUMERAL}]+)号(?:的)?(?:那个|哪个)?窗[口扣]?")
_KIND_OF_WINDOW = re.compile(rf"(?:[{NUMERAL}]楼|的|那个|那)+([一-鿿]{{2,5}}?)[窗创][口扣]")
_HOUSEHOLD = re.compile(
    rf"((?:[{NUMERAL}]{{1,5}}+(?:号楼|栋|幢|单元|楼|层|室)|[{NUMERAL}]{{3,4}}|顶楼|顶层|[楼屋]顶|"
    r"[东西南北中]户|楼上|楼下|隔壁|对门|的|那个|哪个){1,8}+)"
    r"(?:那|这|有|哪)?(?:个|一)?(?:住户|户人家|户|人家|家|业主|房主|邻居)(?![里具属政])"
)
"""Possessive throughout: whatever is said, it is looked at once."""

_THANKED = re.compile("^(?:感谢|谢谢|表扬|夸|咱们|我们|你们)+")
_OWN_NAME = re.compile("贵姓|称呼|您姓|您叫|您的")
_HIGH = ("顶楼", "顶层", "楼上", "楼下", "隔壁")
_FILLERS = re.compile(r"的|那个|哪个|这个|我们|我")
_NUMBERED = re.compile(rf"[{NUMERAL}]+(?=号楼|栋|幢|单元|楼|层|室)|[{NUMERAL}]{{3,}}")
_RIDE = re.compile(r"共享(?:单车|电单车|电动车|电车|自行车|助力车)")
_RIDE_EDGE = frozenset("个是骑的地得叫了辆坐用扫开过家在")
_HOME = re.compile(r"(?:[苑园府庭城里居湾院]|小区|新村|公寓)$")
_FEES = re.compile("费|管理费|用房|法")


@dataclass(frozen=True, slots=True)
class Composed:
    """A name put together, and where its last piece stands in a turn's ``text``."""

    name: str
    turn: int
    start: int
    end: int
    source: str

    def evidence(self, turns: Sequence[Utterance]) -> Evidence:
        """Where the last piece stands in the text as given."""
        return turns[self.turn].evidence(self.start, self.end)


def composed(
    turns: Sequence[Utterance],
    matter: Matter,
    words: OrganisationWords,
    finder: PlaceFinder,
    *,
    praising: bool,
) -> Iterator[Composed]:
    """All names that can be put together from what was said."""
    units = list(_units(turns, words))
    line = route(turns, praise=False) if matter.category == "transport.bus" else None
    if line is not None:
        units.append(str(line.value))
    halls = [unit for unit in units if _HALL.search(unit)]
    if praising:
        windows = [
            f"{hall}{spelled(match[1])}号窗口"
            for turn in turns
            for match in _WINDOW.finditer(turn.text)
            for hall in halls
        ]
        for person in [*_persons(turns), *_surnames_and_roles(turns)]:
            yield person
            for unit in dict.fromkeys([*units, *windows]):
                if unit not in person.name:
                    name = unit + person.name
                    if unit.endswith("路") and not _ROLE.search(name):
                        name += "师傅"
                    yield Composed(name, person.turn, person.start, person.end, "pair")
    for position, turn in enumerate(turns):
        for match in _WINDOW.finditer(turn.text):
            window = f"{spelled(match[1])}号窗口"
            for hall in halls:
                yield Composed(hall + window, position, *match.span(), "window")
        for match in _KIND_OF_WINDOW.finditer(turn.text) if turn.is_caller else ():
            for hall in halls:
                yield Composed(f"{hall}{match[1]}窗口", position, *match.span(), "window")
        for match in _RIDE.finditer(turn.text):
            start = match.start()
            if turn.text[start - 1 : start] in ("的", "地", "得"):
                start -= 1
            end = start
            while start > 0 and end - start < 4 and turn.text[start - 1] not in _RIDE_EDGE:
                start -= 1
            if end - start >= 2:
                yield Composed(
                    turn.text[start:end] + match.group(), position, start, match.end(), "ride"
                )
    yield from _households(turns, matter)
    yield from _managers(turns, finder)


def _units(turns: Sequence[Utterance], words: OrganisationWords) -> Iterator[str]:
    """Bodies and institutions that callers name, with and without what stands before them."""
    seen: set[str] = set()
    for turn in turns:
        if not turn.is_caller:
            continue
        for pattern in (words.praised, _HALL):
            for match in pattern.finditer(turn.text):
                start = left_edge(turn.text, match.start())
                for begin in {start, match.start()}:
                    name = _THANKED.sub("", turn.text[begin : match.end()])
                    if name not in seen and len(name) <= 14:
                        seen.add(name)
                        yield name


def _persons(turns: Sequence[Utterance]) -> Iterator[Composed]:
    surnames = lexicon().surnames
    for position, turn in enumerate(turns):
        previous = turns[position - 1] if position else None
        if turn.is_caller and previous is not None and _OWN_NAME.search(previous.text):
            continue
        for name, start, end in _named_in(turn):
            first = name[1] if name[0] in "小老" and len(name) == 2 else name[0]
            if surnames.known(first) or surnames.known(name[:2]):
                yield Composed(name, position, start, end, "somebody")


def _surnames_and_roles(turns: Sequence[Utterance]) -> Iterator[Composed]:
    """Surname and office told in different places: 那个护士…牌牌上姓撒."""
    roles: dict[str, None] = {}
    for turn in turns:
        if turn.is_caller:
            roles |= dict.fromkeys(match.group() for match in _ROLE.finditer(turn.text))
    for position, turn in enumerate(turns):
        previous = turns[position - 1].text if position else ""
        if not turn.is_caller or _OWN_NAME.search(previous):
            continue
        for match in _SURNAME.finditer(turn.text):
            if lexicon().surnames.known(match[1]):
                for role in roles:
                    yield Composed(match[1] + role, position, *match.span(), "somebody")


def _named_in(turn: Utterance) -> Iterator[tuple[str, int, int]]:
    """Names that may be a person's, with their places."""
    if turn.is_caller:
        for match in _SPELLED.finditer(turn.text):
            yield match[2], *match.span(2)
        for match in _SURNAME_ROLE.finditer(turn.text):
            yield match[1] + match[2], *match.span()
        for match in _FAMILIAR.finditer(turn.text):
            yield match.group(), *match.span()
    for match in (_NAMED if turn.is_caller else _AGENT_NAMED).finditer(turn.text):
        after = turn.text[match.end(1) :]
        if not (after.startswith(("的", "得")) and after[1:2] in match[1]):  # 姓撒[撒种子]的撒
            yield match[1], *match.span(1)
    for match in _WITH_ROLE.finditer(turn.text):
        yield match[1] + match[2], *match.span()


def _households(turns: Sequence[Utterance], matter: Matter) -> Iterator[Composed]:
    """A neighbour by his door: [金港花苑3号楼顶楼住户]."""
    home = ""
    if matter.address:
        home = re.sub(r"(?:\d+|[A-Z])(?:号楼|号院|单元|栋|幢|室|楼|层).*$", "", matter.address)
        home = re.sub(r"^.*(?:区|县|镇|路|街道|街|大道|巷|号)(?=.)", "", home)[-8:]
    for position, turn in enumerate(turns):
        if not turn.is_caller:
            continue
        for match in _HOUSEHOLD.finditer(turn.text):
            door = _FILLERS.sub("", match[1])
            door = _NUMBERED.sub(lambda part: spelled(part.group()), door)
            if not door or (len(door) <= 2 and door not in _HIGH):
                continue
            yield Composed(door + "住户", position, *match.span(), "household")
            if home and home not in door:
                yield Composed(home + door + "住户", position, *match.span(), "household")


def _managers(turns: Sequence[Utterance], finder: PlaceFinder) -> Iterator[Composed]:
    """The manager of each community that is named, where the caller speaks of a manager."""
    spot: tuple[int, int, int] | None = None
    for position, turn in enumerate(turns):
        at = turn.text.find("物业") if turn.is_caller else -1
        if at >= 0 and not _FEES.match(turn.text[at + 2 :]):
            spot = (position, at, at + 2)
            break
    if spot is None:
        return
    for turn in turns:
        if not turn.is_caller:
            continue
        for cluster in finder.clusters(turn):
            for piece in cluster.pieces:
                name = turn.text[piece.start : piece.end]
                if piece.part == "site" and _HOME.search(name) and 3 <= len(name) <= 8:
                    yield Composed(name + "物业", *spot, "manager")
