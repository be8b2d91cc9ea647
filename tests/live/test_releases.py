"""How a number that nobody answers ends: every setting, as the caller's SIP and ears have it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import pytest
import pytest_asyncio

from tests.live.harness.api import Api
from tests.live.harness.audio import likeness, samples
from tests.live.harness.hotline import SPEECH, Hotline, until
from tests.live.harness.records import closed
from tests.live.harness.rtp import AudioPort
from tests.live.harness.sipp import Outcome, SippRun, run_sipp
from tests.live.harness.studio import prompt, say
from tests.live.harness.talk import HEARD, NOT_HEARD

NAME = '{ zh = "旧号码", en = "An old number" }'
TEXT = '{ zh = "您好，本号码已停用，请拨打12345。", en = "Please dial 12345." }'
# Q.850 causes that an administrator may set, and the SIP statuses that Asterisk makes of them:
# those of RFC 3398 clause 8.2.6.1, but for 38
STATUS_OF_CAUSE = {1: 404, 17: 486, 21: 403, 22: 410, 27: 502, 31: 480, 38: 500, 42: 503}
SAID = {cause: f"1239{index}" for index, cause in enumerate(STATUS_OF_CAUSE)}
UNSAID = {cause: f"1240{cause % 10}" for cause in (1, 17, 22)}
CANCELLED_SAID, PAST, FUTURE, PRESSED = "12411", "12412", "12413", "12414"

SHORT = SPEECH / "04_noise_caller.wav"


def lines(today: datetime) -> str:
    yesterday, tomorrow = (today + timedelta(days=days) for days in (-1, 1))
    announced = "".join(
        f"""
[lines.{number}]
mode = "merged"
name = {NAME}
announcement = {TEXT}
languages = ["zh"]
repeats = 1
then = "hangup"
hangup_cause = {cause}
"""
        for cause, number in SAID.items()
    )
    silent = "".join(
        f"""
[lines.{number}]
mode = "cancelled"
name = {NAME}
hangup_cause = {cause}
"""
        for cause, number in UNSAID.items()
    )
    return f"""{announced}{silent}
[lines.{CANCELLED_SAID}]
mode = "cancelled"
name = {NAME}
announcement = {TEXT}
languages = ["en"]
hangup_cause = 22

[lines.{PAST}]
mode = "merged"
name = {NAME}
announcement = {TEXT}
until = {yesterday:%Y-%m-%d}
then = "hangup"
hangup_cause = 22

[lines.{FUTURE}]
mode = "cancelled"
name = {NAME}
since = {tomorrow:%Y-%m-%d}
hangup_cause = 22

[lines.{PRESSED}]
mode = "cancelled"
name = {NAME}
announcement = {TEXT}
languages = ["zh", "en"]
on_key = "person"
"""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def retired() -> AsyncIterator[Hotline]:
    hotline = Hotline.make(asr={"enabled": False})
    hotline.add_lines(lines(datetime.now(hotline.settings.city.zone)))
    announced = (*SAID.values(), CANCELLED_SAID, PAST, PRESSED)
    say(hotline, *(f"announcement-{number}" for number in announced), zh=SHORT)
    async with hotline:
        yield hotline


@pytest_asyncio.fixture(loop_scope="session")
async def boss(retired: Hotline) -> AsyncIterator[Api]:
    async with retired.api("admin") as api:
        yield api
    await until(retired.idle, "Asterisk without channels", 15)


async def _call(hotline: Hotline, number: str, caller: str, audio: AudioPort) -> Outcome:
    run: SippRun = await run_sipp(
        *(hotline.installation, "to_the_end", hotline.sip, number),
        caller=caller,
        hold_ms=500,
        keys={"audio_port": str(audio.port)},
    )
    assert run.exit_code == 0, run.errors + run.messages
    (outcome,) = run.outcomes().values()
    return outcome


@pytest.mark.parametrize(("cause", "number"), SAID.items())
async def test_given_an_announcement_and_a_cause_then_183_sound_and_that_release_unanswered(
    retired: Hotline, boss: Api, cause: int, number: str
) -> None:
    async with AudioPort() as audio:
        outcome = await _call(retired, number, f"13900000{cause:03}", audio)
    assert outcome == Outcome((183,), STATUS_OF_CAUSE[cause], cause)
    said = samples(prompt(retired, f"announcement-{number}"))[:, 0]
    assert likeness(audio.heard, said) > HEARD
    assert abs(len(audio.heard) - len(said)) < 4000
    record = await closed(boss, f"13900000{cause:03}")
    assert (record["line"], record["disposition"]) == (number, "announced")
    assert (record["hung_up_by"], record["cause"]) == ("system", cause)
    assert record["answered_at"] is None
    assert record["has_recording"] is False


@pytest.mark.parametrize(("cause", "number"), UNSAID.items())
async def test_given_a_cause_and_nothing_said_then_released_at_once_without_audio(
    retired: Hotline, boss: Api, cause: int, number: str
) -> None:
    async with AudioPort() as audio:
        outcome = await _call(retired, number, f"13900001{cause:03}", audio)
    assert outcome == Outcome((), STATUS_OF_CAUSE[cause], cause)
    assert not audio.packets
    record = await closed(boss, f"13900001{cause:03}")
    assert (record["line"], record["disposition"]) == (number, "vacant")
    assert (record["hung_up_by"], record["cause"]) == ("system", cause)


async def test_given_a_cancelled_number_with_an_announcement_then_said_once_in_its_language(
    retired: Hotline, boss: Api
) -> None:
    async with AudioPort() as audio:
        outcome = await _call(retired, CANCELLED_SAID, "13900002001", audio)
    assert outcome == Outcome((183,), 410, 22)
    key = f"announcement-{CANCELLED_SAID}"
    english = samples(prompt(retired, key, "en"))[:, 0]
    assert likeness(audio.heard, english) > HEARD
    assert likeness(audio.heard, samples(prompt(retired, key))[:, 0]) < NOT_HEARD
    assert abs(len(audio.heard) - len(english)) < 4000
    assert (await closed(boss, "13900002001"))["disposition"] == "announced"


async def test_given_the_transition_is_over_then_vacant_whatever_cause_it_had(
    retired: Hotline, boss: Api
) -> None:
    async with AudioPort() as audio:
        outcome = await _call(retired, PAST, "13900002002", audio)
    assert outcome == Outcome((), 404, 1)
    assert not audio.packets
    assert (await closed(boss, "13900002002"))["disposition"] == "vacant"


async def test_given_the_day_before_its_end_then_people_answer_on_its_line(
    retired: Hotline, boss: Api
) -> None:
    async with AudioPort() as audio:
        outcome = await _call(retired, FUTURE, "13900002003", audio)
    assert outcome.status == 200
    record = await closed(boss, "13900002003")
    assert (record["line"], record["hung_up_by"]) == (FUTURE, "caller")


async def test_given_a_key_may_be_pressed_when_it_is_not_then_both_languages_and_released(
    retired: Hotline, boss: Api
) -> None:
    async with AudioPort() as audio:
        outcome = await _call(retired, PRESSED, "13900002004", audio)
    assert outcome == Outcome((183,), 404, 1)
    for lang in ("zh", "en"):
        said = samples(prompt(retired, f"announcement-{PRESSED}", lang))[:, 0]
        assert likeness(audio.heard, said) > HEARD
    assert (await closed(boss, "13900002004"))["disposition"] == "announced"
