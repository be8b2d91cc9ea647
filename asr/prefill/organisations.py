"""Names of firms and institutions in what a caller says."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from asr.prefill.lexicon import OrganisationWords
from asr.prefill.model import Evidence, FieldGuess
from asr.prefill.text import Utterance

INTRODUCES = re.compile(
    r"(?:名叫|名字叫|名字是|店名是?|名称是|牌子是|招牌是?|[写喷印贴挂刻绣](?:的牌子)?(?:的是|着的?|了|的)|(?<!请)叫做?|(?<=个公司)教)"
    r"(?:个|的是|的|着|啥|什么|那个|哪个|做|是|一家|一个)*"
)
"""What a name follows: 叫, 门口写着, …"""
BEFORE_OTHER_CALLS = (
    "我|妈|爸|女儿|儿子|孩子|人家|弟弟|姐|哥|姓|车|人|来|给|喊|打|让|"
    "外面|平台上|手机|网上|救护|的士|滴"
)
"""What stands before a 叫 that names no firm, as alternatives: 我叫, 打车叫."""
_NOT_CALLED = re.compile(rf"(?:{BEFORE_OTHER_CALLS})$")
_ASKS_WHO = re.compile(
    r"(?:公司|店|机构|单位|健身房|驾校|医院|学校|厂|楼盘|企业|物业|商家|平台|项目|酒吧|托管班|幼儿园|养老院|车行|中介|药店|诊所|培训班|作坊|酒店|沙场|场子|工地|饭馆|餐馆|餐厅|合作社).{0,4}(?:叫什么|名称|名字|全称|是哪家|是哪个|叫啥|鸣叫什么|是谁)|"
    r"店名|厂名|门店|叫啥名|哪(?:个|家|一家|所|座).{0,5}(?:站|公司|店|厂|学校|医院|项目|单位|机构|园|场|大厅|派出所)|哪家|哪个项目|什么名字|叫什么|名称|哪个公司|哪个品牌|招牌|哪一家|哪个厂|哪个单位|什么单位|哪个学校|哪所|哪个医院|哪个物业|哪个平台|包工的是谁|全称|什么厂|什么公司|哪个企业|什么店"
)
_NOT_WHO = re.compile(
    r"您(?:原来|以前|现在)?(?:是|在)?(?:哪|什么)个?单位|您叫|您的?名|您贵|母亲|怎么称呼|小区|路叫|孩子叫|老人叫"
)
NAME_STOPS = frozenset(
    "的在到从去跟是我你您他她它们这那哪个有就说住把被叫给往了着过对嗯啊呃哦吧呢吗嘛么噢哎喂好行也都还又没不很太间所找问让要想"
    "得于因为写像投诉举报反映向由但把将请种些样今昨天底再来做干开下"
)
_AFTER_NAMES = frozenset(
    "的在到从和跟是我你您他她它们这那就说把被给往了着过哪嗯啊呃哦吧呢吗嘛"
    "么噢哎喂也都还又没不很反门交收欠今昨上老姓"
)
_LEAD = re.compile(
    r"^(?:嗯|啊|呃|就是|就叫|叫做|叫|是|那个|哪个|好像是|好像叫|好像|应该是|名字是|名字叫|它叫|他叫|他们叫|它|一家|一个|这家|那家|围挡上|招牌上|牌子上|门头上|门口|墙上|上面|写的|写着|挂的|是|什么|啥|个|的|做)+"
)
_VAGUE = re.compile(
    r"小区|我们|楼上|楼下|旁边|对面|面|隔壁|附近|门口|路边|这边|那边|个人|有限|一般|别人|别处|所有|外地|正规|私人|大|小|新|老|好|公家|公立|私立|本地|几个|其他|三甲|社区|单位|街上|镇上|村上|门前|底下|家门口|某|哪|啥|什么|整个|全部|多|两|三|无证|地下|建筑|农村|学生|孩子|各|不同|"
)
_WENT_TO = re.compile(r"(?:找|找过|问|问过|去|去过|跟|给|打|打过|到|向|报)$")


@dataclass(frozen=True, slots=True)
class NamedParty:
    """A name that was found, how likely it is meant, and where it was said.

    ``start`` and ``end`` (exclusive) count characters of the turn's ``text``.
    """

    score: float
    name: str
    evidence: Evidence
    start: int
    end: int


def named_party(
    turns: Sequence[Utterance], category: str, address: str | None, words: OrganisationWords
) -> FieldGuess | None:
    """The likeliest of :func:`named_parties`; None when none is likely enough."""
    found = named_parties(turns, category, address, words)
    found = [one for one in found if one.score >= 1.3 and 2 <= len(one.name) <= 20]
    if not found:
        return None
    best = max(found, key=lambda one: (round(one.score, 1), len(one.name)))
    return FieldGuess(best.name, [best.evidence], min(0.9, 0.4 + 0.1 * best.score))


def named_parties(
    turns: Sequence[Utterance], category: str, address: str | None, words: OrganisationWords
) -> list[NamedParty]:
    """Names after 叫, answers to "which company", and words that end like a firm's name."""
    found: list[NamedParty] = []
    fits = words.fits.get(category)
    for position, turn in enumerate(turns):
        if not turn.is_caller:
            continue
        previous = (
            turns[position - 1].text if position and not turns[position - 1].is_caller else ""
        )
        asked = asks_for_party(previous)
        late = 0.05 * turn.index
        called = {
            match.end()
            for match in INTRODUCES.finditer(turn.text)
            if not _NOT_CALLED.search(turn.text[: match.start()])
        }
        for match in words.endings.finditer(turn.text):
            start = left_edge(turn.text, match.start())
            pointed = re.search(r"(?:那个|这个|哪个)$", turn.text[: match.start()])
            if start == match.start() and pointed:
                start = left_edge(turn.text, pointed.start())
            near = [end for end in called if end <= match.start() and match.start() - end <= 9]
            if near:
                start = max(near)
            if match.start() - start < 1 or match.end() - start < 3:
                continue
            if match.group() == "广场" and turn.sounds[match.end() : match.end() + 1] == ("wu",):
                continue  # 广场舞
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
            if address and name in address and not (fitting or near):
                score -= 1.0
            found.append(
                NamedParty(score, name, turn.evidence(start, match.end()), start, match.end())
            )
        for end in called:
            stop = _right(turn.text, end, words)
            name = _clean(turn.text[end:stop])
            kind = (
                words.endings.match(turn.text, stop + 1)
                if turn.text[stop : stop + 1] == "的"
                else None
            )
            if kind:
                # 叫芳华的美容店
                name, stop = name + kind.group(), kind.end()
            if 2 <= len(name) <= 14 and not re.search(r"^(?:什么|啥|不|我|他|她)", name):
                own = turn.text[max(0, end - 3) : end]
                score = (1.5 if "叫" in own else 0.8) + 2.0 * asked - late
                found.append(NamedParty(score, name, turn.evidence(end, stop), end, stop))
        if asked:
            lead = _LEAD.match(turn.text)
            start = lead.end() if lead else 0
            stop = _right(turn.text, start, words)
            name = _clean(turn.text[start:stop])
            if 2 <= len(name) <= 14 and not re.match(
                r"不|没|我|说不|记不|搞不|忘|哪", turn.text[start:]
            ):
                found.append(NamedParty(2.7, name, turn.evidence(start, stop), start, stop))
    return found


