"""The agent's page in a real browser, on real calls."""

from __future__ import annotations

import asyncio

import pytest
from playwright.async_api import Route, expect

from telephony.testphone import PhoneAgent, TestPhone
from tests.browser.seat import Seat
from tests.live.harness.hotline import SPEECH, Hotline, until

HOSTILE_NAME = "<img src=x onerror=window.broken=1>"
CALLER_TEXT = "在城关区张掖路金城花园小区，东门对面。"
MORE_TEXT = "我姓王，电话是13919328806。"
AGENT_TEXT = "好的，请问您在哪个小区，具体地址是什么？"


async def test_given_a_wrong_password_when_logging_in_then_a_plain_message_and_another_try(
    hotline: Hotline, seat: Seat
) -> None:
    await seat.log_in("agent8001", "not-the-password")
    await expect(seat.at("#login-error")).to_have_text("用户名或密码错误")
    await seat.picture("wrong-password")
    account = hotline.accounts["agent8001"]
    await seat.log_in(account.username, account.password)
    await seat.shows("#state", "未登录队列")
    await expect(seat.at("#login")).to_be_hidden()
    await seat.page.get_by_role("button", name="注销").click()
    await expect(seat.at("#login")).to_be_visible()
    await seat.page.reload()
    await expect(seat.at("#login")).to_be_visible()
    await expect(seat.at("#desk")).to_be_hidden()


async def test_given_a_ready_agent_when_a_citizen_calls_then_the_page_shows_the_whole_call(
    hotline: Hotline, phone: TestPhone, telephone: PhoneAgent, seat: Seat
) -> None:
    before = await phone.dial("12319", caller="13900000081")
    await before.wait_for("hears")
    await before.hangup()
    await before.wait_ended()
    account = hotline.accounts["agent8001"]
    await seat.log_in(account.username, account.password)
    await seat.be("就绪", "就绪")
    await seat.picture("ready")

    # the screen pops up while the telephone rings; a name is a name, whatever is in it
    call = await phone.dial(
        "093112328", caller="13900000081", from_name=HOSTILE_NAME, keys=[(0.3, "0")]
    )
    await seat.shows("#call .ringing-card", "正在振铃")
    await seat.shows("#call .number", "13900000081")
    await seat.shows("#call .line", "12328")
    await seat.shows("#call", HOSTILE_NAME)
    await seat.shows("#call", "按键 0")
    await seat.shows("#call", "12319城市管理服务热线 语音中挂断")
    await seat.shows("#state", "振铃")
    await seat.picture("ringing")
    assert await seat.at("#call img, #call script").count() == 0
    assert await seat.page.evaluate("window.broken") is None

    ringing = await telephone.next_call()
    await ringing.answer()
    await seat.shows("#state", "通话中")
    await ringing.speak(SPEECH / "01_noise_agent.wav")
    await call.speak(SPEECH / "02_noise_caller.wav")
    await seat.hears("agent", AGENT_TEXT)
    await seat.hears("caller", CALLER_TEXT)
    await seat.shows("#words .turn.agent .meta >> nth=0", "坐席")
    await seat.shows("#words .turn.caller .meta >> nth=0", "市民")
    await seat.field("district", "城关区")
    await seat.shows("#sure-district", "置信度")
    await seat.picture("talking")
    await seat.fits()

    # what the agent enters stays, whatever the machine still hears
    await seat.enter("district", "七里河区")
    address = await seat.at("#ticket [name=address]").input_value()
    assert "城关区" in address
    await call.speak(SPEECH / "04_noise_caller.wav")
    await seat.hears("caller", CALLER_TEXT + MORE_TEXT)
    await expect(seat.at("#ticket [name=caller_name]")).not_to_have_value("")
    await seat.field("district", "七里河区")
    await seat.field("address", address)

    # a page that is loaded anew knows the call
    await seat.page.reload()
    await seat.shows("#call .number", "13900000081")
    await seat.shows("#state", "通话中")
    await seat.hears("caller", CALLER_TEXT + MORE_TEXT)
    await seat.field("district", "七里河区")
    await seat.field("address", address)

    await seat.page.get_by_role("button", name="English").click()
    await expect(seat.at("#call-title")).to_have_text("Call")
    await seat.shows("#words .turn.caller .meta >> nth=0", "Caller")
    await expect(seat.page.get_by_label("District")).to_have_value("七里河区")
    await seat.picture("english")
    await seat.fits()
    await seat.page.get_by_role("button", name="中文").click()

    await call.hangup()
    await call.wait_ended()
    await seat.shows("#call", "已结束")
    await expect(seat.at("#ticket-number")).not_to_be_empty()
    await seat.field("district", "七里河区")
    await seat.enter("summary", "烧烤店油烟扰民")
    await expect(seat.at("#calls tr").first).to_contain_text("已接听")
    await seat.picture("ticket")
    number = await seat.at("#ticket-number").inner_text()
    async with hotline.api("agent8001") as api:
        ticket = await api.get(f"/api/tickets/{number}")
    assert ticket["fields"]["district"]["value"] == "七里河区"
    assert ticket["fields"]["summary"]["value"] == "烧烤店油烟扰民"
    await seat.page.get_by_role("button", name="提交工单").click()
    await expect(seat.page.get_by_role("button", name="已提交")).to_be_disabled()
    await expect(seat.at("#ticket [name=summary]")).to_be_disabled()


