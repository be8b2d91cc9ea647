"""Who or what is complained of, reported or praised: plate, route, company, body."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from asr.prefill.lexicon import OrganisationWords
from asr.prefill.model import Evidence, FieldGuess
from asr.prefill.organisations import NAME_STOPS, NamedParty, left_edge, named_party
from asr.prefill.text import Utterance
from asr.prefill.vehicles import plate, route

_PERSON = re.compile(
    r"姓([^个位老的名]|[一-鿿])的?(师傅|班长|护士|医生|大夫|民警|警官|队长|老师|主任|工作人员|经理|姑娘|小伙子|司机|保安|阿姨)|"
    r"(?<=姓名牌上写的叫)([一-鿿]{2,3})|(?<=上写的叫)([一-鿿]{2,3})|(?<=的叫)([一-鿿]{2,3})|(?<=名字叫)([一-鿿]{2,3})|"
    r"(?<!户)([^个位老的名几些大女男小那这是找叫问当公车保机])(师傅|班长|护士|医生|大夫|警官|民警|老师|站长|队长|所长|主任)"
)
_UNLICENSED = re.compile(
    r"没有?(?:任何|个)?(?:营业执?照|证|资质|执照|手续)|无证|无照|证照不全|没办证|啥证都没有|没有办证"
)


_WHERE_IT_IS = re.compile(
    r"(?:[区县镇村乡市厅]|街道|社区|兰州|城关|安宁|西固|榆中|永登|皋兰|红古)$"
)
_SPEAKS_FOR = re.compile(
    r"我(?:们|这里|这边|这)?是.{0,14}(?:公司|厂|企业|店|饭馆|集团)|我们(?:公司|厂(?!区)|企业|单位)|我(?:是)?(?:开|办)了?(?:[一这]?[个家间])?(?:小)?[一-鿿]{0,3}?(?:饭馆|店|公司|厂|餐厅|超市|面馆)|的人事|我是搞"
)


_OUTDOORS = ("env.", "urban.garbage", "urban.noise", "urban.road", "public_security.order")
"""Categories in which whoever gives a number plate names the wrongdoer."""

_OWN_CAR = re.compile(r"我(?:的|家|自己的)?(?:车牌|车号|车是|的车)|车主是我")


@dataclass(frozen=True, slots=True)
class Matter:
    """What is already known of the call when its target is looked for.

    ``wishes``: request type → how likely it is; ``request_type`` is the likeliest of them, or that
    of a rule which decides by itself.
    """

    category: str
    request_type: str
    reject_reason: str | None
    address: str | None
    danger: bool
    caller: str | None = None
    wishes: Mapping[str, float] = field(default_factory=dict)


def target(turns: Sequence[Utterance], matter: Matter, words: OrganisationWords) -> FieldGuess:
    """Plates as ``甘AT12345``, routes as ``137路``, else the name as said; None if none named."""
    settled = settled_target(turns, matter, words)
    if settled is not None:
        return settled
    if matter.reject_reason:
        return _rejected_target(turns, matter.reject_reason, words)
    if matter.request_type == "praise":
        return praised(turns, matter, words)
    for look in (brand, _firm, property_manager, illicit, body):
        guess = look(turns, matter, words)
        if guess is not None:
            return guess
    return FieldGuess(None, [], 0.6)


def settled_target(
    turns: Sequence[Utterance], matter: Matter, words: OrganisationWords
) -> FieldGuess | None:
    """The target where no name is to be sought: none is wanted, or a plate or route is it."""
    if matter.danger:
        return FieldGuess(None, [], 0.8)
    if matter.request_type == "consultation":
        return FieldGuess(None, [], 0.85)
    if matter.reject_reason:
        return None
    if matter.category == "transport.bus":
        found = route(turns, praise=matter.request_type == "praise")
        if found:
            return found
    if matter.category.startswith("transport.") or matter.category == "public_security.traffic":
        dictated = plate(turns)
        if dictated and matter.request_type != "help":
            return dictated
    if matter.request_type in ("complaint", "report") and matter.category.startswith(_OUTDOORS):
        dictated = plate(turns)
        if dictated and not owns_car(turns):
            return dictated
    if matter.request_type == "help" and matter.category.startswith("utilities."):
        return (body(turns, matter, words) if speaks_for_a_firm(turns) else None) or FieldGuess(
            None, [], 0.7
        )
    if matter.request_type in ("help", "suggestion"):
        return FieldGuess(None, [], 0.75)
    return None


def speaks_for_a_firm(turns: Sequence[Utterance]) -> bool:
    """Whether the caller calls for a firm of his own or that he works for: 我们是…公司."""
    return any(turn.is_caller and _SPEAKS_FOR.search(turn.text) for turn in turns)


def owns_car(turns: Sequence[Utterance]) -> bool:
    """Whether the plate is the caller's own: 我的车牌是…."""
    return any(turn.is_caller and _OWN_CAR.search(turn.text) for turn in turns)


