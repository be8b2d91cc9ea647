"""Whether the caller asks that identity or number be kept secret."""

from __future__ import annotations

import re
from collections.abc import Sequence

from asr.prefill.model import FieldGuess
from asr.prefill.text import Utterance

_NOT = r"(?:不要|别|(?<!能)不能|不许|不得|不想|不希望|不愿意|甭|可不可以不|能不能不|能不能别)"
_WHOSE = r"(?:电话|名字|姓名|信息|号码|身份|手机号|手机|个人)"
_ASKS = re.compile(
    rf"保密|匿名|{_NOT}.{{0,4}}(?:把|将).{{0,6}}(?:我|{_WHOSE}).{{0,10}}(?:给|告诉|说|透露|透漏|泄|传|公开|让|漏)|"
    rf"{_NOT}.{{0,6}}(?:告诉|透露|透漏|泄露|泄漏|暴露|公开|外传|说出去|传出去).{{0,8}}|"
    rf"{_NOT}.{{0,4}}说(?:是|实|出).{{0,2}}(?:我|谁)|{_NOT}说(?:我|谁)(?!家|们)|{_NOT}.{{0,2}}提.{{0,4}}(?:我|谁|名字)|"
    rf"{_NOT}.{{0,4}}(?:让|叫|给).{{0,8}}(?:知道|晓得|查到|看到我)|"
    rf"{_NOT}.{{0,6}}(?:给|跟).{{0,6}}(?:说|讲).{{0,4}}(?:我|谁)|"
    rf"{_NOT}.{{0,6}}(?:出现|登|写|留|显示|提).{{0,4}}我.{{0,3}}{_WHOSE}|"
    r"会不会.{0,8}(?:说|告诉|泄露|透露|把|让|知道|传|漏).{0,10}(?:谁|我|信息|电话)|"
    r"(?:身份|信息|名字|电话|号码).{0,6}(?:保护|不公开|不外泄|别外传)|"
    r"(?:免得|省得).{0,8}(?:知道|晓得|报复)|(?:怕|害怕|担心).{0,6}(?:打击)?报复"
)
_DENIED = re.compile(r"(?:不用|不需要|不要求|用不着|无所谓|不怕|没必要|没啥)$")
_AGENT_ASKS = re.compile(
    r"(?:需要|要不要|要求|是否|申请)(?:对)?.{0,10}(?:保密|匿名)|(?:保密|匿名)(?:吗|么|处理吗|不)"
)
_YES = re.compile(r"^(?:要|需要|对|是|嗯|好|保密|最好|必须|肯定|那肯定|当然)")


def confidential(turns: Sequence[Utterance]) -> FieldGuess:
    """True with evidence, else False."""
    for position, turn in enumerate(turns):
        if turn.is_caller:
            for match in _ASKS.finditer(turn.text):
                if re.search(r"保密单位|涉密|保密局", turn.text):
                    continue
                if not _DENIED.search(turn.text[: match.start()]):
                    return FieldGuess(True, [turn.evidence(match.start(), match.end())], 0.9)
        elif _AGENT_ASKS.search(turn.text) and position + 1 < len(turns):
            reply = turns[position + 1]
            if reply.is_caller and _YES.match(reply.text):
                return FieldGuess(True, [reply.evidence(0, min(4, len(reply.text)))], 0.85)
    return FieldGuess(False, [], 0.9)
