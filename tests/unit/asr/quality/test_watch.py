"""Supervisors are told of what they should look at, with the words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from asr.quality import QualityWatch
from config.quality import QualityRules, load_quality_rules
from telephony.events import (
    CallAnswered,
    CallHeld,
    Event,
    EventBus,
    QualityHint,
    Speaker,
    TranscriptFinal,
)

NOW = datetime(2026, 7, 15, 2, tzinfo=UTC)
ANSWERED = CallAnswered(at=NOW, call_id="1.1", endpoint="PJSIP/agent-8001", channel="c")
HELLO = "您好请讲"


def _said(who: Speaker, text: str, start: float, end: float, turn: int = 0) -> TranscriptFinal:
    return TranscriptFinal(
        at=NOW + timedelta(seconds=end),
        call_id="1.1",
        speaker=who,
        turn=turn,
        text=text,
        start_ms=int(start * 1000),
        end_ms=int(end * 1000),
        started_at=NOW + timedelta(seconds=start),
    )


def _agent(text: str, start: float = 1, end: float = 3) -> TranscriptFinal:
    return _said(Speaker.AGENT, text, start, end)


def _caller(text: str, start: float = 4, end: float = 8) -> TranscriptFinal:
    return _said(Speaker.CALLER, text, start, end)


def _hints(*events: Event, rules: QualityRules | None = None) -> list[QualityHint]:
    watch = QualityWatch(EventBus(), rules or load_quality_rules(None))
    return [hint for event in (ANSWERED, *events) for hint in watch.heard(event)]


def test_given_a_good_call_when_followed_then_no_hints() -> None:
    assert _hints(_agent(HELLO), _caller("路灯坏了"), _agent("好的我记下了", 9, 11)) == []


def test_given_words_that_must_not_be_said_when_the_agent_says_them_then_a_hint() -> None:
    [hint] = _hints(_agent(HELLO), _agent("这个 不归 我们 管", 9, 11))
    assert (hint.rule, hint.detail, hint.speaker) == ("forbidden", "不归我们管", Speaker.AGENT)


def test_given_the_same_words_when_the_caller_says_them_then_none() -> None:
    assert _hints(_agent(HELLO), _caller("他们说不归我们管")) == []


def test_given_no_greeting_when_the_second_turn_is_over_then_one_hint() -> None:
    hints = _hints(_agent("说"), _agent("什么事", 4, 5), _agent("快说", 6, 7))
    assert [hint.rule for hint in hints] == ["greeting"]
    assert _hints(_agent("嗯"), _agent("您好", 4, 5), _agent("说吧", 6, 7)) == []


@pytest.mark.parametrize("agent_first", [True, False])
def test_given_an_agent_who_speaks_into_a_sentence_when_both_are_heard_then_a_hint(
    agent_first: bool,
) -> None:
    turns = [_caller("我跟你说那个路灯它", 4, 9), _agent("您说重点", 6, 8)]
    hints = _hints(_agent(HELLO), *(reversed(turns) if agent_first else turns))
    assert [(hint.rule, hint.detail) for hint in hints] == [("interruption", "2.0 s")]


def test_given_a_caller_who_speaks_into_the_agents_sentence_when_heard_then_none() -> None:
    assert _hints(_agent(HELLO, 1, 6), _caller("喂", 3, 8)) == []


def test_given_a_long_silence_when_somebody_speaks_again_then_a_hint() -> None:
    [hint] = _hints(_agent(HELLO), _caller("路灯坏了"), _agent("好", 40, 41))
    assert (hint.rule, hint.detail) == ("silence", "32 s")


def test_given_a_caller_on_hold_when_the_agent_is_back_then_no_silence() -> None:
    held = CallHeld(at=NOW + timedelta(seconds=9), call_id="1.1", channel="c")
    assert _hints(_agent(HELLO), _caller("路灯坏了"), held, _agent("好", 40, 41)) == []


def test_given_a_rule_that_is_off_when_broken_then_no_hint() -> None:
    rules = QualityRules(version=1)
    assert _hints(_agent("不归我管"), _agent("闭嘴", 60, 61), rules=rules) == []