def praised(turns: Sequence[Utterance], matter: Matter, words: OrganisationWords) -> FieldGuess:
    """Body and person who are praised: 自来水公司孔班长."""
    unit = person = ""
    spots: list[Evidence] = []
    for position, turn in enumerate(turns):
        if not turn.is_caller:
            continue
        previous = turns[position - 1].text if position else ""
        match = words.praised.search(turn.text)
        if match and not unit:
            start = left_edge(turn.text, match.start())
            unit = turn.text[start if match.start() - start <= 4 else match.start() : match.end()]
            spots.append(turn.evidence(match.start(), match.end()))
        own = re.search(r"您贵姓|怎么称呼|您姓|您的", previous)
        who = _PERSON.search(turn.text) if not own else None
        if who and not person:
            person = "".join(part for part in who.groups() if part)
            spots.append(turn.evidence(who.start(), who.end()))
    name = unit + person
    if not name:
        guess = named_party(turns, matter.category, matter.address, words) or body(
            turns, matter, words
        )
        return guess or FieldGuess(None, [], 0.5)
    return FieldGuess(name, spots, 0.7)


def brand(
    turns: Sequence[Utterance], matter: Matter, words: OrganisationWords
) -> FieldGuess | None:
    """Brand and kind of a shared bicycle: 哈啰共享电动车."""
    if matter.category != "transport.bike_share":
        return None
    kind = ""
    for turn in turns:
        match = re.search(r"共享(?:单车|电单车|电动车|电车|自行车|助力车)", turn.text)
        kind = kind or (match.group() if match else "")
    kind = kind or "共享单车"
    best: tuple[str, Evidence] | None = None
    for turn in turns:
        if not turn.is_caller:
            continue
        for known in words.brands:
            at = turn.text.find(known)
            if at >= 0 and best is None:
                best = (known, turn.evidence(at, at + len(known)))
        match = re.search(
            r"(?:叫|品牌是|还是|写着?|写的)(?:什么|啥|个|是|的)*([一-鿿]{2,3})(?=反正|还是|的|单车|出行|$)",
            turn.text,
        )
        if best is None and match:
            best = (match[1], turn.evidence(match.start(1), match.end(1)))
    if best is None:
        return None
    return FieldGuess(best[0] + kind, [best[1]], 0.7)


def counterparty(
    turns: Sequence[Utterance], category: str, words: OrganisationWords
) -> Evidence | None:
    """Where the caller names a firm that is to blame for a matter that is no utility's."""
    if not category.startswith(("agri.", "hrss.", "safety.", "health.", "edu.")):
        return None
    if speaks_for_a_firm(turns):
        return None
    found = named_party(turns, category, None, words)
    if found is None or found.confidence < 0.6:
        return None
    return found.evidence[0]


def _firm(
    turns: Sequence[Utterance], matter: Matter, words: OrganisationWords
) -> FieldGuess | None:
    return named_party(turns, matter.category, matter.address, words)


