"""What the caller wants: information, help, redress, enforcement, a change, or to praise."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from asr.prefill.model import Evidence, FieldGuess
from asr.prefill.text import Utterance

_PRAISE = re.compile(
    r"表扬|[说讲]句?(?:几句)?好话|想感谢|要感谢|感谢一下|锦旗|点个赞|点赞|说声(?:谢谢|感谢)|道个?谢|致谢|感谢信|太感谢|好人好事|夸(?:一下|夸|个|一个|他|她|你们|人(?![家类])|奖)|"
    r"(?:要|想|是来)夸|说一声感谢|谢谢那|感谢那|想谢谢|(?:是|来|专门|专程|特意|特地|主要|就)(?:来|要|想)?感谢(?!您|你)"
)
_PRAISE_TAKEN = re.compile(
    r"您[的得地]?(?:这个|这份|这番)?(?:表扬|赞扬|肯定|认可|谢意|心意)|感谢您[的得地]?(?:肯定|认可|表扬)|给予表扬|"
    r"转达.{0,4}(?:表扬|谢意|感谢)|(?:感谢|表扬|夸)(?:的是)?(?:谁|哪位|哪个|哪一位)|(?:心意|谢意|感谢).{0,8}转[达告]"
)
"""The agent takes the call for praise."""
_SUGGEST = re.compile(
    r"提(?:个|一个|点|一点|一条|条|些|两个)?(?:小)?建议|建议(?:一下|你们|政府|咱们|在|给|把|能|增|加|设|延|改|是|装|这)|"
    r"提(?:个|一个|点|一点|一条|条|些)?(?:小)?意见|我建议|有(?:个|各|一个|一条|点|条)(?:小)?(?:建议|想法)|提个意见建议|合理化|是个建议|意见和建议"
)
_SUGGESTION_TAKEN = re.compile(
    r"您[的得地]?(?:这个|这条|这些|这|宝贵)?[的得地]?好?(?:建议|简易|想法)(?!您)|(?:这个|这条|您这)(?:建议|想法)(?:很|非常|挺|真|特别|不错|提得|好)|"
    r"您(?:是|就是)?(?:想|要)?建议|(?:欢迎|可以).{0,6}提(?:个|点|些)?(?:建议|想法|意见)|提(?:个|点|些)?(?:建议|想法|意见)(?:也|都)?(?:是|很|非常)*(?:欢迎|可以)|"
    r"(?:总结|归纳|记录|记)(?:一下|下)(?:您的)?建议"
)
"""The agent takes the call for a suggestion; "建议您" is his own advice."""
_REPORT = re.compile(r"举报|检举|揭发")
_CLAIM = re.compile(r"投诉|对.{2,14}有意见|要个说法|讨个说法|给(?:我)?个说法|讨说法")
_ANGER = re.compile(
    r"不满|太气人|气死|凭什么|凭啥|太过分|欺负人|管不管|到底管|为啥不|为什么不|推来推去|互相推|踢皮球|不像话|还让不让|你们必须|"
    r"我问你|你别|没人接|打爆|占线|太黑|你说黑不黑|你说这|骂人|态度|打发|骗人|忽悠|坑人|就是推|光推|糊弄|有没有王法"
)
_REDRESS = re.compile(
    r"退钱|退费|退款|不给退|不退|赔偿|赔钱|赔我|维权|拒载|不给钱|没给钱|欠(?:我|着|了|薪|钱|条|工)|拖欠|"
    r"不给(?!力)|没给(?!孩|娃)|不认账?|不承认|不管了|别的不管|啥也不管|扣(?:了|我|着|工)|乱收|多收|占了|霸占|克扣|少给|少算|不兑现|跑了|不报|先说.{1,16}又说|卡在.{1,8}(?:局|所|办|中心|社区|街道|镇上|村上)|一直压着|给钱快|先紧着|排在最后|拖着不(?:办|批|报|发)"
)
_ASK = re.compile(
    r"咨询|问你们?一下|问您?一下|问一哈|问下|想问|问问|请问|打听|问个|问你个|问一个|想了解|了解一下|想知道|想查|怎么办理|需要什么|需要啥|"
    r"要什么材料|什么条件|怎么申请|能不能问|麻烦问|请教|查一下|怎么领|咋领|咋个|怎么个|怎么弄|咋弄|咋办理|要啥手续|啥手续|什么手续"
)
_AGO = (
    r"(?:上(?:个|次|周|礼拜|星期|月)?|前(?:几)?(?:天|段)|之前|已经|以前|"
    r"[一二三四五六七八九十半两几多个]+(?:天|月|礼拜|星期|周)(?:以)?前|"
    r"[一二三四五六七八九十]+月(?:[一二三四五六七八九十]+号|份|底|初)?)"
)
_PROGRESS = re.compile(
    rf"{_AGO}.{{0,14}}(?:打过|反映过|投诉过|报过|反映的|反映了|投诉的|投的|打的|登记的|报的|说的|打了|打电话|投诉了).{{0,40}}(?:处理|进度|结果|回复|回话|答复|办|怎么样|到哪|到那|查|咋样|没人|动静|消息)|"
    r"(?:工单|投诉|案子|反映|诉求).{0,24}(?:处理到|办到|到哪|到那|进度|怎么样了|有没有结果|结果呢|咋样了|啥情况|办得咋|没人给|没动静|没消息)|"
    r"(?:查(?:一下|询|个)?|问(?:一下|问)?).{0,10}(?:工单|进度|处理结果|办理情况)|处理到(?:哪|那|什么)|到[哪那]一步|"
    r"(?:没人|没有人|没)(?:给我)?(?:回话|回复|回电话)"
)
_BEFORE = re.compile(
    r"单子|报的|打过|反映过|投诉过|报过|反映的|投诉的|投的|登记的|打的电话|工单|查一下|进度"
)
_TICKET = re.compile(
    r"工单(?:编)?号|工单编号|(?:您|报|说|的|提供)(?:一下)?单号|单号(?:是|报|说|多少|后)|查到了|系统显示|查询到|催办|受理编号|您(?:之前|上次)(?:反映|投诉)|报一下工单|显示已"
)
_NUMBER_ASKED = re.compile(r"单号|编号|工单|受理号|当时.{0,6}(?:电话|号码)")
_STATE_TOLD = re.compile(
    r"查到|系统(?:上)?(?:里)?显示|查询到|显示.{0,8}(?:已|正在)|(?:现在|目前|当前)(?:的)?状态|"
    r"(?:已经|已)(?:答复|签收|受理).{0,12}(?:正在|等待|办)"
)
_UNLAWFUL = re.compile(
    r"无证|没有证|没证|没有执照|偷排|偷着|偷偷|违建|违章建|赌博|赌钱|卖假|假药|地沟油|非法|违法|黑作坊|黑诊所|传销|偷税|倒卖|贿|偷倒|直排"
)
SETTLED = 0.95
"""Confidence from which on a rule's word is not weighed against the classifier's."""
_LAW = re.compile(
    r"犯法|违法|犯罪|劳动法|合同法|食品法|消防法|法律(?:上|规定)|违反.{0,8}(?:法|规定)|国家(?:的|明令)?(?:规定|禁止|不让|不允许)|"
    r"套(?:取)?(?:国家|医保|补贴|补助|公家|社保)|骗(?:取)?(?:医保|国家|补贴|补助|社保|保费)"
)
"""A breach of law that the caller names as one."""
_GRASPING = re.compile(
    r"(?:收|要|催|交)(?:取暖|暖气|水|电|气|物业)?(?:费|钱|缴)(?:的?(?:时候|事后|倒|却|可|也|都|就|比谁)){0,4}(?:可|倒|挺|很|比谁都?)?(?:积极|勤快|勤|准时|着急|催得|快得|快着|一分.{0,2}不少|一天.{0,2}不(?:差|晚|拖))"
)
"""Blame of a service that takes the money in good time."""
_DUMPS = re.compile(
    r"(?:倒|卸|偷倒|倾倒).{0,8}(?:渣土|垃圾|建渣|废料|淤泥|水泥块)|(?:渣土|垃圾|废料|淤泥).{0,12}(?:倒|卸)"
)
_PLATE = re.compile(r"甘[A-Z]|车牌(?:号)?(?:是|我)")
_WHO = re.compile(
    r"谁(?:倒|排|扔|弄|堆|放|烧|干|家)|是谁|哪(?:家|个)(?:单位|公司|厂|人)?(?:倒|排|扔|弄|堆|放|烧|干|的)|什么(?:单位|公司|人|厂)(?:倒|排|扔|弄|堆|放|烧|干|的)|"
    r"(?:知道|清楚|晓得).{0,4}(?:[什甚]么)?原因|从哪(?:里|儿)?来的|来源"
)
_DONT_KNOW = re.compile(
    r"^.{0,4}(?:不知道|没看(?:到|见|清|着)|看不(?:清|见|出)|不清楚|不晓得|认不(?:出|得)|说不(?:上|清|好|准)|哪个?知道|谁知道)"
)
_HARDSHIP = re.compile(r"家里(?:也|都|很|太|实在)*困难|过不下去|揭不开锅|活不下去|没办法了")
_TAKES_DOWN = re.compile(
    r"贵姓|怎么称呼|您姓|姓名|登记|派单|转.{0,8}(?:部门|局|公司|处|办|监察)|受理|马上(?:通知|转)"
)
_URGES = re.compile(r"催|管一管|管管|管|不服|不公|打个?招呼|给个|公道|告|举报")
_PLEA = re.compile(
    r"家里困难|过不下去|没办法了|求求|求你们|帮帮|帮我|帮忙|想办法|实在没|协调一下|能不能来|派个人|来个人|赶紧来"
)
_TROUBLE = re.compile(
    r"没人管|没人修|坏了|不管|没有水|停水|停电|漏|堵|不热|不亮|臭|吵|脏|不给|拖|欠|骂|打人|摔|没来|不来|一直没|不让|没打上|没到账|没发|"
    r"没到|到现在|不行|弄不了|不会弄|办不下来|批不下来|没收到|还没|黄的|没气|停了|少发|没动静"
)

_HELP_PRONE = (
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

_COUNTERPARTY = ("agri.rural", "hrss.", "civil.welfare", "public_security.household")
"""Of those, categories where somebody who withholds something makes it a complaint."""

_CRIMES = (
    "urban.illegal_building",
    "env.water",
    "public_security.order",
    "market.food_safety",
    "edu.training",
)
"""Categories in which unlawful doings are reported even when the word is not said."""

_SOURCELESS = ("env.", "urban.garbage")
"""Categories in which a nuisance of unknown origin is a matter to be solved, not to be blamed."""

_OWN_QUARRELS = ("edu.school", "agri.rural", "civil.welfare", "urban.street_vendor")
"""Categories in which a caller who wants to stay unnamed still speaks for himself: he complains.
Elsewhere who hides from the accused reports him."""


class RequestSigns(NamedTuple):
    """The request type, and whether it asks for an existing ticket's progress."""

    guess: FieldGuess
    progress_query: bool


