from __future__ import annotations

import pytest

from ivr.survey import SurveyCallHandler
from telephony.events import EventBus, IvrStep, SurveyAnswered
from tests.unit.ivr.conftest import Serve
from tests.unit.ivr.fake_asterisk import EveryPrompt, FakeAsterisk

ABOUT = "hotline-1.1"


async def ask(
    serve: Serve, keys: dict[str, list[str]], *, about: str = ABOUT
) -> tuple[FakeAsterisk, list[SurveyAnswered], list[str]]:
    """The fake, the answers and the steps."""
    bus = EventBus()
    asterisk = FakeAsterisk(keys=keys, variables={"HL_ABOUT": about} if about else {})
    asterisk.headers["agi_network_script"] = "survey-call"
    with bus.subscribe("test") as subscription:
        await asterisk.call(await serve("survey-call", SurveyCallHandler(EveryPrompt(), bus)))
        subscription.close()
        events = [event async for event in subscription]
    answers = [one for one in events if isinstance(one, SurveyAnswered)]
    return asterisk, answers, [one.detail for one in events if isinstance(one, IvrStep)]


def _set(asterisk: FakeAsterisk, name: str) -> list[str]:
    return [one[3] for one in asterisk.commands if one[:3] == ["SET", "VARIABLE", name]]


async def test_given_both_keys_then_both_answers_are_about_the_earlier_call(serve: Serve) -> None:
    keys = {"survey-call-score": ["5"], "survey-solved": ["2"]}
    asterisk, answers, _ = await ask(serve, keys)
    assert asterisk.played == [
        "zh/survey-call-intro",
        "zh/survey-call-score",
        "zh/survey-solved",
        "zh/survey-thanks",
    ]
    assert [(one.score, one.solved, one.about) for one in answers] == [
        (5, None, ABOUT),
        (5, False, ABOUT),
    ]
    assert _set(asterisk, "HL_NEXT") == ["hangup"]


async def test_given_a_number_key_during_the_introduction_then_it_is_no_rating(
    serve: Serve,
) -> None:
    asterisk, answers, steps = await ask(serve, {"survey-call-intro": ["1"]})
    assert answers == []
    assert asterisk.played[-1] == "zh/survey-call-goodbye"
    assert steps == ["score", "no_key"]


@pytest.mark.parametrize(
    "keys",
    [
        {"survey-call-intro": ["0"]},
        {"survey-call-score": ["0"]},
        {"survey-call-score": ["3"], "survey-solved": ["0"]},
    ],
)
async def test_given_0_at_any_question_then_on_to_a_person(
    serve: Serve, keys: dict[str, list[str]]
) -> None:
    asterisk, answers, steps = await ask(serve, keys)
    assert asterisk.played[-1] == "zh/survey-call-person"
    assert _set(asterisk, "HL_NEXT") == ["queue"]
    assert steps[-1] == "person"
    assert [one.score for one in answers] == ([3] if "survey-solved" in keys else [])


async def test_given_9_then_it_is_noted_and_said(serve: Serve) -> None:
    asterisk, _, steps = await ask(serve, {"survey-call-intro": ["9"]})
    assert asterisk.played[-1] == "zh/survey-call-no-more"
    assert (steps, _set(asterisk, "HL_NEXT")) == (["no_more"], ["hangup"])


async def test_given_no_call_that_it_is_about_then_nobody_is_asked(serve: Serve) -> None:
    asterisk, answers, _ = await ask(serve, {}, about="")
    assert (asterisk.played, answers, _set(asterisk, "HL_NEXT")) == ([], [], [])
