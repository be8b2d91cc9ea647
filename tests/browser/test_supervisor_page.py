"""The supervisor's section of the page, on a real call."""

from __future__ import annotations

import json

from playwright.async_api import expect

from telephony.testphone import PhoneAgent, TestPhone
from tests.browser.seat import Seat
from tests.live.harness.hotline import SPEECH, Hotline
from tests.live.harness.talk import HEARD, NOT_HEARD, heard

WHISPERED = SPEECH / "03_noise_agent.wav"


async def test_given_a_supervisor_when_an_agent_talks_then_figures_whispering_and_a_forced_log_out(
    hotline: Hotline, phone: TestPhone, telephone: PhoneAgent, seat: Seat
) -> None:
    words = ("banzhang", "--role", "supervisor", "--extension", "8009", "--json")
    added = json.loads(await hotline.command("user", "add", *words))
    own = await phone.add_agent(added["sip_user"], added["sip_password"])
    account = hotline.accounts["agent8001"]
    await seat.log_in("banzhang", added["password"])
    agent, queue = '[data-agent="8001"]', '[data-queue="hotline"]'
    await seat.shows(agent, "未登录队列")
    async with hotline.api("agent8001") as api:
        await api.state("ready")
        await seat.shows(agent, "就绪")
        listen = seat.page.get_by_role("button", name="监听 8001", exact=True)
        await expect(listen).to_be_disabled()

        call = await phone.dial("12345", caller="13900000091", keys=[(0.3, "0")])
        ringing = await telephone.next_call()
        await ringing.answer()
        await seat.shows(agent, "通话中")
        await expect(seat.at(f"{queue} td").nth(2)).to_have_text("1")

        await listen.click()
        ear = await own.next_call()
        await seat.shows("#supervision-state", "监听")
        await seat.page.get_by_role("button", name="密语 8001", exact=True).click()
        await seat.shows("#supervision-state", "密语")
        await seat.picture("whispering")
        await seat.fits()
        await ear.speak(WHISPERED)
        await seat.page.get_by_role("button", name="结束监听 8001").click()
        await seat.shows("#supervision-state", "已结束")
        await ear.wait_ended()

        await seat.page.get_by_role("button", name="强制签出 8001").click()
        assert not ringing.is_ended
        await call.hangup()
        await call.wait_ended()
        await ringing.wait_ended()
        await seat.shows(agent, "未登录队列")
    # a citizen's number is shown to whoever says why it must be seen
    await expect(seat.at("#calls tr").first).to_contain_text("139****0091")
    await seat.page.get_by_label("查看完整个人信息的原因").fill("核实投诉人身份")
    await seat.page.get_by_role("button", name="显示完整信息").click()
    await expect(seat.at("#calls tr").first).to_contain_text("13900000091")
    await expect(seat.at("#unmask")).to_be_hidden()
    kept = await hotline.store.audit.latest()
    assert any(one.action == "personal.unmask" and one.user == "banzhang" for one in kept)
    assert heard(ringing, WHISPERED) > HEARD
    assert heard(call, WHISPERED) < NOT_HEARD

    await seat.page.get_by_role("button", name="注销").click()
    await seat.log_in(account.username, account.password)
    await seat.shows("#state", "未登录队列")
    await expect(seat.at("#supervision")).to_be_hidden()