def request_type(
    turns: Sequence[Utterance],
    category: str,
    *,
    danger: bool,
    reject_reason: str | None,
    secret: bool,
) -> RequestSigns:
    """Type of the request; a query about an existing ticket is a consultation."""
    rejected = reject_reason is not None
    caller = [turn for turn in turns if turn.is_caller]
    early = [turn for turn in caller if len(turn.text) > 3][:5]
    if danger:
        return RequestSigns(_guess("help", _first(caller, re.compile(r".+")), 0.9), False)
    agent = [turn for turn in turns if not turn.is_caller]
    claim = _unless(early, _CLAIM, "不|不是|没|来|不算是?|谈不上|算不上|不想|不打算|不为了?|不要")
    report = _unless(caller, _REPORT, "不是|不|没|谁|被|说是谁|是谁")
    praise = _unless(early, _PRAISE, "不|没|不是") or _first(agent, _PRAISE_TAKEN)
    if praise and not claim and not report:
        return RequestSigns(_guess("praise", praise, 0.9), False)
    if not rejected:
        progress = _first(caller[:6], _PROGRESS)
        ticket = _first([turn for turn in turns if not turn.is_caller], _TICKET)
        told = _first(
            [turn for turn in turns if not turn.is_caller],
            re.compile(
                r"(?:查到了?|系统显示|查询到).{0,6}您?(?:是)?(?:反映|投诉|咨询)|您.{0,6}(?:反映|投诉)的.{0,40}(?:已转|已经转|正在办|已签收)"
            ),
        )
        earlier = progress or told or (ticket and _first(caller[:6], _BEFORE))
        if not earlier and _first(agent, _NUMBER_ASKED) and _first(agent, _STATE_TOLD):
            # who is asked for a number and told where it stands has asked after a ticket
            earlier = _first(agent, _STATE_TOLD)
        if earlier and (ticket or told or _first(agent, _NUMBER_ASKED)):
            return RequestSigns(_guess("consultation", earlier, 0.9), True)
        if progress and not claim and not report and _first(early, _ASK):
            return RequestSigns(_guess("consultation", progress, 0.7), True)
    suggest = _first(early, _SUGGEST) or _first(agent, _SUGGESTION_TAKEN)
    if suggest and not claim and not report:
        return RequestSigns(_guess("suggestion", suggest, 0.85), False)
    if reject_reason == "discipline":
        report = report or _first(caller, re.compile(r"告|收|贪|反映"))
    if report:
        return RequestSigns(_guess("report", report, 0.9), False)
    hard = _first(caller, _HARDSHIP) is not None
    takes_down = any(
        not turn.is_caller and turn.index > 2 and _TAKES_DOWN.search(turn.text) for turn in turns
    )
    asked = _asks_only(early, rejected=rejected, hard=hard, takes_down=takes_down)
    if asked and not claim and not secret:
        return RequestSigns(_guess("consultation", asked, 0.8), False)
    return RequestSigns(
        _grievance(turns, early, category, claim, rejected=rejected, secret=secret), False
    )


