"""Who or what is complained of, reported or praised: plate, route, company, body."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from asr.prefill.lexicon import OrganisationWords
from asr.prefill.model import Evidence, FieldGuess
from asr.prefill.numerals import DIGITS, NUMERAL, spelled
from asr.prefill.text import Utterance

_PLATE = re.compile(
    r"[甘青陕宁蒙新京川豫晋冀鲁苏浙皖湘鄂渝云贵粤][A-Z](?:[A-Z0-9零〇洞幺一二两三四五六七拐八九]|(?<=[二两三四五])个){4,8}"
)
_ROUTE = re.compile(rf"(?<![第{NUMERAL}])([{NUMERAL}]{{1,5}})路(?!口|边|上|灯|段|人|费|面|程)")
_METRO = re.compile(rf"((?:地铁|轨道交通|轨道|新区|BRT|快速公交)?)([{NUMERAL}]{{1,2}})号线")
_BUS_NUMBER = re.compile(rf"(?:车号|编号|车牌尾号|自编号)(?:是|为)?([{NUMERAL}]{{3,6}})")
_MASTER = re.compile(r"姓([一-鿿])(?:的)?(?:师傅|司机)?|([一-鿿])师傅")

_PERSON = re.compile(
    r"姓([^个位老的名]|[一-鿿])的?(师傅|班长|护士|医生|大夫|民警|警官|队长|老师|主任|工作人员|经理|姑娘|小伙子|司机|保安|阿姨)|"
    r"(?<=姓名牌上写的叫)([一-鿿]{2,3})|(?<=上写的叫)([一-鿿]{2,3})|(?<=的叫)([一-鿿]{2,3})|(?<=名字叫)([一-鿿]{2,3})|"
    r"([^个位老的名几些大女男小那这是找叫问当公车保])(师傅|班长|护士|医生|大夫|警官|民警|老师|站长|队长|所长|主任)"
)
_CALLED = re.compile(
    r"(?:叫做|名叫|名字叫|名字是|店名是|名称是|牌子是|招牌是|写的是|写着|写的|挂的是|挂的牌子是|挂着|叫)(?:个|的是|的|着|啥|什么|那个|哪个|做|是)*"
)
_NOT_CALLED = re.compile(
    r"(?:我|妈|爸|女儿|儿子|孩子|人家|弟弟|姐|哥|姓|车|人|来|给|喊|打|让|外面|平台上|手机|网上|救护|的士|滴)$"
)
_ASKS_WHO = re.compile(
    r"(?:公司|店|机构|单位|健身房|驾校|医院|学校|厂|楼盘|企业|物业|商家|平台|项目|酒吧|托管班|幼儿园|养老院|车行|中介|药店|诊所|培训班|作坊|酒店|沙场|场子|工地|饭馆|餐馆|餐厅|合作社).{0,4}(?:叫什么|名称|名字|全称|是哪家|是哪个|叫啥|鸣叫什么|是谁)|"
    r"店名|门店|叫啥名|哪(?:个|家|一家|所|座).{0,5}(?:站|公司|店|厂|学校|医院|项目|单位|机构|园|场|大厅|派出所)|哪家|哪个项目|什么名字|叫什么|名称|哪个公司|哪个品牌|招牌|哪一家|哪个厂|哪个单位|什么单位|哪个学校|哪所|哪个医院|哪个物业|哪个平台|包工的是谁|全称|什么厂|什么公司|哪个企业|什么店"
)
_NOT_WHO = re.compile(
    r"您(?:原来|以前|现在)?(?:是|在)?(?:哪|什么)个?单位|您叫|您的?名|您贵|母亲|怎么称呼|小区|路叫|孩子叫|老人叫"
)
_EDGE = frozenset(
    "的在到从去跟是我你您他她它们这那哪个有就说住把被叫给往了着过对嗯啊呃哦吧呢吗嘛么噢哎喂好行也都还又没不很太间所找问让要想"
    "得于因为写像投诉举报反映向由但把将请种些样今昨天底再来做干开下"
)
_LEAD = re.compile(
    r"^(?:嗯|啊|呃|就是|就叫|叫做|叫|是|那个|哪个|好像是|好像叫|好像|应该是|名字是|名字叫|它叫|他叫|他们叫|它|一家|一个|这家|那家|围挡上|招牌上|牌子上|门头上|门口|墙上|上面|写的|写着|挂的|是|什么|啥|个|的|做)+"
)
_VAGUE = re.compile(
    r"小区|我们|楼上|楼下|旁边|对面|面|隔壁|附近|门口|路边|这边|那边|个人|有限|一般|别人|别处|所有|外地|正规|私人|大|小|新|老|好|公家|公立|私立|本地|几个|其他|三甲|社区|单位|街上|镇上|村上|门前|底下|家门口|某|哪|啥|什么|整个|全部|多|两|三|无证|地下|建筑|农村|学生|孩子|各|不同|"
)
_WENT_TO = re.compile(r"(?:找|找过|问|问过|去|去过|跟|给|打|打过|到|向|报)$")
_UNLICENSED = re.compile(
    r"没有?(?:任何|个)?(?:营业执?照|证|资质|执照|手续)|无证|无照|证照不全|没办证|啥证都没有|没有办证"
)


_SPEAKS_FOR = re.compile(
    r"我(?:们|这里|这边|这)?是.{0,14}(?:公司|厂|企业|店|饭馆|集团)|我们(?:公司|厂(?!区)|企业|单位)|我(?:是)?(?:开|办)(?:饭馆|店|公司|厂)|的人事|我是搞"
)


@dataclass(frozen=True, slots=True)
class _Found:
    score: float
    name: str
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Matter:
    """What is already known of the call when its target is looked for."""

    category: str
    request_type: str
    reject_reason: str | None
    address: str | None
    danger: bool


def target(turns: Sequence[Utterance], matter: Matter, words: OrganisationWords) -> FieldGuess:
    """Plates as ``甘AT12345``, routes as ``137路``, else the name as said; None if none named."""
    if matter.danger:
        return FieldGuess(None, [], 0.8)
    if matter.reject_reason:
        return _rejected_target(turns, matter.reject_reason, words)
    if matter.request_type == "consultation":
        return FieldGuess(None, [], 0.85)
    if matter.category == "transport.bus":
        found = _route(turns, praise=matter.request_type == "praise")
        if found:
            return found
    if matter.category.startswith("transport.") or matter.category == "public_security.traffic":
        plate = _plate(turns)
        if plate and matter.request_type != "help":
            return plate
    if matter.request_type == "help" and matter.category.startswith("utilities."):
        firm = any(turn.is_caller and _SPEAKS_FOR.search(turn.text) for turn in turns)
        return (_body(turns, matter, words) if firm else None) or FieldGuess(None, [], 0.7)
    if matter.request_type in ("help", "suggestion"):
        return FieldGuess(None, [], 0.75)
    if matter.request_type == "praise":
        return _praised(turns, matter, words)
    for look in (_brand, _named, _property, _illicit, _body):
        guess = look(turns, matter, words)
        if guess is not None:
            return guess
    return FieldGuess(None, [], 0.6)


def _plate(turns: Sequence[Utterance]) -> FieldGuess | None:
    """The last whole plate that was said; the agent's reading back counts only as an echo."""
    best: tuple[str, Evidence] | None = None
    for turn in turns:
        for match in _PLATE.finditer(turn.text):
            plate = match.group()[:2] + _plate_digits(match.group()[2:])
            if 7 <= len(plate) <= 8 and (turn.is_caller or best is not None):
                best = (plate, turn.evidence(match.start(), match.end()))
    return FieldGuess(best[0], [best[1]], 0.9) if best else None


