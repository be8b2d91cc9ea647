from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from telephony.testphone import CallFailedError, PhoneCall, TestPhone, heard_sounds

from .sounds import loudest_hertz, write_tone
from .standin import StandIn

pytestmark = [pytest.mark.live, pytest.mark.asyncio(loop_scope="package")]


def kinds(call: PhoneCall) -> list[str]:
    return [event.kind for event in call.events]


async def test_given_a_line_that_plays_a_tone_when_called_then_the_phone_hears_all_of_it(
    phone: TestPhone,
) -> None:
    call = await phone.dial("1001")
    await call.wait_answered()
    await call.wait_ended()
    [sound] = heard_sounds(call.heard)
    assert sound.end_ms - sound.start_ms == pytest.approx(1500, abs=80)
    assert loudest_hertz(call.heard, sound.start_ms, sound.end_ms) == pytest.approx(700, abs=3)
    assert (call.cause, call.sip_status) == (16, 0)
    assert kinds(call)[0] == "dialled"
    assert kinds(call)[-1] == "ended"
    assert call.sip_call_id


async def test_given_an_echo_when_the_phone_speaks_twice_then_it_hears_both_in_order(
    phone: TestPhone, tmp_path: Path
) -> None:
    low = write_tone(tmp_path / "low.wav", 500, 1.0, rate=44100, channels=2)
    high = write_tone(tmp_path / "high.flac", 1200, 1.0, rate=16000)
    call = await phone.dial("1000", speak=[(0.5, low)])
    await call.wait_for("spoken")
    await asyncio.sleep(0.6)
    await call.speak(high)
    await call.hangup()
    await call.wait_ended()
    first, second = heard_sounds(call.heard)
    assert loudest_hertz(call.heard, first.start_ms, first.end_ms) == pytest.approx(500, abs=3)
    assert loudest_hertz(call.heard, second.start_ms, second.end_ms) == pytest.approx(1200, abs=3)


async def test_given_early_media_when_the_number_is_refused_then_it_was_heard_without_an_answer(
    phone: TestPhone,
) -> None:
    call = await phone.dial("1002")
    with pytest.raises(CallFailedError, match="cause 1 "):
        await call.wait_answered()
    await call.wait_ended()
    assert "early media" in kinds(call)
    [sound] = heard_sounds(call.heard)
    assert sound.end_ms - sound.start_ms == pytest.approx(1500, abs=80)
    assert call.sip_status == 404


@pytest.mark.parametrize(
    ("number", "cause", "status"), [("1003", 17, 486), ("1004", 21, 403), ("9", 1, 404)]
)
async def test_given_a_line_that_refuses_when_called_then_cause_and_status_are_told(
    phone: TestPhone, number: str, cause: int, status: int
) -> None:
    call = await phone.dial(number)
    await call.wait_ended()
    assert (call.cause, call.sip_status, call.is_answered) == (cause, status, False)


async def test_given_nobody_answers_when_the_time_is_up_then_the_phone_hangs_up(
    phone: TestPhone, hotline: StandIn
) -> None:
    call = await phone.dial("1005", max_s=1.0)
    await call.wait_for("ringing")
    await call.wait_ended()
    assert not call.is_answered
    await hotline.channels_gone()


async def test_given_keys_when_pressed_then_every_one_arrives_in_order(
    phone: TestPhone, hotline: StandIn
) -> None:
    call = await phone.dial("1006", keys=[(0.3, "0"), (0.9, "9*")])
    await call.wait_answered()
    await asyncio.sleep(1.6)
    await call.press("#")
    assert (await hotline.user_event("Keys"))["Keys"] == "09*"
    await call.wait_ended()


async def test_given_names_and_headers_when_dialled_then_they_arrive_as_given(
    phone: TestPhone, hotline: StandIn
) -> None:
    diversion = "<sip:12328@10.0.0.1>;reason=unconditional;counter=1"
    call = await phone.dial(
        "1007",
        caller="13900000042",
        from_name='张 "三"',
        extra_headers={"Diversion": diversion},
    )
    seen = await hotline.user_event("Seen")
    await call.wait_ended()
    assert seen["Number"] == "13900000042"
    assert seen["Name"] == '张 "三"'
    assert seen["Diversion"] == diversion
    assert seen["CallId"] == call.sip_call_id
    assert seen["Codec"] == "alaw"


async def test_given_ten_calls_at_once_when_all_speak_then_each_hears_itself(
    phone: TestPhone, hotline: StandIn, tmp_path: Path
) -> None:
    tones = [write_tone(tmp_path / f"{n}.wav", 400 + 150 * n, 1.0) for n in range(10)]
    calls = [await phone.dial("1000", speak=[(0.3, tone)]) for tone in tones]
    await asyncio.gather(*(call.wait_for("spoken") for call in calls))
    await asyncio.sleep(0.3)
    await asyncio.gather(*(call.hangup() for call in calls))
    await asyncio.gather(*(call.wait_ended() for call in calls))
    for number, call in enumerate(calls):
        [sound] = heard_sounds(call.heard)
        heard = loudest_hertz(call.heard, sound.start_ms, sound.end_ms)
        assert heard == pytest.approx(400 + 150 * number, abs=3)
    await hotline.channels_gone()
