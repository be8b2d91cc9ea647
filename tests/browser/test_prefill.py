"""The machine's guesses on the agent's page: where they come from, and what becomes of them."""

from __future__ import annotations

import os
import signal

from playwright.async_api import expect

from telephony.testphone import PhoneAgent, TestPhone
from tests.browser.seat import Seat
from tests.live.harness.api import Message
from tests.live.harness.hotline import SPEECH, Hotline, until
from tests.live.harness.service import recogniser_pid

LIGHT, FIRE = SPEECH / "12_light_caller.wav", SPEECH / "10_fire_caller.wav"


async def test_given_guesses_when_the_caller_goes_on_then_evidence_is_marked_and_changes_are_shown(
    hotline: Hotline, phone: TestPhone, telephone: PhoneAgent, seat: Seat
) -> None:
    account = hotline.accounts["agent8001"]
    await seat.log_in(account.username, account.password)
    await seat.be("就绪", "就绪")
    call = await phone.dial("12345", caller="13900000095", keys=[(0.3, "0")])
    await (await telephone.next_call()).answer()
    await seat.shows("#state", "通话中")
    await call.speak(LIGHT)

    # keys are called by their names
    await seat.field("category", "urban.street_light")
    for name, called in (
        ("category", "路灯照明"),
        ("department", "路灯管理处"),
        ("urgency", "一般"),
        ("accepted", "是"),
    ):
        chosen = seat.at(f"#ticket [name={name}] option:checked")
        await expect(chosen).to_contain_text(called)
    await seat.shows("#sure-category", "%")
    # the words that a value comes from, and where they were said
    quote = seat.at("#about-category .quote").first
    await expect(quote).to_contain_text("路灯")
    await expect(seat.at("#words mark")).to_have_count(0)
    await quote.click()
    marks = seat.at("#words .turn.caller mark")
    await expect(marks.first).to_contain_text("路灯")
    await expect(seat.page.get_by_role("button", name="提交工单")).to_have_count(1)
    await seat.picture("evidence")
    await seat.fits()

    # the agent decides on one field before the machine changes its mind about all of them
    await seat.at("#ticket [name=department]").select_option("urban_management")
    await seat.shows("#sure-department", "人工填写")
    await call.speak(FIRE)
    await seat.shows("#call .alarm", "119")
    await seat.field("category", "safety.fire")
    await seat.shows("#about-category .changed", "路灯照明")
    await seat.shows("#about-urgency .changed", "一般")
    await seat.field("department", "urban_management")
    await expect(seat.at("#about-department .changed")).to_have_count(0)
    await seat.picture("changed")
    await seat.fits()
    await seat.at("#about-urgency").get_by_role("button", name="知道了").click()
    await expect(seat.at("#about-urgency .changed")).to_have_count(0)
    await seat.field("urgency", "emergency")
    await seat.at("#about-category").get_by_role("button", name="恢复").click()
    await seat.shows("#sure-category", "人工填写")
    await seat.field("category", "urban.street_light")
    await expect(seat.at("#about-category .changed")).to_have_count(0)

    await call.hangup()
    await call.wait_ended()
    await expect(seat.at("#ticket-number")).not_to_be_empty()
    await seat.field("department", "urban_management")
    await seat.field("category", "urban.street_light")
    number = await seat.at("#ticket-number").inner_text()
    async with hotline.api("agent8001") as api:

        async def filled() -> Message | None:
            ticket = (await api.get(f"/api/tickets/{number}"))["fields"]
            # until the call is over it holds only what the agent has entered
            return ticket if "urgency" in ticket else None

        fields = await until(filled, "the draft, filled")
    await expect(seat.page.get_by_role("button", name="提交工单")).to_be_enabled()
    # the evidence of the draft leads into the same transcript
    await seat.at("#about-urgency .quote").first.click()
    await expect(seat.at("#words mark").first).to_contain_text("火")
    assert fields["department"]["touched_by"] == fields["category"]["touched_by"] == "agent8001"
    assert fields["urgency"]["touched_by"] is None


async def test_given_a_recogniser_that_hangs_when_words_are_late_then_the_page_says_so(
    hotline: Hotline, phone: TestPhone, telephone: PhoneAgent, seat: Seat
) -> None:
    account = hotline.accounts["agent8001"]
    await seat.log_in(account.username, account.password)
    await seat.be("就绪", "就绪")
    call = await phone.dial("12345", caller="13900000096", keys=[(0.3, "0")])
    await (await telephone.next_call()).answer()
    await seat.shows("#state", "通话中")
    stuck = recogniser_pid(hotline)
    os.kill(stuck, signal.SIGSTOP)
    try:
        await call.speak(LIGHT)
        await seat.shows("#delay", "转写延迟")
        await seat.picture("delayed")
    finally:
        os.kill(stuck, signal.SIGCONT)
    await seat.hears("caller", "人民路和建设路交叉口的路灯坏了，晚上非常危险。")
    await expect(seat.at("#delay")).to_be_hidden()
    await call.hangup()
    await call.wait_ended()