def _asks_only(
    early: Sequence[Utterance], *, rejected: bool, hard: bool, takes_down: bool
) -> Evidence | None:
    """A question without a plea, where troubles are not what the caller speaks of."""
    ask = _first(early[:3], _ASK)
    if rejected and (ask is None or _first(early, _URGES)):
        return None
    if _first(early, re.compile(r"反映(?!情况吗)|求助")) or _first(early, _PLEA) or hard:
        return None
    troubles = sum(1 for turn in early for _ in _TROUBLE.finditer(turn.text))
    troubles += 2 * sum(1 for turn in early for _ in _ANGER.finditer(turn.text))
    questions = sum(1 for turn in early for _ in _ASK.finditer(turn.text))
    questions += sum(
        1
        for turn in early
        for _ in re.finditer(
            r"(?:吗|不|么|呢|啥|多少|多久|几点|哪里|哪儿|多长时间|怎么弄|怎么算)$|行不行|能不能|要不要|可不可以|有没有|还是|在哪里?申请|在哪里?办|怎么办|需要|材料|多长时间|什么时候",
            turn.text,
        )
    )
    questions += 0 if takes_down else 2
    if ask is None:
        plain = _first(early, re.compile(r"吗$|呢$|多少|什么条件|能不能"))
        return plain if questions >= 3 and questions > 2 * troubles else None
    return ask if troubles <= 1 or questions > troubles else None


