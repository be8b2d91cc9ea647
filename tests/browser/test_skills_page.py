"""Which queues an agent serves, changed in the page."""

from __future__ import annotations

from playwright.async_api import expect

from tests.browser.seat import Seat
from tests.live.harness.hotline import Hotline

PATH = "/api/agents/8001/skills"


async def test_given_an_agent_when_skills_are_changed_in_the_page_then_kept_and_never_unseen(
    hotline: Hotline, seat: Seat
) -> None:
    account = hotline.accounts["admin"]
    await seat.log_in(account.username, account.password)
    await seat.administer("坐席技能")
    row = seat.at("[data-skills='8001']")
    await expect(row).to_contain_text("普通来电")
    await seat.page.get_by_role("button", name="编辑 8001", exact=True).click()
    level = seat.at("#skills-form [name=hotline]")
    save = seat.page.get_by_role("button", name="保存", exact=True)
    try:
        await level.select_option("2")
        await save.click()
        await seat.shows("#skills-form [role=status]", "已保存")
        await expect(row).to_contain_text("坐席队列 2")
        await seat.picture("skills")
        await seat.fits()

        async with hotline.api("admin") as api:
            await api.put(PATH, skills={"hotline": 4}, read={"hotline": 2})
            seat.refused[PATH] = 409
            await level.select_option("3")
            await save.click()
            await seat.shows("#skills-form .error", "别人刚刚修改过该坐席的技能")
            await expect(row).to_contain_text("坐席队列 4")
            await expect(level).to_have_value("3")
            # seen, it may be saved
            await save.click()
            await seat.shows("#skills-form [role=status]", "已保存")
            await expect(row).to_contain_text("坐席队列 3")
    finally:
        async with hotline.api("admin") as api:
            agents = (await api.get("/api/agents"))["agents"]
            skills = next(one["skills"] for one in agents if one["extension"] == "8001")
            await api.put(PATH, skills={}, read=skills)
