"""A notice is told on its days, from their first second to their last, and on no other."""

from __future__ import annotations

import asyncio
import signal
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from agent_gateway.service import prepare
from config.settings import load_settings
from telephony.testphone import PhoneCall, TestPhone
from tests.live.harness.hotline import SPEECH, Hotline, until
from tests.live.harness.midnight import ZoneFolder, midnight_after, zone_with_midnight_at
from tests.live.harness.records import closed
from tests.live.harness.studio import say
from tests.live.harness.talk import HEARD, NOT_HEARD, heard

NAME = '{ zh = "旧号码", en = "An old number" }'
TEXT = '{ zh = "您好，本号码已停用，请拨打12345。", en = "Please dial 12345." }'
OTHER = '{ zh = "您好，国庆期间请您拨打12345。", en = "During the holidays, please dial 12345." }'
USUAL, NOTICE, ENGLISH = (
    SPEECH / name for name in ("05_bus_caller.wav", "13_wages_caller.wav", "10_fire_caller.wav")
)
BEGINS, ENDS, ONLY, OFFICE = "12336", "12318", "12301", "09311000001"
DAY, SECOND = timedelta(days=1), timedelta(seconds=1)


def lines(day: date) -> str:
    """Numbers whose notices begin on a day, or end with the day before it."""
    return f"""
[lines.{BEGINS}]
mode = "merged"
name = {NAME}
announcement = {TEXT}
repeats = 1
then = "hangup"
[[lines.{BEGINS}.notices]]
from = {day}
to = {day}
announcement = {OTHER}

[lines.{ENDS}]
mode = "merged"
name = {NAME}
announcement = {TEXT}
languages = ["zh"]
repeats = 1
then = "hangup"
[[lines.{ENDS}.notices]]
from = {day - 2 * DAY}
to = {day - DAY}
announcement = {OTHER}

[lines.{ONLY}]
mode = "cancelled"
name = {NAME}
languages = ["zh"]
[[lines.{ONLY}.notices]]
from = {day}
announcement = {OTHER}

[lines.{OFFICE}]
mode = "office"
name = {NAME}
announcement = {TEXT}
languages = ["zh"]
[[lines.{OFFICE}.notices]]
from = {day - DAY}
to = {day - DAY}
announcement = {OTHER}
"""


def notice_begins(number: str, day: date) -> date:
    return {BEGINS: day, ENDS: day - 2 * DAY, ONLY: day, OFFICE: day - DAY}[number]


@pytest.mark.timeout(240)
async def test_given_notices_when_midnight_comes_then_each_is_heard_on_its_days_and_on_no_other(
    tmp_path: Path,
) -> None:
    hotline = Hotline.make(asr={"enabled": False})
    try:
        with ZoneFolder(tmp_path) as zones:
            hotline.environment = zones.environment
            await hotline.start()
            hotline.kill_service(signal.SIGTERM)
            midnight = midnight_after(hotline.started_in_s)
            day = zone_with_midnight_at(midnight, zones.folder, "Test/Midnight")
            await _take(hotline, day)
            await hotline.start_service()
            async with TestPhone(hotline.installation, hotline.sip) as phone:
                left = midnight - timedelta(seconds=4) - datetime.now(UTC)
                assert left > timedelta(), "too slow to see the change"
                await asyncio.sleep(left.total_seconds())
                before = await _call_all(phone, "1")
                assert all(call.began_at < midnight for call in before.values())
                left = midnight + timedelta(milliseconds=100) - datetime.now(UTC)
                await asyncio.sleep(max(0.0, left.total_seconds()))
                after = await _call_all(phone, "2")
                for calls in (before, after):
                    for call in calls.values():
                        await call.wait_ended()
                _assert_told(before, notice={ENDS, OFFICE}, silent={ONLY})
                _assert_told(after, notice={BEGINS, ONLY}, silent=set())
                # the second language of a notice is the notice's, too
                assert heard(after[BEGINS], ENGLISH) > HEARD
                assert heard(before[BEGINS], ENGLISH) < NOT_HEARD
            async with hotline.api("admin") as admin:
                vacant = await closed(admin, before[ONLY].caller)
                told = await closed(admin, after[ONLY].caller)
            assert (vacant["disposition"], told["disposition"]) == ("vacant", "announced")
            # the preview says what was heard
            assert await _noticed(hotline, midnight - SECOND) == {ENDS}
            assert await _noticed(hotline, midnight) == {BEGINS}
            await until(hotline.idle, "Asterisk without channels", 15)
    finally:
        await hotline.stop()


async def _take(hotline: Hotline, day: date) -> None:
    """Let the plan of that day be in force; Asterisk knows."""
    config = hotline.config_file.read_text(encoding="utf-8")
    config += '\n[city]\ntimezone = "Test/Midnight"\n'
    await asyncio.to_thread(hotline.config_file.write_text, config, encoding="utf-8")
    hotline.add_lines(lines(day))
    hotline.settings = load_settings(hotline.config_file)
    for number in (BEGINS, ENDS, ONLY, OFFICE):
        say(hotline, f"announcement-{number}", zh=USUAL, en=USUAL)
        began = notice_begins(number, day)
        say(hotline, f"announcement-{number}-notice{began:%Y%m%d}", zh=NOTICE, en=ENGLISH)
    await prepare(hotline.settings, hotline.secrets)
    await hotline.asterisk.command("dialplan reload")


async def _noticed(hotline: Hotline, at: datetime) -> set[str]:
    """Which of two numbers tell their notice then, by the preview."""
    found = set()
    for number in (BEGINS, ENDS):
        said = await hotline.command("numbers", "preview", number, "--at", at.isoformat())
        if f"announcement-{number}-notice" in said:
            found.add(number)
    return found


async def _call_all(phone: TestPhone, mark: str) -> dict[str, PhoneCall]:
    return {
        number: await phone.dial(number, caller=f"139000009{mark}{index}", answer_only=True)
        for index, number in enumerate((BEGINS, ENDS, ONLY, OFFICE))
    }


def _assert_told(calls: dict[str, PhoneCall], *, notice: set[str], silent: set[str]) -> None:
    for number, call in calls.items():
        if number in silent:
            assert (call.is_answered, call.sip_status, call.cause) == (False, 404, 1)
            assert "early media" not in [event.kind for event in call.events]
            continue
        there, other = (NOTICE, USUAL) if number in notice else (USUAL, NOTICE)
        assert heard(call, there) > HEARD, number
        assert heard(call, other) < NOT_HEARD, number
        assert call.is_answered is (number == OFFICE)
