"""Calling back from the page, with the result entered, and a call sent to the survey."""

from __future__ import annotations

from playwright.async_api import expect

from telephony.testphone import AgentBehaviour, PhoneAgent, TestPhone
from tests.browser.seat import Seat
from tests.live.harness.hotline import Hotline, until
from tests.live.harness.records import waiting

CITIZEN = "13900000091"


async def test_given_a_missed_call_when_called_back_then_the_result_is_entered_and_it_is_gone(
    hotline: Hotline, phone: TestPhone, telephone: PhoneAgent, seat: Seat
) -> None:
    citizen = phone.add_number(CITIZEN, AgentBehaviour(answer_after_s=0.3, refuse="busy"))
    call = await phone.dial("12328", caller=CITIZEN, keys=[(0.3, "0")])
    await waiting(hotline, 1)
    await call.hangup()
    await call.wait_ended()
    account = hotline.accounts["agent8001"]
    await seat.log_in(account.username, account.password)
    entry = seat.at(
        "#missed tr",
    ).filter(has_text=CITIZEN)
    await expect(entry).to_be_visible()
    await seat.picture("missed")
    await seat.fits()

    await entry.get_by_role("button", name="回电").click()
    await seat.shows("#call .number", CITIZEN)
    await seat.shows("#call .line", "回电")
    ringing = await telephone.next_call()
    await ringing.answer()
    await citizen.next_call()
    await ringing.wait_ended(20)
    result = seat.at("#callback-result select")
    await expect(result).to_have_value("busy")
    await seat.picture("result")
    await result.select_option("wrong_number")
    await seat.at("#callback-result").get_by_label("备注").fill("家人接听")
    await seat.page.get_by_role("button", name="登记").click()
    await expect(entry).to_have_count(0)
    await expect(seat.at("#callback-result")).to_be_hidden()
    async with hotline.api("agent8001") as api:
        kept = (await api.get("/api/callbacks"))["callbacks"][0]
    assert (kept["citizen"], kept["result"], kept["note"]) == (CITIZEN, "wrong_number", "家人接听")


async def test_given_a_talk_when_the_button_is_pressed_then_the_caller_is_asked(
    phone: TestPhone, hotline: Hotline, telephone: PhoneAgent, seat: Seat
) -> None:
    account = hotline.accounts["agent8001"]
    await seat.log_in(account.username, account.password)
    await seat.be("就绪", "就绪")
    call = await phone.dial("12345", caller="13900000092", keys=[(0.3, "0")])
    ringing = await telephone.next_call()
    await ringing.answer()
    await seat.shows("#state", "通话中")
    await seat.page.get_by_role("button", name="转评价").click()
    await ringing.wait_ended(10)
    await call.press("5")

    async def rated() -> bool:
        async with hotline.api("agent8001") as api:
            calls = (await api.get("/api/calls?caller=13900000092"))["calls"]
            path = (await api.get(f"/api/calls/{calls[0]['call_id']}"))["path"]
        if not any(one["step"] == "survey" for one in path):
            await call.press("5")
            return False
        return True

    await until(rated, "a rating in the call's path")
    await call.hangup()
    await call.wait_ended()
