"""Whether the hotline may take the matter on, and the legal ground if not."""

from __future__ import annotations

import re
from collections.abc import Sequence

from asr.prefill.model import Evidence
from asr.prefill.text import Utterance

_REFUSES = re.compile(
    r"(?:不(?:予|能|会)?受理|不在.{0,6}受理|不归热线|不再(?:重复)?受理|不重复受理|无法受理|受理不了|不属于(?:我们|热线|12345)?(?:的)?受理|不能(?:予以)?(?:受理|转办|登记)|不在受理|无权受理|不能转办|没办法受理|不属于热线)"
)
_GROUNDS: tuple[tuple[str, re.Pattern[str], re.Pattern[str]], ...] = (
    (
        "arbitration",
        re.compile(r"仲裁"),
        re.compile(
            r"(?:已经?|都|早)(?:申请|进入|立案|提交|走).{0,6}仲裁|仲裁(?:委|院|庭).{0,24}(?:立案|立了|开庭|裁决|没裁|没判|受理了|让我等|拖|下来|不公|偏)|(?:不服|对).{0,4}仲裁(?:裁决|结果)?|仲裁裁决|仲裁(?:都)?(?:开|立|裁|判|下来)"
        ),
    ),
    (
        "litigation",
        re.compile(r"诉讼|法院|起诉|判决|上诉|一审|二审|开庭|法官|执行局|再审|官司"),
        re.compile(
            r"(?:不服|对).{0,8}判决|判决(?:不公|下来|书|生效)|判(?:得|我|了|决|输)|(?:已经|都|也|早就)?(?:起诉|上诉)(?:了|到|过|完)|(?:法院|法庭).{0,14}(?:立案|立了|开庭|判|执行|受理了|审|拖|冻结|没动静|拍卖)|(?:申请|强制)执行|(?:一审|二审|再审).{0,8}(?:判|开庭|败|输|完|维持|驳回|结果)|打(?:着)?官司|(?:正在|在)打官司|开了.{0,3}庭"
        ),
    ),
    (
        "discipline",
        re.compile(
            r"纪检|纪委|监委|监察委|违纪|一二三八八|幺二三八八|12388|公职人员|贪污|受贿|收(?:人|礼|钱|红包|好处)|行贿|以权谋私|腐败"
        ),
        re.compile(
            r"(?:举报|反映|告).{0,12}(?:领导|主任|书记|局长|科长|所长|村长|干部|副局长|处长|镇长|乡长|站长|队长|支书|会计|公职|干事).{0,30}(?:收|贪|拿|受贿|占|好处|红包|吃喝|公款|挪用|违纪|烟|酒|礼|低保|亲戚|公车)|(?:收|拿)了?.{0,8}(?:红包|好处费|回扣|烟|购物卡)|贪污|受贿|公款吃喝|公车私用|违纪"
        ),
    ),
    (
        "admin_reconsideration",
        re.compile(r"复议"),
        re.compile(
            r"(?:申请|提|进入|递|交|做|走|正在).{0,6}复议|复议(?:了|申请|机关|决定|办|局|还没|一直|都|维持|已经|程序)"
        ),
    ),
    (
        "info_disclosure",
        re.compile(r"信息公开|政府信息|申请公开|公开申请"),
        re.compile(
            r"(?:申请|要求|依法|想要|提交|要).{0,10}(?:信息公开|公开.{0,14}(?:文件|信息|材料|批复|报告|红头|账目|合同))|信息公开(?:申请|答复|的事|办|科)|公开申请|依申请公开"
        ),
    ),
    (
        "petition",
        re.compile(r"信访|上访"),
        re.compile(
            r"(?:已经|都|在|去|到|走|进入|交|找).{0,6}信访.{0,24}|信访.{0,12}(?:登记|受理|答复|复查|复核|程序|事项|意见书|立案)|上访"
        ),
    ),
    (
        "state_secret",
        re.compile(r"国家秘密|涉密|机密|军事|保密单位|绝密|泄密|国家机密|军事禁区|部队"),
        re.compile(
            r"国家秘密|国家机密|涉密|机密(?:文件|资料|图)|绝密|泄密|军事(?:设施|机密|基地|禁区|秘密)|保密单位|秘密文件|密级"
        ),
    ),
)
_ADVISES = re.compile(
    r"(?:可以|建议|要不要|能不能|准备|打算|想|去|怎么|如果|先|还要|不行就|再)(?:您)?(?:先)?(?:去)?(?:申请|走|找|打|提起|提)?(?:劳动)?$"
)


def rejection(turns: Sequence[Utterance]) -> tuple[str, list[Evidence], float] | None:
    """(reason, evidence, confidence) when the matter may not be accepted, else None.

    The agent's refusal together with a ground decides; without it, only the caller's plain word
    that the matter already lies with the other body.
    """
    refusal: Evidence | None = None
    refusing_text = ""
    for turn in turns:
        if turn.is_caller:
            continue
        match = _REFUSES.search(turn.text)
        if match:
            refusal = turn.evidence(match.start(), match.end())
            refusing_text += turn.text
    best: tuple[float, str, list[Evidence]] | None = None
    for reason, topic, already in _GROUNDS:
        points = 0.0
        evidence: list[Evidence] = []
        for turn in turns:
            for pattern, caller_points, agent_points in ((already, 2.0, 1.0), (topic, 0.5, 0.4)):
                match = pattern.search(turn.text)
                if match is None or _ADVISES.search(turn.text[: match.start()]):
                    continue
                points += caller_points if turn.is_caller else agent_points
                evidence.append(turn.evidence(match.start(), match.end()))
        if topic.search(refusing_text):
            points += 3.0
        if points > 0 and (best is None or points > best[0]):
            best = (points, reason, evidence)
    if best is None:
        return None
    points, reason, evidence = best
    if refusal is not None and points >= 1.0:
        return reason, [refusal, *evidence[:2]], 0.95
    if refusal is None and points >= 4.5 and reason not in ("petition",):
        return reason, evidence[:3], 0.6
    return None
