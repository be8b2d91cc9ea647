"""The callers' lists in the page: what is listed there counts for the next call."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

import pytest
from playwright.async_api import expect

from telephony.testphone import PhoneAgent, TestPhone
from tests.browser.seat import Seat
from tests.live.harness.hotline import Hotline, until

BLOCKED, PRIORITY = "/api/callers/blocked", "/api/callers/priority"
CALLER = "13900000321"


def later(days: float) -> str:
    return f"{datetime.now().astimezone() + timedelta(days=days):%Y-%m-%dT%H:%M}"


async def choose(seat: Seat, name: str) -> None:
    await seat.at("#callers-search [name=list]").select_option(name)


async def add(seat: Seat) -> None:
    await seat.page.get_by_role("button", name="登记", exact=True).click()


async def test_given_a_number_listed_in_the_page_when_it_calls_then_it_is_served_so(
    hotline: Hotline, phone: TestPhone, telephone: PhoneAgent, seat: Seat, office: Seat
) -> None:
    account, admin = hotline.accounts["agent8001"], hotline.accounts["admin"]
    await seat.log_in(account.username, account.password)
    await seat.be("就绪", "就绪")
    await office.log_in(admin.username, admin.password)
    await office.administer("来电名单")
    await choose(office, "priority")
    await office.write("callers-form", number="+86 139 0000 0321", reason="人大代表", priority="30")
    await add(office)
    await office.shows("#callers-form [role=status]", "已登记")
    await office.shows("#callers-rows tr >> nth=0", f"{CALLER} +30")
    await office.shows("#callers-rows tr >> nth=0", "长期")
    call = await phone.dial("12345", caller=CALLER, keys=[(0.3, "0")])
    ringing = await telephone.next_call()
    await seat.shows("#call .number", CALLER)
    await expect(seat.at("#call .badge").first).to_have_text("重点")
    await call.hangup()
    await ringing.wait_ended()
    await call.wait_ended()
    await office.page.get_by_role("button", name=f"移除 {CALLER}").click()
    await office.at("#sure-yes").click()
    await expect(office.at("#callers-rows tr")).to_have_count(0)
    await office.at("#callers-search [name=state]").select_option("all")
    await office.shows("#callers-rows tr >> nth=0", "已移除")

    await office.at("#callers-search [name=state]").select_option("in_force")
    await choose(office, "blocked")
    await office.write("callers-form", number=CALLER, reason="多次骚扰", until=later(1))
    await add(office)
    await office.shows("#callers-rows tr >> nth=0", "多次骚扰")
    await office.picture("blocked")
    await office.fits()
    call = await phone.dial("12345", caller=CALLER)
    await call.wait_ended()
    assert not call.is_answered

    async def written() -> bool:
        async with hotline.api("admin") as api:
            latest = (await api.get("/api/calls?limit=1"))["calls"][0]
        return bool(latest["disposition"] == "blocked")

    await until(written, "record of the blocked call")
    # who looks for a number finds it in any spelling
    await office.at("#callers-search [name=number]").fill("86-139-0000-0321")
    await office.shows("#callers-rows tr >> nth=0", "多次骚扰")
    await office.at("#callers-search [name=number]").fill("13900000322")
    await expect(office.at("#callers-rows tr")).to_have_count(0)
    await office.at("#callers-search [name=number]").fill("")
    await office.page.get_by_role("button", name=f"移除 {CALLER}").click()
    await office.at("#sure-yes").click()
    await expect(office.at("#callers-rows tr")).to_have_count(0)
    async with hotline.api("admin") as api:
        assert (await api.get(BLOCKED))["total"] == 0


@pytest.mark.parametrize(
    ("fields", "field", "told"),
    [
        ({"number": "13900000323", "reason": "骚扰"}, "until", "必填"),
        ({"number": "13900000323", "until": later(1)}, "reason", "不能为空"),
        ({"number": "110", "reason": "骚扰", "until": later(1)}, "number", "应急号码"),
        ({"number": "13900000323", "reason": "骚扰", "until": later(-1)}, "until", "已经过去"),
        ({"number": "13900000323", "reason": "骚扰", "until": later(999)}, "until", "最长"),
    ],
)
async def test_given_what_cannot_be_listed_then_it_is_told_at_its_field_and_input_stays(
    hotline: Hotline, seat: Seat, fields: dict[str, str], field: str, told: str
) -> None:
    account = hotline.accounts["admin"]
    seat.refused[BLOCKED] = 422
    await seat.log_in(account.username, account.password)
    await seat.administer("来电名单")
    await seat.write("callers-form", **fields)
    await add(seat)
    await seat.shows(f"#callers-form-{field}-fault", told)
    await expect(seat.at(f"#callers-form [name={field}]")).to_be_focused()
    for name, value in fields.items():
        await expect(seat.at(f"#callers-form [name={name}]")).to_have_value(value)
    await seat.fits()


async def test_given_an_agent_then_no_administration_and_for_a_masked_supervisor_masked_numbers(
    hotline: Hotline, seat: Seat, office: Seat
) -> None:
    account = hotline.accounts["agent8001"]
    await seat.log_in(account.username, account.password)
    await seat.shows("#state", "未登录队列")
    await expect(seat.at("#administer")).to_be_hidden()
    async with hotline.api("agent8001") as api:
        for path in (BLOCKED, PRIORITY, "/api/pinned-targets/all"):
            assert await api.status("GET", path) == 403
        for path in (BLOCKED, PRIORITY, "/api/pinned-targets", "/api/knowledge"):
            assert await api.status("POST", path, json={}) == 403

    words = ("zhuguan", "--role", "supervisor", "--json")
    added = json.loads(await hotline.command("user", "add", *words))
    async with hotline.api("admin") as api:
        entry = await api.post(PRIORITY, number=CALLER, reason="测试", priority=20)
        try:
            await office.log_in("zhuguan", added["password"])
            await office.administer("来电名单")
            await choose(office, "priority")
            await office.shows("#callers-rows tr >> nth=0", "139****0321")
            await office.page.get_by_label("查看完整个人信息的原因").fill("核对名单")
            await office.page.get_by_role("button", name="显示完整信息").click()
            await office.shows("#callers-rows tr >> nth=0", CALLER)
            # nothing of it is left for the next at this desk
            await office.write("callers-form", reason="写到一半")
            await office.page.get_by_role("button", name="注销").click()
            await office.at("#sure-yes").click()
            await expect(office.at("#login")).to_be_visible()
            await expect(office.at("#callers-rows tr")).to_have_count(0)
            await expect(office.at("#callers-form [name=reason]")).to_have_value("")
        finally:
            assert await api.status("DELETE", f"{PRIORITY}/{entry['id']}") == 200
