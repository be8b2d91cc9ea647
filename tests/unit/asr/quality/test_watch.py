"""Supervisors are told of what they should look at, with the words."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from asr.quality import QualityWatch, watch
from config.quality import QualityRules, load_quality_rules
from telephony.events import (
    CallAnswered,
    CallEnded,
    CallHeld,
    CallQueued,
    CallResumed,
    Event,
    EventBus,
    HungUpBy,
    QualityHint,
    Speaker,
    TranscriptDelayed,
    TranscriptFinal,
    TranscriptPartial,
    TransferChanged,
    TransferKind,
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


BOTH = (Speaker.CALLER, Speaker.AGENT)


def _at(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def _silences(
    *steps: Event | float, listening: Collection[Speaker] = BOTH
) -> list[tuple[datetime, str]]:
    """When silences were told and how; between the events time passes to the given seconds."""
    watch = QualityWatch(EventBus(), load_quality_rules(None), lambda _: listening)
    hints: list[QualityHint] = []
    for step in (ANSWERED, *steps):
        if isinstance(step, float):
            hints += watch.unheard(_at(step))
        else:
            hints += watch.heard(step)
    return [(hint.at, hint.detail) for hint in hints if hint.rule == "silence"]


def _transfer(state: str, at: float) -> TransferChanged:
    return TransferChanged(
        at=_at(at), call_id="1.1", state=state, kind=TransferKind.CONSULT, target="110"
    )


def _begins(at: float) -> TranscriptPartial:
    return TranscriptPartial(
        at=_at(at), call_id="1.1", speaker=Speaker.CALLER, turn=1, text="那", start_ms=0, end_ms=1
    )


def test_given_a_silence_that_goes_on_when_it_is_too_long_then_it_is_told_once_and_at_once() -> (
    None
):
    steps = (_agent(HELLO), _caller("路灯坏了"), 30.0, 31.5, 60.0, 90.0)
    assert _silences(*steps) == [(_at(31.5), "24 s")]
    # nor is it told again when it is over
    assert len(_silences(*steps, _begins(91), _caller("喂", 90, 91))) == 1


def test_given_a_silence_that_was_told_when_somebody_has_spoken_then_the_next_is_told() -> None:
    told = _silences(_caller("路灯坏了"), 40.0, _caller("喂", 41, 42), 50.0, 70.0)
    assert [at for at, _ in told] == [_at(40), _at(70)]


def test_given_nobody_who_has_said_a_word_when_it_lasts_then_told_without_words() -> None:
    watch = QualityWatch(EventBus(), load_quality_rules(None), lambda _: BOTH)
    assert list(watch.heard(ANSWERED)) == []
    [hint] = watch.unheard(_at(30))
    assert (hint.speaker, hint.turn, hint.text) == (Speaker.AGENT, 0, "")


def test_given_a_sentence_that_goes_on_when_it_has_no_end_yet_then_no_silence() -> None:
    assert _silences(_agent(HELLO), *(_begins(at) for at in (15, 30, 45)), 60.0) == []


@pytest.mark.parametrize("listening", [(), (Speaker.CALLER,)])
def test_given_a_party_who_is_not_listened_to_when_no_words_come_then_none(
    listening: Collection[Speaker],
) -> None:
    assert _silences(_agent(HELLO), 60.0, listening=listening) == []


def test_given_words_that_are_late_when_none_come_then_none_and_the_end_tells_of_it() -> None:
    late = TranscriptDelayed(
        at=_at(10), call_id="1.1", speaker=Speaker.AGENT, behind_ms=4000, deferred=False
    )
    assert _silences(_agent(HELLO), late, 60.0) == []
    [(_, length)] = _silences(_agent(HELLO), late, 60.0, _agent("好", 61, 62))
    assert length == "58 s"


def test_given_a_caller_on_hold_when_it_lasts_then_time_counts_from_the_return() -> None:
    held = CallHeld(at=_at(9), call_id="1.1", channel="c")
    back = CallResumed(at=_at(60), call_id="1.1", channel="c")
    assert _silences(_caller("路灯坏了"), held, 59.0, back, 70.0, 84.0) == [(_at(84), "24 s")]


@pytest.mark.parametrize("state", ["blind_ringing", "consult_ringing", "consulting", "returned"])
def test_given_a_caller_who_hears_music_when_it_lasts_then_no_silence(state: str) -> None:
    assert _silences(_agent(HELLO), _transfer(state, 9), 60.0) == []


def test_given_a_caller_who_was_handed_back_when_another_agent_is_silent_then_told() -> None:
    again = CallAnswered(at=_at(60), call_id="1.1", endpoint="PJSIP/agent-8002", channel="d")
    queued = CallQueued(at=_at(20), call_id="1.1", queue="hotline", position=1)
    steps = (_agent(HELLO), _transfer("returned", 9), queued, 59.0, again)
    assert _silences(*steps, 70.0, 84.0) == [(_at(84), "24 s")]


def test_given_a_call_that_has_ended_when_time_goes_on_then_no_silence() -> None:
    ended = CallEnded(at=_at(9), call_id="1.1", hung_up_by=HungUpBy.CALLER)
    assert _silences(_agent(HELLO), ended, 60.0) == []


async def test_given_a_silence_when_the_watch_runs_then_it_is_told_by_the_clock(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(watch, "LOOKED_EVERY_S", 0.0)
    bus = EventBus()
    with bus.subscribe("test") as events:
        running = asyncio.create_task(
            QualityWatch(bus, load_quality_rules(None), lambda _: BOTH).run()
        )
        await asyncio.sleep(0)
        bus.publish(replace(ANSWERED, at=datetime.now(UTC) - timedelta(minutes=1)))
        told = await anext(event async for event in events if isinstance(event, QualityHint))
        assert (told.rule, told.detail) == ("silence", "60 s")
        bus.close()
        await running
    assert not [task for task in asyncio.all_tasks() if task.get_name().startswith("quality")]
