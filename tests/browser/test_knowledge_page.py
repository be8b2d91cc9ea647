"""The knowledge base, kept in the page by administrators and read by agents in their calls."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import date, datetime, timedelta
from typing import Any

import pytest_asyncio
from playwright.async_api import expect

from telephony.testphone import AgentBehaviour, PhoneAgent, TestPhone
from tests.browser.seat import Seat
from tests.live.harness.api import Api
from tests.live.harness.hotline import SPEECH, Hotline

PATH = "/api/knowledge"
HOSTILE = "<img src=x onerror=window.broken=1>"
LONG = "热" * 41
WAGES = SPEECH / "13_wages_caller.wav"


@pytest_asyncio.fixture(autouse=True, loop_scope="session")
async def kept_for_the_test_only(hotline: Hotline) -> AsyncIterator[None]:
    """The next test finds an empty knowledge base, wherever this one ended."""
    yield
    for entry in await entries(hotline):
        await delete(hotline, entry)


async def administer(hotline: Hotline, seat: Seat) -> None:
    account = hotline.accounts["admin"]
    await seat.log_in(account.username, account.password)
    await seat.administer("知识库")


async def write(seat: Seat, **fields: str) -> None:
    await seat.write("knowledge-form", **fields)


async def save(seat: Seat) -> None:
    await seat.at("#knowledge-form button.primary").click()


async def delete(hotline: Hotline, entry: dict[str, Any]) -> None:
    async with hotline.api("admin") as api:
        read = {"read": entry["updated_at"]}
        assert await api.status("DELETE", f"{PATH}/{entry['id']}", params=read) == 200


async def entries(hotline: Hotline, words: str = "") -> list[dict[str, Any]]:
    async with hotline.api("admin") as api:
        found = (await api.get(f"{PATH}?all=true&q={words}"))["entries"]
    return [one for one in found if words in one["title"]]


def today(hotline: Hotline) -> date:
    return datetime.now(hotline.settings.city.zone).date()


async def test_given_an_administrator_when_an_entry_is_written_then_an_agent_in_a_call_has_it(
    hotline: Hotline, phone: TestPhone, telephone: PhoneAgent, seat: Seat, office: Seat
) -> None:
    account = hotline.accounts["agent8001"]
    await seat.log_in(account.username, account.password)
    await seat.be("就绪", "就绪")
    await expect(seat.at("#administer")).to_be_hidden()
    call = await phone.dial("12345", caller="13900000301", keys=[(0.3, "0")])
    await (await telephone.next_call()).answer()
    await seat.shows("#state", "通话中")

    await administer(hotline, office)
    await write(
        office,
        title=f"欠薪投诉办法{HOSTILE}",
        text="由劳动监察受理。\n电话0931-1234567。",
        keywords="拖欠工资，欠薪 工资",
    )
    await office.at("#knowledge-form [name=category]").select_option("hrss.wages_arrears")
    await save(office)
    await office.shows("#knowledge-form [role=status]", "已保存")
    await office.shows("#knowledge-rows tr >> nth=0", "欠薪投诉办法")
    await office.shows("#knowledge-rows tr >> nth=0", "有效")
    await office.picture("knowledge")
    await office.fits()
    assert await office.at("#knowledge-rows img").count() == 0
    assert await office.page.evaluate("window.broken") is None
    [entry] = await entries(hotline, "欠薪投诉办法")
    assert entry["keywords"] == ["拖欠工资", "欠薪", "工资"]

    # the caller names it, and it stands beside the ticket, its number to be read out
    await call.speak(WAGES)
    await seat.shows("#advice summary", "欠薪投诉办法")
    await seat.at("#advice summary").first.click()
    await seat.shows("#advice details[open]", "0931-1234567")
    # and whoever looks for it finds it
    await seat.page.get_by_label("查知识库").fill("欠薪投诉")
    await seat.shows("#look-up-found summary", "欠薪投诉办法")
    await seat.picture("looked-up")
    await seat.fits()
    assert await seat.at("#advice img, #look-up-found img").count() == 0

    # changed, it is changed for the next look
    await office.page.get_by_role("button", name="编辑 欠薪投诉办法").click()
    await expect(office.at("#knowledge-form [name=keywords]")).to_have_value("拖欠工资，欠薪，工资")
    await write(office, text="可到劳动监察窗口办理。")
    await save(office)
    await office.shows("#knowledge-form [role=status]", "已保存")
    await seat.page.get_by_label("查知识库").fill("劳动监察窗口")
    await seat.at("#look-up-found summary").first.click()
    await seat.shows("#look-up-found", "可到劳动监察窗口办理")

    # retired after one question, no agent finds it any more; it is kept until it is deleted
    await office.page.get_by_role("button", name="停用 欠薪投诉办法").click()
    await office.shows("#sure", "坐席不再看到")
    await office.page.keyboard.press("Escape")
    await office.page.get_by_role("button", name="停用 欠薪投诉办法").click()
    await office.at("#sure-yes").click()
    await expect(office.at(f"[data-entry='{entry['id']}']")).to_have_count(0)
    await seat.page.get_by_label("查知识库").fill("劳动监察窗口办理")
    await expect(seat.at("#look-up-found summary").filter(has_text="欠薪投诉")).to_have_count(0)
    await seat.page.get_by_label("查知识库").fill("欠薪投诉办法")
    await seat.shows("#look-up-found", "没有找到")
    await office.at("#knowledge-search [name=state]").select_option("all")
    await office.shows(f"[data-entry='{entry['id']}']", "已停用")
    [kept] = await entries(hotline, "欠薪投诉办法")
    assert kept["valid_until"] == str(today(hotline) - timedelta(days=1))
    await office.page.get_by_role("button", name="删除 欠薪投诉办法").click()
    await office.at("#sure-yes").click()
    await expect(office.at(f"[data-entry='{entry['id']}']")).to_have_count(0)
    assert await entries(hotline, "欠薪投诉办法") == []
    await call.hangup()
    await call.wait_ended()


async def test_given_faults_when_saved_then_they_stand_at_their_fields_and_nothing_is_lost(
    hotline: Hotline, seat: Seat
) -> None:
    seat.refused[PATH] = 422
    await administer(hotline, seat)
    await write(
        seat,
        title="供热投诉",
        valid_from="2026-12-02",
        valid_until="2026-12-01",
        keywords=LONG,
    )
    await save(seat)
    fault = "#knowledge-form-{}-fault"
    await seat.shows(fault.format("text"), "不能为空")
    await seat.shows(fault.format("valid_until"), "不能早于开始日期")
    await seat.shows(fault.format("keywords"), "最多 40 个字")
    title, text = (seat.at(f"#knowledge-form [name={name}]") for name in ("title", "text"))
    await expect(text).to_be_focused()
    await expect(text).to_have_attribute("aria-describedby", "knowledge-form-text-fault")
    await expect(title).to_have_value("供热投诉")
    await seat.picture("faults")
    await seat.fits()

    # in the other language the input stays, too
    await seat.page.get_by_role("button", name="English").click()
    await seat.shows(fault.format("valid_until"), "valid_until is before valid_from")
    await expect(title).to_have_value("供热投诉")
    await seat.picture("faults-english")
    await seat.page.set_viewport_size({"width": 420, "height": 768})
    await seat.picture("faults-narrow")
    await seat.fits()
    await seat.page.set_viewport_size({"width": 1366, "height": 900})
    await seat.page.get_by_role("button", name="中文").click()

    # a session that has ended does not cost it either
    await seat.page.context.clear_cookies()
    seat.refused[PATH] = 401
    await save(seat)
    await expect(seat.at("#login")).to_be_visible()
    await expect(seat.at("#administration")).to_be_hidden()
    await administer(hotline, seat)
    await expect(title).to_have_value("供热投诉")

    # by keyboard alone
    await title.focus()
    await seat.page.keyboard.press("Tab")
    await seat.page.keyboard.type("供热企业先受理。")
    await write(seat, valid_from="", valid_until="", keywords="供热")
    await title.press("Enter")
    await seat.shows("#knowledge-form [role=status]", "已保存")
    await expect(title).to_have_value("")
    [entry] = await entries(hotline, "供热投诉")
    assert entry["text"] == "供热企业先受理。"


async def test_given_two_administrators_when_both_change_an_entry_then_none_overwrites_unseen(
    hotline: Hotline, seat: Seat, office: Seat
) -> None:
    async with hotline.api("admin") as api:
        entry = await api.post(PATH, title="停水通知", text="今日停水。")
    one = f"{PATH}/{entry['id']}"
    seat.refused[one] = 409
    for each in (seat, office):
        await administer(hotline, each)
        await each.page.get_by_role("button", name="编辑 停水通知").click()
    await write(office, text="明日停水。")
    await save(office)
    await office.shows("#knowledge-form [role=status]", "已保存")

    await write(seat, text="后天停水。")
    await save(seat)
    await seat.shows("#knowledge-form .error", "刚刚修改过该条目，未保存")
    await seat.shows("#knowledge-theirs", "明日停水。")
    await expect(seat.at("#knowledge-form [name=text]")).to_have_value("后天停水。")
    await seat.picture("changed-meanwhile")
    await seat.fits()
    assert (await entries(hotline, "停水通知"))[0]["text"] == "明日停水。"
    await seat.page.get_by_role("button", name="仍按我的内容保存").click()
    await seat.shows("#knowledge-form [role=status]", "已保存")
    assert (await entries(hotline, "停水通知"))[0]["text"] == "后天停水。"

    # unsaved input is thrown away after one question only
    await seat.page.get_by_role("button", name="编辑 停水通知").click()
    await write(seat, text="大后天停水。")
    await seat.page.get_by_role("button", name="新条目").click()
    await seat.shows("#sure", "未保存")
    await seat.page.get_by_role("button", name="取消").click()
    await expect(seat.at("#knowledge-form [name=text]")).to_have_value("大后天停水。")

    # deleted meanwhile: what was typed can be kept as a new entry
    [entry] = await entries(hotline, "停水通知")
    await delete(hotline, entry)
    seat.refused[one] = 404
    await save(seat)
    await seat.shows("#knowledge-form .error", "再次保存将作为新条目")
    await save(seat)
    await seat.shows("#knowledge-form [role=status]", "已保存")
    [again] = await entries(hotline, "停水通知")
    assert again["text"] == "大后天停水。"


async def test_given_a_call_that_rings_when_typing_then_the_desk_is_shown_and_the_input_is_kept(
    hotline: Hotline, phone: TestPhone, seat: Seat
) -> None:
    words = ("zhiban", "--role", "supervisor", "--extension", "8010", "--json")
    added = json.loads(await hotline.command("user", "add", *words))
    own = await phone.add_agent(added["sip_user"], added["sip_password"])
    own.behaviour = AgentBehaviour(answer_after_s=None)
    await seat.log_in("zhiban", added["password"])
    await seat.be("就绪", "就绪")
    try:
        await seat.page.get_by_role("button", name="管理", exact=True).click()
        await write(seat, title="写到一半")
        call = await phone.dial("12345", caller="13900000302", keys=[(0.3, "0")])
        await seat.shows("#call .ringing-card", "正在振铃")
        await expect(seat.at("#desk")).to_be_visible()
        await (await own.next_call()).answer()
        await seat.shows("#state", "通话中")
        await call.hangup()
        await call.wait_ended()
        await seat.page.get_by_role("button", name="管理", exact=True).click()
        await expect(seat.at("#knowledge-form [name=title]")).to_have_value("写到一半")
    finally:
        # later calls are for others
        async with Api(hotline.web, "zhiban", added["password"]) as api:
            await api.state("logged_out")