def _unknown_culprit(turns: Sequence[Utterance]) -> bool:
    """Whether the agent asked who did it, or whence it comes, and the caller could not say."""
    return any(
        not question.is_caller
        and answer.is_caller
        and _WHO.search(question.text)
        and _DONT_KNOW.match(answer.text)
        for question, answer in pairwise(turns)
    )


def _grievance(
    turns: Sequence[Utterance],
    early: Sequence[Utterance],
    category: str,
    claim: Evidence | None,
    *,
    rejected: bool,
    secret: bool,
) -> FieldGuess:
    """Complaint, help or an unspoken report."""
    caller = [turn for turn in turns if turn.is_caller]
    trouble = _first(early, _TROUBLE)
    if claim:
        return _guess("complaint", claim, 0.9)
    if rejected:
        return _guess("complaint", trouble or _first(early, re.compile(r".+")), 0.75)
    unlawful = _first(caller, _UNLAWFUL)
    if secret and not category.startswith(_OWN_QUARRELS):
        unlawful = unlawful or _first(early, re.compile(r".+"))
    elif category not in _CRIMES:
        unlawful = None
    if unlawful and not _first(caller, re.compile(r"退钱|退费|赔")):
        law = _first(caller, _LAW) if secret else None
        return _guess("report", law or unlawful, SETTLED if law else 0.6)
    plate = category == "urban.garbage" and _first(caller, _PLATE)
    if plate and _first(caller, _DUMPS):
        return _guess("report", plate, SETTLED)
    if category.startswith(_SOURCELESS) and _unknown_culprit(turns):
        return _guess("help", trouble, SETTLED)
    if not category.startswith(_HELP_PRONE):
        return _guess("complaint", trouble, 0.75)
    anger = sum(1 for turn in caller for _ in _ANGER.finditer(turn.text))
    redress = _first(caller, _REDRESS)
    wrath = _first(caller, re.compile(r"骂|凭什么|凭啥|欺负|态度|霸占"))
    grasping = _first(caller, _GRASPING)
    if grasping:
        return _guess("complaint", grasping, 0.75)
    plea = _first(caller, _PLEA)
    if anger >= 2 or (category.startswith(_COUNTERPARTY) and (redress or wrath) and not plea):
        spot = redress or _first(caller, _ANGER)
        return _guess("complaint", spot, 0.65)
    if category == "safety.fire":
        return _guess("complaint", trouble, 0.5)
    return _guess("help", plea or trouble, 0.7)


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
