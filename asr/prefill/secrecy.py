"""Whether the caller asks that identity or number be kept secret."""

from __future__ import annotations

import re
from collections.abc import Sequence

from asr.prefill.model import FieldGuess
from asr.prefill.text import Utterance

_ASKS = re.compile(
    r"保密|匿名|"
    r"(?:不要|别|不能|不许|不得|千万别|可别|不想|不希望|能不能不|能不能别|可不可以不|千万不要|甭).{0,6}(?:把|给|跟|让|叫|告诉|透露|泄露|说出|说是|公开|传|暴露|报)(?!警).{0,12}(?:我|电话|名字|姓名|信息|号码|身份|人家|他们|对方|举报人|是谁|出去)|"
    r"会不会.{0,6}(?:说|告诉|泄露|透露|把|让|知道|传).{0,10}(?:谁|我|信息|电话)|"
    r"(?:不要|别|不能|千万别|不想)(?:让|叫|给).{0,6}(?:知道|晓得)|"
    r"(?:不要|别|不能)(?:透露|泄露|暴露|公开|外传)|"
    r"(?:怕|害怕|担心).{0,4}(?:打击)?报复"
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
