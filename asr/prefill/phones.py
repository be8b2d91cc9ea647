"""The number on which the caller wants to be called back, as dictated, corrected and read back."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from asr.prefill.model import CallFacts, Evidence, FieldGuess
from asr.prefill.numerals import Run, digit_runs
from asr.prefill.text import Utterance

_WHOLE = re.compile(r"^(?:1[3-9]\d{9}|0\d{2}\d{8}|0\d{3}\d{7,8})$")
_AGAIN = re.compile(r"(?<=\d)1[3-9]\d{9}$")
_OPENING = re.compile(r"^(?:1[3-9]|0[1-9])\d*$")
_MOBILE_DIGITS = 11
_END = 6
"""Digits at the end of a number by which a read-back is known as that of what was said."""
_CORRECTS = re.compile(
    r"不对|不是|错了|等下|等一下|等会|反了|哦不|噢不|说错|记错|重说|应该是|后头是|后面是|尾号是|最后是|改成|更正"
)
_AGREES = re.compile(r"^(?:嗯|对|是|好|行|没错|可以|哎对|诶对|式|试)")
_OTHERS_NUMBER = re.compile(
    r"(?:骗子|诈骗|对方|那个号码|打给我的|来电显示|客服电话|商家电话|店里电话|老板电话|老板的电话|公司电话|公司的电话|他的电话是|他电话是|短信号码|陌生号|那边电话|那边的电话|收费员的电话|司机电话|司机的电话)[^,]{0,6}$"
)
_NOT_A_PHONE = re.compile(
    r"(?:号楼|号院|单元|[栋幢座])$|(?:工单号|工单|单号|编号|订单号?|卡号|账号|身份证号?|受理号|案号|运单号?)[^电手]{0,8}$"
)
_PHONE_TALK = re.compile(r"电话|手机|号码|座机|联系|打我|打他|打这|记一下|你记|您记|停机|号")


@dataclass
class _Dictation:
    """What has been dictated so far."""

    number: str = ""
    partial: str = ""
    evidence: list[Evidence] = field(default_factory=list)
    confirmed: bool = False

    def whole(self, number: str, evidence: list[Evidence], *, confirmed: bool = False) -> None:
        """The number is complete; pieces of another one count no more."""
        self.number, self.partial, self.confirmed = number, "", confirmed
        self.evidence = evidence


def callback_phone(turns: Sequence[Utterance], facts: CallFacts) -> FieldGuess:
    """The last version of a number other than the calling one that the caller dictated."""
    state = _Dictation()
    asked = False
    for position, turn in enumerate(turns):
        runs = digit_runs(turn.text)
        if turn.is_caller:
            for run in runs:
                _take(state, turn, run, asked)
            continue
        if _PHONE_TALK.search(turn.text):
            asked = True
        _read_back(state, turns, position, runs)
    number = state.number
    if not number or number == facts.cli or facts.cli.endswith(number):
        return FieldGuess(None, [], 0.6 if asked else 0.5)
    return FieldGuess(number, state.evidence[-3:], 0.95 if state.confirmed else 0.8)


def _take(state: _Dictation, turn: Utterance, run: Run, asked: bool) -> None:
    before = turn.text[: run.start]
    if re.search(r"(?:不是|不要|别打|而不是)$", before) and (state.number or state.partial):
        return
    if _NOT_A_PHONE.search(before) or _OTHERS_NUMBER.search(before):
        return
    spot = turn.evidence(run.start, run.end)
    whole = _said_once(run.digits)
    if _WHOLE.match(whole):
        state.whole(whole, [spot])
        return
    if state.partial:
        grown = state.partial + run.digits
        if _WHOLE.match(grown):
            state.whole(grown, [*state.evidence, spot])
            return
        again = _AGAIN.search(run.digits)
        if again and again.group().startswith(state.partial[:3]):
            # what was missing, and then the whole of it once more
            state.whole(again.group(), [spot])
            return
        if len(grown) < 12 and _OPENING.match(grown):
            state.partial = grown
            state.evidence.append(spot)
            return
        joined = _overlapping(state.partial, run.digits)
        if _WHOLE.match(joined):
            state.whole(joined, [*state.evidence, spot])
            return
    if state.number and 2 <= len(run.digits) <= 9 and _is_tail(turn, run):
        tail = _said_once(run.digits)
        changed = state.number[: -len(tail)] + tail
        if _WHOLE.match(changed):
            state.number, state.confirmed = changed, False
            state.evidence.append(spot)
        return
    talk = asked or _PHONE_TALK.search(before)
    if talk and _OPENING.match(run.digits) and 3 <= len(run.digits) <= 10:
        state.partial = run.digits
        state.evidence = [spot]
    elif _PHONE_TALK.search(before) and re.match(r"^[2-8]\d{6,7}$", run.digits):
        state.whole(run.digits, [spot])


def _said_once(digits: str) -> str:
    """Without what was said again in the same breath: a tail, a mobile number or its end."""
    half = len(digits) // 2
    if half >= 3 and digits[:half] == digits[half:]:
        return digits[:half]
    number, again = digits[:_MOBILE_DIGITS], digits[_MOBILE_DIGITS:]
    if len(again) >= 2 and _WHOLE.match(number) and number.startswith("1"):
        if number.endswith(again):
            return number
        if len(again) == _MOBILE_DIGITS and _WHOLE.match(again):
            return again
    return digits


def _overlapping(start: str, end: str) -> str:
    """Both pieces with what they share said once: 1500258774, 7749 → 15002587749."""
    for shared in range(min(len(start), len(end)) - 1, 1, -1):
        if start.endswith(end[:shared]):
            return start + end[shared:]
    return start + end


def _alike(one: str, other: str) -> bool:
    """Whether two numbers are versions of one: hardly any digit differs."""
    return len(one) == len(other) and sum(a != b for a, b in zip(one, other, strict=True)) <= 3


def _just_said(digits: str, previous: Utterance | None) -> bool:
    """Whether the caller has just dictated its end; more of it was heard as other words."""
    if previous is None or not previous.is_caller:
        return False
    return any(run.digits[-_END:] == digits[-_END:] for run in digit_runs(previous.text))


def _is_tail(turn: Utterance, run: Run) -> bool:
    """Whether the run replaces the end of the number: a correcting word stands near it."""
    near = turn.text[max(0, run.start - 14) : run.start]
    return bool(_CORRECTS.search(near)) or bool(
        re.search(r"后[几两三四五六七八]?[位头面]|尾号|尾数|末尾", near)
    )


def _read_back(
    state: _Dictation, turns: Sequence[Utterance], position: int, runs: Sequence[Run]
) -> None:
    """An agent's read-back confirms; where it differs, the caller's agreement makes it count."""
    reply = turns[position + 1] if position + 1 < len(turns) else None
    for run in runs:
        if run.digits == state.number:
            state.confirmed = True
        elif (
            _WHOLE.match(run.digits)
            and (
                (state.partial and run.digits.startswith(state.partial[:3]))
                or _alike(run.digits, state.number)
                or _just_said(run.digits, turns[position - 1] if position else None)
            )
            and reply is not None
            and reply.is_caller
            and _AGREES.match(reply.text)
        ):
            turn = turns[position]
            state.whole(run.digits, [turn.evidence(run.start, run.end)], confirmed=True)