def _plate_digits(said: str) -> str:
    out = ""
    position = 0
    while position < len(said):
        char = said[position]
        repeated = said[position + 2 : position + 3]
        if said[position + 1 : position + 2] == "个" and repeated in DIGITS and char in DIGITS:
            out += DIGITS[repeated] * int(DIGITS[char])
            position += 3
            continue
        out += DIGITS.get(char, char if char.isascii() else "")
        position += 1
    return out


def _route(turns: Sequence[Utterance], *, praise: bool) -> FieldGuess | None:
    best: tuple[str, Evidence] | None = None
    for turn in turns:
        if not turn.is_caller:
            continue
        for match in _METRO.finditer(turn.text):
            spot = turn.evidence(match.start(), match.end())
            best = (f"{match[1] or ''}{spelled(match[2])}号线", spot)
        for match in _ROUTE.finditer(turn.text):
            before = turn.text[max(0, match.start() - 4) : match.start()]
            if re.search(r"还是$|不是$|换乘?$|倒$|转$", before):
                continue
            if best is not None and not re.search(r"不对|是|错", before) and "路" in best[0]:
                continue
            best = (f"{spelled(match[1])}路", turn.evidence(match.start(), match.end()))
    if best is None:
        return None
    name, evidence = best[0], [best[1]]
    if praise:
        more, spots = _crew(turns)
        return FieldGuess(name + more, [*evidence, *spots], 0.8)
    return FieldGuess(name, evidence, 0.9)


