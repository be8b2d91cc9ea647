from __future__ import annotations

import pytest

from ivr.survey import SurveyHandler
from telephony.events import EventBus, SurveyAnswered
from tests.unit.ivr.conftest import Serve
from tests.unit.ivr.fake_asterisk import EveryPrompt, FakeAsterisk

Answers = list[tuple[int, bool | None]]


async def ask(
    serve: Serve, asterisk: FakeAsterisk, *, wanted: bool = True
) -> tuple[list[str], Answers]:
    bus = EventBus()
    asterisk.headers["agi_network_script"] = "survey"
    handler = SurveyHandler(EveryPrompt(), bus, lambda call_id: wanted)
    with bus.subscribe("test") as subscription:
        await asterisk.call(await serve("survey", handler))
        subscription.close()
        answers = [(e.score, e.solved) async for e in subscription if isinstance(e, SurveyAnswered)]
    return asterisk.played, answers


async def test_given_both_keys_then_both_answers_and_thanks(serve: Serve) -> None:
    keys = {"survey-score": ["5"], "survey-solved": ["2"]}
    played, answers = await ask(serve, FakeAsterisk(keys=keys))
    assert played == ["zh/survey-score", "zh/survey-solved", "zh/survey-thanks"]
    assert answers == [(5, None), (5, False)]


@pytest.mark.parametrize("keys", [{}, {"survey-score": ["0"]}, {"survey-score": ["9"]}])
async def test_given_silence_or_a_wrong_key_then_no_answer_and_good_bye(
    serve: Serve, keys: dict[str, list[str]]
) -> None:
    played, answers = await ask(serve, FakeAsterisk(keys=keys))
    assert played == ["zh/survey-score", "zh/survey-goodbye"]
    assert answers == []


async def test_given_no_second_answer_then_the_first_counts(serve: Serve) -> None:
    keys = {"survey-score": ["1"], "survey-solved": ["7"]}
    played, answers = await ask(serve, FakeAsterisk(keys=keys, variables={"HL_LANG": "en"}))
    assert played[-1] == "en/survey-thanks"
    assert answers == [(1, None)]


async def test_given_a_call_that_is_not_to_be_asked_then_nothing_is_said(serve: Serve) -> None:
    asterisk = FakeAsterisk()
    played, answers = await ask(serve, asterisk, wanted=False)
    assert (played, answers) == ([], [])
    assert asterisk.commands[0][2] == "TIMEOUT(absolute)"