async def test_given_a_call_that_is_over_when_its_recording_is_sealed_then_it_can_be_played(
    hotline: Hotline, phone: TestPhone, telephone: PhoneAgent, seat: Seat
) -> None:
    account = hotline.accounts["agent8001"]
    await seat.log_in(account.username, account.password)
    await seat.be("就绪", "就绪")
    caller = "13900000084"
    sealed = asyncio.Event()

    async def not_yet(route: Route) -> None:
        reply = await route.fetch()
        page = await reply.json()
        for one in page["calls"]:
            one["has_recording"] = one["has_recording"] and sealed.is_set()
        await route.fulfill(response=reply, json=page)

    # what the page is told while the recording takes its time
    await seat.page.route("**/api/calls?*", not_yet)
    call = await phone.dial("12345", caller=caller, keys=[(0.3, "0")])
    await (await telephone.next_call()).answer()
    await seat.shows("#state", "通话中")
    await call.speak(SPEECH / "02_noise_caller.wav")
    await call.hangup()
    await call.wait_ended()
    row = seat.at("#calls tr").first
    await expect(row).to_contain_text(caller)
    await expect(row).to_contain_text("录音未归档")
    play = row.get_by_role("button", name="播放")
    await expect(play).to_have_count(0)
    sealed.set()
    await expect(play).to_be_visible()
    await play.click()

    async def sounds() -> bool:
        return bool(await seat.at("#calls audio").evaluate("(audio) => audio.readyState > 1"))

    await until(sounds, "the recording's sound in the page")


@pytest.mark.timeout(300)
async def test_given_a_call_that_was_heard_again_when_read_then_the_better_words_and_a_switch(
    hotline: Hotline, phone: TestPhone, telephone: PhoneAgent, seat: Seat
) -> None:
    account = hotline.accounts["agent8001"]
    await seat.log_in(account.username, account.password)
    await seat.be("就绪", "就绪")
    call = await phone.dial("12333", caller="13900000083", keys=[(0.3, "0")])
    ringing = await telephone.next_call()
    await ringing.answer()
    await seat.shows("#state", "通话中")
    await call.speak(SPEECH / "02_noise_caller.wav")
    await call.hangup()
    await call.wait_ended()
    await expect(seat.at("#calls tr").first).to_contain_text("已接听")
    await expect(seat.at("#transcript")).to_be_hidden()

    async with hotline.api("agent8001") as api:
        call_id = (await api.get("/api/calls?caller=13900000083"))["calls"][0]["call_id"]

        async def heard_again() -> bool:
            answer = await api.get(f"/api/calls/{call_id}/transcript")
            return bool(answer["second"]["state"] == "done")

        await until(heard_again, "second transcript", 90)
    read = seat.page.get_by_role("button", name="通话转写 13900000083")
    await read.click()
    await seat.shows("#transcript-state", "已复核")
    second = seat.page.get_by_role("button", name="复核转写", exact=True)
    live = seat.page.get_by_role("button", name="实时转写", exact=True)
    await expect(second).to_have_attribute("aria-pressed", "true")
    await seat.shows("#transcript-words .turn.caller", "东门")
    await seat.picture("second-transcript")
    await seat.fits()
    await live.click()
    await expect(live).to_have_attribute("aria-pressed", "true")
    await expect(second).to_have_attribute("aria-pressed", "false")
    await seat.shows("#transcript-words .turn.caller", "东门")
    await seat.page.get_by_role("button", name="关闭").click()
    await expect(seat.at("#transcript")).to_be_hidden()


async def test_given_a_conversation_when_the_service_dies_then_the_page_says_so_and_comes_back(
    hotline: Hotline, phone: TestPhone, telephone: PhoneAgent, seat: Seat
) -> None:
    account = hotline.accounts["agent8001"]
    await seat.log_in(account.username, account.password)
    await seat.be("就绪", "就绪")
    call = await phone.dial("12345", caller="13900000082", keys=[(0.3, "0")])
    ringing = await telephone.next_call()
    await ringing.answer()
    await seat.shows("#state", "通话中")

    seat.may_lose_server = True
    hotline.kill_service()
    await seat.shows("#notice", "与服务器的连接中断，正在重连…")
    await seat.picture("disconnected")
    await hotline.start_service()
    await expect(seat.at("#notice")).to_be_hidden()
    await seat.shows("#call .number", "13900000082")
    await seat.shows("#call", "通话中")
    await seat.shows("#state", "通话中")
    seat.may_lose_server = False
    await ringing.speak(SPEECH / "01_noise_agent.wav")
    await seat.hears("agent", AGENT_TEXT)
    await call.hangup()
    await call.wait_ended()
    await seat.shows("#call", "已结束")
