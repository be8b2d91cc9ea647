"""Handing a call on by clicks, in a real browser, on real calls."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from playwright.async_api import expect

from telephony.testphone import AgentBehaviour, PhoneAgent, PhoneCall, TestPhone
from tests.browser.conftest import EMERGENCY, SURVEY_LINE
from tests.browser.seat import Seat
from tests.live.harness.hotline import CONTACT_NUMBERS, Hotline
from tests.live.harness.records import reached
from tests.live.harness.talk import fresh


async def talk(
    hotline: Hotline,
    phone: TestPhone,
    telephone: PhoneAgent,
    seat: Seat,
    caller: str,
    line: str = "12345",
) -> PhoneCall:
    """A caller who talks with the agent at the page."""
    account = hotline.accounts["agent8001"]
    await seat.log_in(account.username, account.password)
    await seat.be("就绪", "就绪")
    call = await phone.dial(line, caller=caller, keys=[(0.3, "0")])
    await (await telephone.next_call()).answer()
    await expect(seat.at("#transfer")).to_be_visible()
    return call


async def test_given_a_talk_when_a_target_is_searched_and_invited_then_three_talk(
    hotline: Hotline,
    phone: TestPhone,
    telephone: PhoneAgent,
    outside: dict[str, PhoneAgent],
    seat: Seat,
) -> None:
    first = outside[CONTACT_NUMBERS[0]]
    first.behaviour = AgentBehaviour(answer_after_s=0.5, refuse="busy")
    call = await talk(hotline, phone, telephone, seat, "13900000091")
    groups = seat.at("#transfer-target optgroup")
    labels = [await one.get_attribute("label") for one in await groups.all()]
    assert labels == ["部门", "分中心", "专家座席", "公用事业", "坐席", "队列"]
    await seat.page.get_by_label("查找转接目标").fill("供水")
    await expect(seat.at("#transfer-target option")).to_have_count(1)
    await seat.page.get_by_role("button", name="三方通话", exact=True).click()
    # the first number is busy, the next one answers
    await seat.shows("#transfer-state", "供水抢修")
    await (await outside[CONTACT_NUMBERS[1]].next_call()).wait_answered()
    await seat.shows("#transfer-state", "三方通话中 · 供水抢修")
    await seat.picture("three-way")
    await seat.fits()
    await seat.page.get_by_role("button", name="退出，由对方继续").click()
    await seat.shows("#state", "就绪")
    await call.hangup()
    await call.wait_ended()


async def test_given_a_citizen_of_the_survey_who_wants_a_person_then_the_call_can_be_handed_on(
    hotline: Hotline,
    phone: TestPhone,
    telephone: PhoneAgent,
    outside: dict[str, PhoneAgent],
    seat: Seat,
) -> None:
    number = "13900000601"
    citizen = phone.add_number(number, AgentBehaviour(answer_after_s=0.3))
    fresh(outside[CONTACT_NUMBERS[0]])
    call = await talk(hotline, phone, telephone, seat, number, SURVEY_LINE)
    await call.hangup()
    await call.wait_ended()
    rung = await citizen.next_call(40)
    await rung.wait_answered()
    async with hotline.api("admin") as admin:
        await reached(admin, number, "ivr", prompt="survey", detail="score")
    await rung.press("0")
    await (await telephone.next_call()).answer()
    await seat.shows("#call .line", "满意度回访")
    await expect(seat.at("#transfer")).to_be_visible()
    await expect(seat.page.get_by_role("button", name="转评价")).to_be_disabled()
    await seat.page.get_by_label("查找转接目标").fill("供水")
    await seat.page.get_by_role("button", name="三方通话", exact=True).click()
    await seat.shows("#transfer-state", "三方通话中 · 供水抢修")
    await rung.hangup()
    await rung.wait_ended()
    await seat.shows("#state", "就绪")


async def test_given_an_emergency_when_the_button_is_clicked_then_the_line_joins_and_what_to_read(
    hotline: Hotline,
    phone: TestPhone,
    telephone: PhoneAgent,
    outside: dict[str, PhoneAgent],
    seat: Seat,
) -> None:
    call = await talk(hotline, phone, telephone, seat, "13900000092")
    await seat.enter("district", "城关区")
    await expect(seat.at("#emergency-place")).to_have_value("城关区")
    await seat.at("#emergency-place").fill("城关区东岗路7号")
    # what is still filled in elsewhere does not change what the agent has written here
    await seat.enter("address", "别处")
    await expect(seat.at("#emergency-place")).to_have_value("城关区东岗路7号")
    await seat.page.get_by_role("button", name=EMERGENCY, exact=True).click()
    third = await outside[EMERGENCY].next_call()
    await third.wait_answered()
    assert third.caller == "13900000092"
    await seat.shows("#transfer-state", "三方通话中 · 110")
    await seat.shows("#emergency-said", "13900000092")
    await seat.shows("#emergency-said", "城关区东岗路7号")
    await seat.picture("emergency")
    await seat.fits()
    await seat.page.get_by_role("button", name="取消，回到来电者").click()
    await third.wait_ended()
    await seat.shows("#transfer-state", "与来电者通话")
    await expect(seat.at("#emergency-said")).to_be_hidden()
    await call.hangup()
    await call.wait_ended()


async def test_given_a_topic_and_a_leader_when_pinned_then_the_open_page_has_them_and_loses_them(
    hotline: Hotline,
    phone: TestPhone,
    telephone: PhoneAgent,
    outside: dict[str, PhoneAgent],
    seat: Seat,
) -> None:
    fresh(outside[CONTACT_NUMBERS[0]])
    call = await talk(hotline, phone, telephone, seat, "13900000093")
    now = datetime.now(UTC)
    span = {
        "starts_at": now.isoformat(),
        "ends_at": (now + timedelta(minutes=5)).isoformat(),
    }
    async with hotline.api("admin") as admin:
        leader = await admin.post(
            "/api/pinned-targets", kind="leader", title="王局长", target="contact:water", **span
        )
        topic = await admin.post(
            "/api/pinned-targets",
            kind="topic",
            title="东岗路水管爆裂",
            note="预计18时恢复",
            target="contact:water",
            transfer="consult",
            **span,
        )
        await seat.shows("#transfer-target optgroup[label=值班领导]", "王局长")
        await seat.picture("pinned")
        await seat.fits()
        await seat.page.get_by_role("button", name="东岗路水管爆裂").click()
        await (await outside[CONTACT_NUMBERS[0]].next_call()).wait_answered()
        await seat.shows("#transfer-state", "咨询中，来电者听音乐 · 供水抢修")
        await seat.page.get_by_role("button", name="合并通话").click()
        await seat.shows("#transfer-state", "三方通话中")
        for one in (leader, topic):
            await admin.post(f"/api/pinned-targets/{one['pinned']['id']}/withdraw")
        await expect(seat.at("#topics button")).to_have_count(0)
        await expect(seat.at("optgroup[label=值班领导]")).to_have_count(0)
        # the newest first; other tests pin targets, too
        records = (await admin.get("/api/pinned-targets/all?limit=2"))["pinned"]
        assert [one["uses"] for one in records] == [1, 0]
    await call.hangup()
    await call.wait_ended()