def _crew(turns: Sequence[Utterance]) -> tuple[str, list[Evidence]]:
    """Car number and driver of a praised bus: ``01886号车田师傅``."""
    number = master = ""
    spots: list[Evidence] = []
    for position, turn in enumerate(turns):
        if not turn.is_caller:
            continue
        previous = turns[position - 1].text if position else ""
        match = _BUS_NUMBER.search(turn.text)
        if match and not number:
            number = f"{spelled(match[1])}号车"
            spots.append(turn.evidence(match.start(), match.end()))
        about_driver = re.search(r"师傅|司机|胸牌|车长", turn.text + previous)
        for match in _MASTER.finditer(turn.text):
            surname = match[1] or match[2]
            asked_self = re.search(r"您贵姓|怎么称呼|您姓", previous)
            if not master and about_driver and not asked_self and surname not in "机位个的老名么":
                master = f"{surname}师傅"
                spots.append(turn.evidence(match.start(), match.end()))
    return number + master, spots


def _praised(turns: Sequence[Utterance], matter: Matter, words: OrganisationWords) -> FieldGuess:
    """Body and person who are praised: 自来水公司孔班长."""
    body = person = ""
    spots: list[Evidence] = []
    for position, turn in enumerate(turns):
        if not turn.is_caller:
            continue
        previous = turns[position - 1].text if position else ""
        match = words.praised.search(turn.text)
        if match and not body:
            start = _left(turn.text, match.start())
            body = turn.text[start if match.start() - start <= 4 else match.start() : match.end()]
            spots.append(turn.evidence(match.start(), match.end()))
        own = re.search(r"您贵姓|怎么称呼|您姓|您的", previous)
        who = _PERSON.search(turn.text) if not own else None
        if who and not person:
            person = "".join(part for part in who.groups() if part)
            spots.append(turn.evidence(who.start(), who.end()))
    name = body + person
    if not name:
        guess = _named(turns, matter, words) or _body(turns, matter, words)
        return guess or FieldGuess(None, [], 0.5)
    return FieldGuess(name, spots, 0.7)


