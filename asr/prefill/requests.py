"""What the caller wants: information, help, redress, enforcement, a change, or to praise."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from asr.prefill.model import Evidence, FieldGuess
from asr.prefill.text import Utterance

_PRAISE = re.compile(
    r"表扬|想感谢|要感谢|感谢一下|锦旗|点个赞|点赞|说声谢谢|道个谢|太感谢|好人好事|夸一下|夸夸|说一声感谢"
)
_SUGGEST = re.compile(
    r"提(?:个|一个|点|一点|一条|条|些)?建议|建议(?:一下|你们|政府|咱们|在|给|把|能|增|加|设|延|改|是)|我建议|有个建议|有个想法|提个意见建议|给你们建议|合理化|是个建议|意见和建议"
)
_REPORT = re.compile(r"举报|检举|揭发")
_COMPLAIN = re.compile(
    r"投诉|不满|讨个说法|给(?:我)?个说法|讨说法|太气人|气死|凭什么|凭啥|太过分|欺负人|管不管|为啥不|为什么不|推来推去|互相推|退钱|退费|退款|赔偿|维权|赔钱|说法|不给退|不退|拒载|态度"
)
_ASK = re.compile(
    r"咨询|资讯一下|问一下|想问|问问|请问(?:一下)?|打听|问个|想了解|了解一下|怎么办理|需要什么|需要啥|要什么材料|什么条件|怎么申请|能不能问|麻烦问|请教|查一下|问你个"
)
_PROGRESS = re.compile(
    r"(?:上(?:个|次|周|礼拜|星期|月)?|前(?:几)?(?:天|段)|之前|已经|以前).{0,14}(?:打过|反映过|投诉过|报过|反映的|投诉的|打的|登记的|报的|说的).{0,24}(?:处理|进度|结果|回复|回话|答复|办|怎么样|到哪|查|咋样|没人)|"
    r"(?:工单|投诉|案子|反映|诉求).{0,16}(?:处理到|办到|到哪|进度|怎么样了|有没有结果|结果呢|咋样了|啥情况|办得咋)|"
    r"(?:查(?:一下|询|个)?|问(?:一下|问)?).{0,10}(?:工单|进度|处理结果|办理情况)|处理到(?:哪|那|什么)|到哪一步|(?:没人|没有人|没)(?:给我)?(?:回话|回复|回电话)"
)
_TICKET = re.compile(
    r"工单(?:编)?号|工单编号|查到了|系统显示|查询到|催办|受理编号|您(?:之前|上次)(?:反映|投诉)"
)
_UNLAWFUL = re.compile(
    r"无证|没有证|没证|没有执照|偷排|偷着|偷偷|私搭|违建|违章|加盖|赌博|卖假|假药|地沟油|非法|违法|黑作坊|黑诊所|传销|偷税|假冒|倒卖|贿|私自|偷倒|乱倒|直排"
)
_TROUBLE = re.compile(
    r"没人管|没人修|坏了|不管|没有水|停水|停电|漏|堵|不热|不亮|臭|吵|脏|不给|拖|欠|乱|骂|打|摔|没来|不来|一直没|不让|推|退"
)

HELP_PRONE = (
    "utilities.",
    "urban.street_light",
    "urban.road_facility",
    "public_security.",
    "safety.",
    "civil.welfare",
    "agri.rural",
    "hrss.work_injury",
    "hrss.pension",
    "hrss.medical_insurance",
    "hrss.employment",
)
"""Categories whose plain faults are calls for help rather than complaints."""


class RequestSigns(NamedTuple):
    """What the request type was decided on."""

    guess: FieldGuess
    progress_query: bool


def request_type(
    turns: Sequence[Utterance], category: str, *, danger: bool, rejected: bool
) -> RequestSigns:
    """Type of the request; a query about an existing ticket is a consultation."""
    caller = [turn for turn in turns if turn.is_caller]
    early = caller[:5]
    progress = _first(caller[:6], _PROGRESS)
    ticket = _first([turn for turn in turns if not turn.is_caller], _TICKET)
    if danger:
        spot = _first(caller, re.compile(r".+"))
        return RequestSigns(_guess("help", spot, 0.9), False)
    praise = _unless(early, _PRAISE, r"不|没")
    if (
        praise
        and not _first(early, re.compile(r"投诉(?!我是)|举报"))
        or (praise and _first(early, re.compile(r"不投诉|不是投诉|不是来投诉")))
    ):
        return RequestSigns(_guess("praise", praise, 0.9), False)
    if not rejected and progress and ticket:
        return RequestSigns(_guess("consultation", progress, 0.9), True)
    suggest = _first(early, _SUGGEST)
    if suggest and not _first(early, re.compile(r"投诉|举报")):
        return RequestSigns(_guess("suggestion", suggest, 0.85), False)
    report = _unless(caller, _REPORT, r"不是|不|没|谁|被|说是谁")
    if report:
        return RequestSigns(_guess("report", report, 0.9), False)
    ask = _first(early, _ASK)
    complain = _first(caller, _COMPLAIN)
    claims = _first(caller, re.compile(r"我?(?:要|想|来)?投诉"))
    if progress and not rejected and not claims and ask:
        return RequestSigns(_guess("consultation", progress, 0.7), True)
    if ask and not claims and not rejected:
        trouble = sum(1 for turn in early for _ in _TROUBLE.finditer(turn.text))
        if trouble <= 2 and not _first(early, re.compile(r"反映|求助|帮(?:我|忙)")):
            return RequestSigns(_guess("consultation", ask, 0.8), False)
    if category in ("env.water", "urban.illegal_building", "market.food_safety") or _first(
        early, re.compile(r"无证|赌博|偷排")
    ):
        unlawful = _first(caller, _UNLAWFUL)
        if unlawful and not claims:
            return RequestSigns(_guess("report", unlawful, 0.6), False)
    if complain and not category.startswith(("safety.", "civil.")):
        if claims or not category.startswith(HELP_PRONE):
            return RequestSigns(_guess("complaint", claims or complain, 0.85), False)
        angry = sum(1 for turn in caller for _ in _COMPLAIN.finditer(turn.text))
        if angry >= 2:
            return RequestSigns(_guess("complaint", complain, 0.65), False)
    if rejected:
        return RequestSigns(_guess("complaint", complain or ask, 0.7), False)
    if category.startswith(HELP_PRONE):
        return RequestSigns(_guess("help", _first(early, _TROUBLE), 0.65), False)
    return RequestSigns(_guess("complaint", _first(early, _TROUBLE), 0.6), False)


def _first(turns: Sequence[Utterance], pattern: re.Pattern[str]) -> Evidence | None:
    for turn in turns:
        match = pattern.search(turn.text)
        if match and match.end() > match.start():
            return turn.evidence(match.start(), match.end())
    return None


def _unless(turns: Sequence[Utterance], pattern: re.Pattern[str], negated: str) -> Evidence | None:
    for turn in turns:
        for match in pattern.finditer(turn.text):
            if not re.search(rf"(?:{negated})$", turn.text[: match.start()]):
                return turn.evidence(match.start(), match.end())
    return None


def _guess(value: str, spot: Evidence | None, confidence: float) -> FieldGuess:
    return FieldGuess(value, [spot] if spot else [], confidence)
