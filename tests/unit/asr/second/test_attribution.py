"""Whose words they are that are heard on a recording's two sides."""

from __future__ import annotations

from asr.recogniser import Hypothesis
from asr.second import Talk, TurnHeard, attributed
from telephony.events import Speaker

CALLER, AGENT, THIRD = Speaker.CALLER, Speaker.AGENT, Speaker.THIRD


def heard(text: str, start_ms: int, end_ms: int) -> Hypothesis:
    return Hypothesis(text, start_ms, end_ms, True, 0.9)


def live(speaker: Speaker, text: str, start_ms: int, end_ms: int) -> TurnHeard:
    return TurnHeard(speaker, text, start_ms, end_ms, 0.5, "live")


def talk(since_ms: int, until_ms: int, *speakers: Speaker) -> Talk:
    return Talk(since_ms, until_ms, frozenset(speakers))


def told(turns: list[TurnHeard]) -> list[tuple[str, str, str]]:
    return [(turn.speaker.value, turn.text, turn.engine) for turn in turns]


def test_given_both_sides_when_put_together_then_in_the_order_of_time_with_their_speakers() -> None:
    turns = attributed(
        [heard("路灯坏了", 6000, 8000), heard("谢谢", 15000, 15800)],
        [heard("您好", 4500, 5500), heard("在哪里", 9000, 10000)],
        [talk(4000, 16000, AGENT)],
        [live(CALLER, "路灯怀了", 6100, 8100), live(AGENT, "您号", 4600, 5600)],
        "second",
    )
    assert told(turns) == [
        ("agent", "您好", "second"),
        ("caller", "路灯坏了", "second"),
        ("agent", "在哪里", "second"),
        ("caller", "谢谢", "second"),
    ]


def test_given_a_prompt_before_the_agent_when_heard_then_it_is_nobody_s_words() -> None:
    turns = attributed(
        [], [heard("您好本次通话将被录音", 500, 4000)], [talk(9000, 20000, AGENT)], [], "second"
    )
    assert turns == []


def test_given_three_who_talk_when_heard_then_the_live_words_tell_agent_and_third_apart() -> None:
    turns = attributed(
        [],
        [heard("我是供水公司", 5000, 8000), heard("好的", 9000, 9500), heard("再见", 20000, 20500)],
        [talk(0, 30000, AGENT, THIRD)],
        [live(THIRD, "我是公水公司", 5300, 8200), live(AGENT, "好", 9100, 9500)],
        "second",
    )
    assert [(turn.speaker, turn.text) for turn in turns] == [
        (THIRD, "我是供水公司"),
        (AGENT, "好的"),
        (AGENT, "再见"),
    ]


def test_given_the_agent_left_when_a_department_speaks_then_it_is_the_third() -> None:
    (turn,) = attributed(
        [], [heard("马上来修", 12000, 13000)], [talk(10000, 30000, THIRD)], [], "second"
    )
    assert turn.speaker is THIRD


def test_given_a_consultation_outside_the_recording_when_put_together_then_its_words_stay() -> None:
    turns = attributed(
        [heard("路灯坏了", 1000, 3000)],
        [],
        [talk(0, 4000, AGENT)],
        [
            live(CALLER, "路灯", 900, 3100),
            live(AGENT, "有一位市民报修", 6000, 8000),
            live(THIRD, "请转过来", 8500, 9500),
        ],
        "second",
    )
    assert told(turns) == [
        ("caller", "路灯坏了", "second"),
        ("agent", "有一位市民报修", "live"),
        ("third", "请转过来", "live"),
    ]
