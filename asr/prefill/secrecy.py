"""Whether the caller asks that identity or number be kept secret."""

from __future__ import annotations

import re
from collections.abc import Sequence

from asr.prefill.model import FieldGuess
from asr.prefill.text import Utterance

_NOT = (
    r"(?:不要|别|(?<!能)不能|不许|不得|不希望|甭|莫|不敢|不准|不可以|可不可以不|能不能不|能不能别)"
)
_UNWILLING = r"(?:不想|不愿意)"
_WHOSE = r"(?:电话|名字|姓名|信息|号码|号|身份|手机号|手机|个人)"
_LEAKS = r"(?:透露|透漏|泄|暴露|公开|外传|说出去|传出去|露出|漏出|露了|漏了|供出)"
# as recognisers write them, too
_TELL = r"(?:告诉|告述|告苏)"
_KNOW = r"(?:知道|晓得|(?:指导|制导|之道)(?=.{0,4}(?:是|我|谁)))"
_ASKS = re.compile(
    # the plain word
    r"(?<!人家能给我)(?<!人家给我)保密(?!协议|单位|局|费|柜|工作)|(?<!不能)匿(?:个)?名|保(?:守|个)秘?密|"
    # do not give it, tell it, let it be seen
    rf"{_NOT}.{{0,4}}(?:把|将).{{0,8}}(?:我|{_WHOSE}).{{0,10}}(?:给|{_TELL}|高速|说|透|泄|传|公开|让|漏|露|供)|"
    rf"{_NOT}.{{0,6}}{_TELL}(?!我(?!的|们的)).{{0,8}}|{_NOT}.{{0,6}}{_LEAKS}|"
    rf"{_NOT}.{{0,4}}[说讲](?:是|实|出).{{0,2}}(?:我|谁|哪|几)|{_NOT}[说讲](?:我|谁)(?!家|们)|"
    rf"{_NOT}.{{0,2}}提.{{0,4}}(?:我|谁|名字)|{_NOT}.{{0,3}}我(?:给)?(?:卖|出卖)|"
    rf"(?:{_NOT}|{_UNWILLING}).{{0,4}}(?:让|叫|给)(?!我).{{0,8}}(?:{_KNOW}|查到|看到我|看见|看我)|"
    rf"{_NOT}.{{0,6}}(?:给|跟)(?!我).{{0,6}}(?:说|讲).{{0,4}}(?:我|谁)|"
    rf"{_NOT}.{{0,6}}(?:出现|登|写|留|显示|提).{{0,4}}我.{{0,3}}{_WHOSE}|"
    rf"{_NOT}.{{0,3}}说(?:漏|有人)|不把我.{{0,3}}[说讲传]出|{_UNWILLING}.{{0,3}}公开.{{0,4}}{_WHOSE}|"
    # my number: do not
    rf"{_WHOSE}.{{0,8}}{_NOT}.{{0,8}}(?:给(?!我)|让|叫|{_TELL}|露|漏|透|泄|写|显示|公开|传|看)|"
    rf"(?:我|{_WHOSE}).{{0,8}}(?:藏好|隐了|隐掉|隐藏|隐去|保护|不公开|不外泄|别外传)|"
    rf"(?:要是|万一|如果).{{0,4}}(?:把)?(?:我|{_WHOSE}).{{0,6}}(?:漏|露|泄)|"
    # whether it will come out, and the fear of it
    rf"会不会.{{0,8}}(?:说|{_TELL}|泄露|透露|把|让|{_KNOW}|传|漏).{{0,10}}(?:谁|我|信息|电话)|"
    rf"(?:免得|省得).{{0,8}}(?:{_KNOW}|报复)|(?:怕|害怕|担心).{{0,6}}(?:打击)?报复"
)
_DENIED = re.compile(r"(?:不用|不需要|不要求|用不着|无所谓|不怕|没必要|没啥)$")
_AGENT_ASKS = re.compile(
    r"(?:需要|须要|要不要|要求|是否|申请)(?:对)?.{0,10}(?:保密|匿名)|(?:保密|匿名)(?:处理)?(?:吗|么|不)"
)
# what an agent grants was asked for, in whatever words
_AGENT_GRANTS = re.compile(
    r"(?:备注|登记|做|作|标注|注明|标记|给您|为您|帮您|予以|选|勾)[^不没]{0,6}保密|"
    r"保密.{0,2}(?:处理|登记)|不.{0,4}(?:透露|泄露|公开)(?:您|你)"
)
_AGENT_DENIES = re.compile(r"[不没].{0,4}$")
_YES = re.compile(r"^(?:要|需要|对|是|嗯|好|保密|最好|必须|肯定|那肯定|当然)")


def confidential(turns: Sequence[Utterance]) -> FieldGuess:
    """True with evidence, else False."""
    for position, turn in enumerate(turns):
        if turn.is_caller:
            for match in _ASKS.finditer(turn.text):
                if "涉密" in turn.text:
                    continue
                if not _DENIED.search(turn.text[: match.start()]):
                    return FieldGuess(True, [turn.evidence(match.start(), match.end())], 0.9)
        elif _AGENT_ASKS.search(turn.text):
            reply = turns[position + 1] if position + 1 < len(turns) else None
            if reply is not None and reply.is_caller and _YES.match(reply.text):
                return FieldGuess(True, [reply.evidence(0, min(4, len(reply.text)))], 0.85)
        elif (granted := _AGENT_GRANTS.search(turn.text)) and not _AGENT_DENIES.search(
            turn.text[: granted.start()]
        ):
            return FieldGuess(True, [turn.evidence(granted.start(), granted.end())], 0.85)
    return FieldGuess(False, [], 0.9)
