"""Targets of one click, put on all desks in the page and used by an agent in a call."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

from playwright.async_api import expect

from telephony.testphone import PhoneAgent, TestPhone
from tests.browser.seat import Seat
from tests.live.harness.hotline import CONTACT_NUMBERS, Hotline
from tests.live.harness.talk import fresh

PATH = "/api/pinned-targets"
HOSTILE = "<img src=x onerror=window.broken=1>"
TITLE = "东岗路水管爆裂"


async def test_given_a_topic_when_published_in_the_page_then_one_click_of_an_agent_transfers(
    hotline: Hotline,
    phone: TestPhone,
    telephone: PhoneAgent,
    outside: dict[str, PhoneAgent],
    seat: Seat,
    office: Seat,
) -> None:
    water = outside[CONTACT_NUMBERS[0]]
    fresh(water)
    account = hotline.accounts["agent8001"]
    await seat.log_in(account.username, account.password)
    await seat.be("就绪", "就绪")
    call = await phone.dial("12345", caller="13900000311", keys=[(0.3, "0")])
    await (await telephone.next_call()).answer()
    await seat.shows("#state", "通话中")

    words = ("ducha", "--role", "supervisor", "--json")
    added = json.loads(await hotline.command("user", "add", *words))
    await office.log_in("ducha", added["password"])
    await office.administer("一键转接目标")
    await office.write("pinned-form", title=TITLE, note=HOSTILE, keywords="停水，东岗")
    await office.at("#pinned-form [name=target]").select_option("contact:water")
    await office.at("#pinned-form [name=transfer]").select_option("consult")
    await office.page.get_by_role("button", name="发布", exact=True).click()
    await office.shows("#pinned-form [role=status]", "已发布到所有坐席")
    row = office.at("#pinned-rows tr").first
    for shown in (TITLE, HOSTILE, "热点", "有效", "供水抢修", "ducha"):
        await expect(row).to_contain_text(shown)
    assert await office.at("#pinned-rows img").count() == 0
    await office.picture("pinned")
    await office.fits()

    await seat.page.get_by_role("button", name=TITLE).click()
    await (await water.next_call()).wait_answered()
    await seat.shows("#transfer-state", "咨询中，来电者听音乐 · 供水抢修")
    await seat.page.get_by_role("button", name="取消，回到来电者").click()
    await seat.shows("#transfer-state", "与来电者通话")

    # taken off after one question, the open page loses it, and how often it was used stays
    await office.page.get_by_role("button", name=f"撤下 {TITLE}").click()
    await office.shows("#sure", TITLE)
    await office.at("#sure-yes").click()
    await expect(row).to_contain_text("已撤下")
    await expect(row.locator("td").nth(4)).to_have_text("1")
    await expect(seat.at("#topics button")).to_have_count(0)
    assert await office.page.evaluate("window.broken") is None
    assert await seat.page.evaluate("window.broken") is None
    await call.hangup()
    await call.wait_ended()


async def test_given_what_cannot_be_published_then_it_is_told_at_its_field_and_input_stays(
    hotline: Hotline, seat: Seat
) -> None:
    account = hotline.accounts["admin"]
    await seat.log_in(account.username, account.password)
    await seat.administer("一键转接目标")
    publish = seat.page.get_by_role("button", name="发布", exact=True)
    begin = datetime.now().astimezone()
    seat.refused[PATH] = 422
    before = f"{begin - timedelta(hours=1):%Y-%m-%dT%H:%M}"
    await seat.write("pinned-form", title="王局长", ends_at=before, note="带班")
    await publish.click()
    await seat.shows("#pinned-form-ends_at-fault", "须晚于开始时间")
    # the number of a stranger is no target; nor is none at all
    seat.refused[PATH] = 403
    later = f"{begin + timedelta(hours=2):%Y-%m-%dT%H:%M}"
    await seat.write("pinned-form", ends_at=later, number="13800000000")
    await publish.click()
    await expect(seat.at("#pinned-form-target-fault")).not_to_be_empty()
    await expect(seat.at("#pinned-form-ends_at-fault")).to_have_count(0)
    await expect(seat.at("#pinned-form [name=note]")).to_have_value("带班")
    await seat.picture("refused")
    await seat.fits()
    await seat.page.get_by_role("button", name="English").click()
    await seat.page.set_viewport_size({"width": 420, "height": 768})
    await seat.picture("english-narrow")
    await seat.fits()