def _brand(
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
        for brand in words.brands:
            at = turn.text.find(brand)
            if at >= 0 and best is None:
                best = (brand, turn.evidence(at, at + len(brand)))
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
    if any(turn.is_caller and _SPEAKS_FOR.search(turn.text) for turn in turns):
        return None
    found = _named(turns, Matter(category, "complaint", None, None, False), words)
    if found is None or found.confidence < 0.6:
        return None
    return found.evidence[0]


def _named(
    turns: Sequence[Utterance], matter: Matter, words: OrganisationWords
) -> FieldGuess | None:
    """A name after 叫, an answer to "which company", or words that end like a firm's name."""
    found: list[_Found] = []
    fits = words.fits.get(matter.category)
    for position, turn in enumerate(turns):
        if not turn.is_caller:
            continue
        previous = (
            turns[position - 1].text if position and not turns[position - 1].is_caller else ""
        )
        asked = bool(_ASKS_WHO.search(previous)) and not _NOT_WHO.search(previous)
        late = 0.05 * turn.index
        called = {
            match.end()
            for match in _CALLED.finditer(turn.text)
            if not _NOT_CALLED.search(turn.text[: match.start()])
        }
        for match in words.endings.finditer(turn.text):
            start = _left(turn.text, match.start())
            pointed = re.search(r"(?:那个|这个|哪个)$", turn.text[: match.start()])
            if start == match.start() and pointed:
                start = _left(turn.text, pointed.start())
            near = [end for end in called if end <= match.start() and match.start() - end <= 9]
            if near:
                start = max(near)
            if match.start() - start < 1 or match.end() - start < 3:
                continue
            name = _clean(re.sub(r"那个|这个|哪个", "", turn.text[start : match.end()]))
            if _VAGUE.fullmatch(name.removesuffix(match.group())) or (
                match.group() == "物业" and re.match("费|管|人|用房", turn.text[match.end() :])
            ):
                continue
            fitting = bool(fits and fits.search(match.group()))
            score = 0.6 + 0.06 * min(len(name), 10) - late
            score += 2.0 * asked + 1.5 * bool(near) + 1.2 * fitting
            if _WENT_TO.search(turn.text[max(0, start - 2) : start]) and not (asked or near):
                score -= 1.5
            if re.search("门口|对面|小区|旁边|楼下", name):
                score -= 0.8
            if words.bodies_any.search(name) and not fitting:
                score -= 1.0
            if matter.address and name in matter.address and not (fitting or near):
                score -= 1.0
            found.append(_Found(score, name, turn.evidence(start, match.end())))
        for end in called:
            stop = _right(turn.text, end, words)
            name = _clean(turn.text[end:stop])
            if 2 <= len(name) <= 14 and not re.search(r"^(?:什么|啥|不|我|他|她)", name):
                own = turn.text[max(0, end - 3) : end]
                score = (1.5 if "叫" in own else 0.8) + 2.0 * asked - late
                found.append(_Found(score, name, turn.evidence(end, stop)))
        if asked:
            lead = _LEAD.match(turn.text)
            start = lead.end() if lead else 0
            stop = _right(turn.text, start, words)
            name = _clean(turn.text[start:stop])
            if 2 <= len(name) <= 14 and not re.match(
                r"不|没|我|说不|记不|搞不|忘|哪", turn.text[start:]
            ):
                found.append(_Found(2.7, name, turn.evidence(start, stop)))
    found = [one for one in found if one.score >= 1.3 and 2 <= len(one.name) <= 20]
    if not found:
        return None
    best = max(found, key=lambda one: (round(one.score, 1), len(one.name)))
    return FieldGuess(best.name, [best.evidence], min(0.9, 0.4 + 0.1 * best.score))


def _left(text: str, end: int) -> int:
    start = end
    while start > 0 and end - start < 8 and text[start - 1] not in _EDGE:
        if text[start - 1] == "家" and re.search(
            r"[一这那有几哪我他们人两0-9]$", text[: start - 1]
        ):
            break
        if text[start - 1] in "和号":
            if start == end or text[start - 1] == "号":
                break
        start -= 1
    return start


def _right(text: str, start: int, words: OrganisationWords) -> int:
    """Where a name that starts at ``start`` ends: at its ending, else before a function word."""
    limit = start
    while (
        limit < len(text)
        and limit - start < 12
        and text[limit]
        not in "的在到从和跟是我你您他她它们这那就说把被给往了着过哪嗯啊呃哦吧呢吗嘛么噢哎喂也都还又没不很反门交收欠今昨上老姓"
    ):
        limit += 1
    ends = [match.end() for match in words.endings.finditer(text, start, limit)]
    if ends:
        return max(ends)
    unsure = re.search(r"好像|应该|大概|可能|老板|就在|前面|这个|反正", text[start:limit])
    return start + unsure.start() if unsure else limit


def _clean(name: str) -> str:
    name = re.sub(r"^(?:一家|一个|这家|那家|叫|他们|咱们|我们|做|什么|啥|个|的|是)+", "", name)
    return re.sub(r"(?:反正|还是|好像)$", "", name)


def _property(
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
        community = re.sub(r"^.*(?:区|县|镇|路|街道|街|大道|巷|雁滩|号)", "", community)
        spot = turn.evidence(at, at + 2)
        return FieldGuess(f"{community[-8:]}物业" if community else "物业", [spot], 0.6)
    return None


def _illicit(
    turns: Sequence[Utterance], matter: Matter, words: OrganisationWords
) -> FieldGuess | None:
    """A reported business without a name: 无证豆腐作坊."""
    if matter.request_type != "report":
        return None
    for turn in turns:
        match = words.illicit.search(turn.text) if turn.is_caller else None
        if match is None:
            continue
        start = _left(turn.text, match.start())
        name = turn.text[start if match.start() - start <= 3 else match.start() : match.end()]
        unlicensed = any(one.is_caller and _UNLICENSED.search(one.text) for one in turns)
        if not unlicensed and len(name) <= 2:
            continue
        if unlicensed and not name.startswith("黑"):
            name = f"无证{name}"
        return FieldGuess(name, [turn.evidence(match.start(), match.end())], 0.6)
    return None


def _body(
    turns: Sequence[Utterance], matter: Matter, words: OrganisationWords
) -> FieldGuess | None:
    """The public body or utility that the category's complaints are about."""
    pattern = words.bodies.get(matter.category)
    if pattern is None:
        return None
    for turn in turns:
        match = pattern.search(turn.text) if turn.is_caller else None
        if match:
            start = _left(turn.text, match.start())
            if match.start() - start > 6:
                start = match.start()
            spot = turn.evidence(start, match.end())
            return FieldGuess(turn.text[start : match.end()], [spot], 0.55)
    return None


def _rejected_target(
    turns: Sequence[Utterance], reason: str, words: OrganisationWords
) -> FieldGuess:
    """The court, committee, office or official that a matter not accepted is about."""
    pattern = words.rejected.get(reason)
    if pattern is None:
        return FieldGuess(None, [], 0.5)
    found: list[_Found] = []
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
            found.append(_Found(score, name, turn.evidence(start, match.end())))
    if not found:
        return FieldGuess(None, [], 0.4)
    best = max(found, key=lambda one: one.score)
    return FieldGuess(best.name, [best.evidence], 0.7)


def _joins(char: str) -> bool:
    """Whether a character may belong to the name that follows it."""
    return char not in _EDGE and char not in "得服告案上里子" and "一" <= char <= "鿿"
