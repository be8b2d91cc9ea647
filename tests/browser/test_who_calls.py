"""The screen-pop says at a glance that a caller was put forward, and why."""

from __future__ import annotations

from playwright.async_api import expect

from telephony.testphone import PhoneAgent, TestPhone
from tests.browser.seat import Seat
from tests.live.harness.hotline import Hotline
from tests.live.harness.records import waiting


async def test_given_a_listed_number_that_calls_again_then_both_badges_on_the_screen(
    hotline: Hotline, phone: TestPhone, telephone: PhoneAgent, seat: Seat
) -> None:
    caller = "13900000351"
    async with hotline.api("admin") as api:
        await api.post("/api/callers/priority", number=caller, reason="测试", priority=20)
    missed = await phone.dial("12345", caller=caller, keys=[(0.3, "0")])
    await waiting(hotline, 1)
    await missed.hangup()
    await missed.wait_ended()

    account = hotline.accounts["agent8001"]
    await seat.log_in(account.username, account.password)
    await seat.be("就绪", "就绪")
    call = await phone.dial("12345", caller=caller, keys=[(0.3, "0")])
    await seat.shows("#call .number", caller)
    badges = seat.at("#call .badge")
    await expect(badges).to_have_text(["重点", "重复来电"])
    await seat.fits()
    await seat.picture("put-forward")
    await call.hangup()
    await call.wait_ended()