def property_manager(
    turns: Sequence[Utterance], matter: Matter, words: OrganisationWords
) -> FieldGuess | None:
    """The manager of the named community: 天庆嘉园物业."""
    del words
    if matter.category != "housing.property_mgmt" or not matter.address:
        return None
    for turn in turns:
        at = turn.text.find("物业") if turn.is_caller else -1
        if at < 0:
            continue
        community = re.sub(
            r"(?:\d+|[A-Z])(?:号楼|号院|单元|栋|幢|室|期|楼|层|号|区).*$", "", matter.address
        )
        community = re.sub(r"^.*(?:区|县|镇|路|街道|街|大道|巷|号)", "", community)
        spot = turn.evidence(at, at + 2)
        return FieldGuess(f"{community[-8:]}物业" if community else "物业", [spot], 0.6)
    return None


def illicit(
    turns: Sequence[Utterance], matter: Matter, words: OrganisationWords
) -> FieldGuess | None:
    """A reported business without a name: 无证豆腐作坊."""
    if matter.request_type != "report":
        return None
    for turn in turns:
        match = words.illicit.search(turn.text) if turn.is_caller else None
        if match is None:
            continue
        start = left_edge(turn.text, match.start())
        name = turn.text[start if match.start() - start <= 3 else match.start() : match.end()]
        unlicensed = any(one.is_caller and _UNLICENSED.search(one.text) for one in turns)
        if not unlicensed and len(name) <= 2:
            continue
        if unlicensed and not name.startswith("黑"):
            name = f"无证{name}"
        return FieldGuess(name, [turn.evidence(match.start(), match.end())], 0.6)
    return None


def body(turns: Sequence[Utterance], matter: Matter, words: OrganisationWords) -> FieldGuess | None:
    """The public body or utility that the category's complaints are about."""
    pattern = words.bodies.get(matter.category)
    if pattern is None:
        return None
    for turn in turns:
        match = pattern.search(turn.text) if turn.is_caller else None
        if match:
            start = left_edge(turn.text, match.start())
            if not _WHERE_IT_IS.search(turn.text[start : match.start()]):
                start = match.start()
            spot = turn.evidence(start, match.end())
            return FieldGuess(turn.text[start : match.end()], [spot], 0.55)
    return None


def _rejected_target(
    turns: Sequence[Utterance], reason: str, words: OrganisationWords
) -> FieldGuess:
    """The court, committee, office or official that a matter not accepted is about."""
    if reason not in words.rejected:
        return FieldGuess(None, [], 0.5)
    found = of_refusal(turns, reason, words)
    if not found:
        return FieldGuess(None, [], 0.4)
    best = max(found, key=lambda one: one.score)
    return FieldGuess(best.name, [best.evidence], 0.7)


def of_refusal(
    turns: Sequence[Utterance], reason: str, words: OrganisationWords
) -> list[NamedParty]:
    """Bodies and officials that a matter refused for this reason may be about."""
    pattern = words.rejected.get(reason)
    if pattern is None:
        return []
    found: list[NamedParty] = []
    for turn in turns:
        for match in pattern.finditer(turn.text):
            start = match.start()
            while (
                start > 0
                and reason != "litigation"
                and match.start() - start < 4
                and _joins(turn.text[start - 1])
            ):
                start -= 1
            name = turn.text[start : match.end()]
            if reason == "arbitration" and not name.startswith("劳动"):
                name = f"劳动{name}"
            name = re.sub(
                r"(?<=街道|社区)上?的?(?:一个|那个|有个)|(?<=[镇村乡局所])(?:上|里)?的?(?:一个|那个|有个)",
                "",
                name,
            )
            score = min(len(name), 8) - 0.3 * turn.index - (0 if turn.is_caller else 4)
            spot = turn.evidence(start, match.end())
            found.append(NamedParty(score, name, spot, start, match.end()))
    return found


def _joins(char: str) -> bool:
    """Whether a character may belong to the name that follows it."""
    return char not in NAME_STOPS and char not in "得服告案上里子" and "一" <= char <= "鿿"