def asks_for_party(text: str) -> bool:
    """Whether an agent's words ask which firm, body or person the matter is about."""
    return bool(_ASKS_WHO.search(text)) and not _NOT_WHO.search(text)


def left_edge(text: str, end: int) -> int:
    """Where the name whose ending starts at ``end`` begins."""
    start = end
    while (
        start > 0
        and end - start < 8
        and (text[start - 1] not in NAME_STOPS or text[start - 2 : start] == "地下")
    ):
        if text[start - 1] == "家" and re.search(
            r"[一这那有几哪我他们人两0-9]$", text[: start - 1]
        ):
            break
        if text[start - 1] == "号":
            break
        start -= 2 if text[start - 2 : start] == "地下" else 1
    return start + 2 if text.startswith("地下", start) and end - start > 2 else start


def _right(text: str, start: int, words: OrganisationWords) -> int:
    """Where a name that starts at ``start`` ends: at its ending, else before a function word."""
    limit = start
    while limit < len(text) and limit - start < 12 and text[limit] not in _AFTER_NAMES:
        limit += 1
    ends = [match.end() for match in words.endings.finditer(text, start, limit)]
    if ends:
        return max(ends)
    unsure = re.search(r"好像|应该|大概|可能|老板|就在|前面|这个|反正", text[start:limit])
    return start + unsure.start() if unsure else limit


def _clean(name: str) -> str:
    name = re.sub(r"^(?:一家|一个|这家|那家|叫|他们|咱们|我们|做|什么|啥|个|的|是)+", "", name)
    return re.sub(r"(?:反正|还是|好像)$", "", name)
