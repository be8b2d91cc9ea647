"""Number plan, menus, directory and prompts, changed in the page and heard by the next caller."""

from __future__ import annotations

import json
from pathlib import Path

from playwright.async_api import expect

from telephony.testphone import TestPhone
from tests.browser.seat import Seat
from tests.live.harness.api import Api
from tests.live.harness.hotline import MENU_LINE, SPEECH, Hotline
from tests.live.harness.talk import HEARD, heard

PLAN = "/api/configuration/number_plan"
NAME, NEW_NAME = "带菜单的线路", "改了名字的线路"
GREETING = "greeting-12328"


async def administer(hotline: Hotline, seat: Seat, part: str) -> None:
    account = hotline.accounts["admin"]
    await seat.log_in(account.username, account.password)
    await seat.administer(part)


async def change(seat: Seat, old: str, new: str, why: str) -> None:
    field = seat.at("#configuration-form [name=content]")
    content = await field.input_value()
    assert old in content
    await seat.write("configuration-form", content=content.replace(old, new), why=why)
    await seat.page.get_by_role("button", name="检查并启用").click()


async def add_line(hotline: Hotline, line: str) -> None:
    """As another administrator."""
    async with hotline.api("admin") as api:
        now = await api.get(PLAN)
        content = f"{now['content']}\n{line}\n"
        await api.put(PLAN, content=content, why="另一人", read=now["sha256"])


async def test_given_a_changed_number_plan_when_taken_into_use_then_it_counts_and_comes_back(
    hotline: Hotline, seat: Seat
) -> None:
    await administer(hotline, seat, "号码库与菜单")
    content = seat.at("#configuration-form [name=content]")
    await expect(content).not_to_have_value("")
    # what is wrong is told with its key, changes nothing, and stays in the field
    seat.refused[PLAN] = 422
    await change(seat, 'menu = "example"', 'menu = "none"', "试一试")
    fault = "#configuration-form-content-fault"
    await seat.shows(fault, f"lines.{MENU_LINE}.menu: 没有入口菜单“none”")
    await seat.shows("#configuration-form .error", "文件有误，未生效")
    await seat.page.get_by_role("button", name="English").click()
    await seat.shows(fault, f"lines.{MENU_LINE}.menu: no entry menu 'none'")
    await seat.page.get_by_role("button", name="中文").click()
    assert 'menu = "none"' in await content.input_value()
    await seat.picture("wrong")
    await seat.fits()

    await seat.write("configuration-form", why=" ")
    await seat.page.get_by_role("button", name="检查并启用").click()
    await expect(seat.at("#configuration-form-why-fault")).not_to_be_empty()

    await change(seat, 'menu = "none"', 'menu = "example"', "不试了")
    await seat.shows("#configuration-form [role=status]", "已启用")
    await change(seat, NAME, NEW_NAME, "改名")
    await seat.shows("#configuration-versions tr >> nth=0", "改名")
    await seat.at("#preview [name=number]").fill(MENU_LINE)
    await seat.at("#preview button").click()
    await seat.shows("#preview-steps", NEW_NAME)
    await seat.shows("#preview-steps li >> nth=0", "接听，开始录音")
    await seat.picture("changed")
    await seat.fits()

    # another one was faster: nothing is overwritten unseen
    await add_line(hotline, "# another one")
    seat.refused[PLAN] = 409
    await change(seat, NEW_NAME, NAME, "改回")
    await seat.shows("#configuration-form .error", "admin 刚刚修改过该文件")
    theirs = seat.at("#configuration-theirs textarea")
    assert "# another one" in await theirs.input_value()
    await seat.picture("changed-meanwhile")
    await seat.page.get_by_role("button", name="放弃我的修改").click()
    assert "# another one" in await content.input_value()

    # nor by going back
    await add_line(hotline, "# a third one")
    seat.refused[f"{PLAN}/rollback"] = 409
    await seat.page.get_by_role("button", name="恢复 1", exact=True).click()
    await seat.at("#sure-yes").click()
    await seat.shows("#notice", "admin 刚刚修改过该文件")
    assert "# a third one" in await content.input_value()

    # back to the first version, after one question
    await seat.page.get_by_role("button", name="恢复 1", exact=True).click()
    await seat.at("#sure-yes").click()
    await seat.shows("#configuration-form [role=status]", "已启用")
    assert NEW_NAME not in await content.input_value()
    await seat.shows("#configuration-versions tr >> nth=0", "恢复")

    # the package's own file is not to be changed
    seat.refused["/api/configuration/menus"] = 409
    await seat.at("#configuration-file").select_option("menus")
    await seat.shows("#notice", "正在使用随附的文件")
    await expect(seat.at("#configuration-change")).to_be_hidden()
    await seat.page.get_by_role("button", name="English").click()
    await seat.shows("#preview-steps li >> nth=0", "Answered, recorded")
    await seat.page.set_viewport_size({"width": 420, "height": 768})
    await seat.picture("english-narrow")
    await seat.fits()


async def test_given_a_recording_when_brought_in_the_page_then_the_next_caller_hears_it(
    hotline: Hotline, phone: TestPhone, seat: Seat, tmp_path: Path
) -> None:
    await administer(hotline, seat, "提示音")
    await seat.at("#prompts-search [name=q]").fill(GREETING)
    row = seat.at(f"[data-prompt='{GREETING}']")
    await expect(row).to_contain_text("合成语音")
    await seat.page.get_by_role("button", name=f"换录音 中文 {GREETING}", exact=True).click()
    seat.refused[f"/api/prompts/zh/{GREETING}"] = 422
    await seat.page.get_by_role("button", name="检查并启用").click()
    await seat.shows("#prompt-form .error", "没有收到录音文件")
    none = tmp_path / "none.wav"
    none.write_text("no sound")
    file = seat.at("#prompt-form [name=file]")
    await file.set_input_files(none)
    await seat.page.get_by_role("button", name="检查并启用").click()
    await seat.shows("#prompt-form .error", "录音不合格，未更换")

    spoken = SPEECH / "03_noise_agent.wav"
    await file.set_input_files(spoken)
    await seat.page.get_by_role("button", name="检查并启用").click()
    await seat.shows("#prompt-form [role=status]", "已启用")
    await expect(row.locator("td").first).to_contain_text("录音")
    await seat.shows("#prompt-versions tr >> nth=0", spoken.name)
    await seat.page.get_by_role("button", name=f"播放 中文 {GREETING}", exact=True).click()
    await seat.picture("prompt")
    await seat.fits()
    call = await phone.dial("12328", caller="13900000331")
    await call.after_answer(8)
    await call.hangup()
    await call.wait_ended()
    assert heard(call, spoken) > HEARD

    await seat.page.get_by_role("button", name="改用合成语音").click()
    await seat.at("#sure-yes").click()
    await expect(row.locator("td").first).to_contain_text("合成语音")


async def test_given_a_supervisor_when_looking_then_nothing_can_be_changed(
    hotline: Hotline, seat: Seat
) -> None:
    words = ("jiancha", "--role", "supervisor", "--json")
    added = json.loads(await hotline.command("user", "add", *words))
    await seat.log_in("jiancha", added["password"])
    await seat.administer("号码库与菜单")
    content = seat.at("#configuration-form [name=content]")
    await expect(content).not_to_have_value("")
    await expect(content).not_to_be_editable()
    await expect(seat.at("#configuration-change")).to_be_hidden()
    await seat.page.get_by_role("button", name="提示音", exact=True).click()
    await seat.page.get_by_role("button", name=f"换录音 中文 {GREETING}", exact=True).click()
    await expect(seat.at("#prompt-part")).to_be_visible()
    await expect(seat.at("#prompt-form")).to_be_hidden()
    async with Api(hotline.web, "jiancha", added["password"]) as api:
        body = {"content": "x", "why": "y"}
        assert await api.status("PUT", PLAN, json=body) == 403
        assert await api.status("POST", f"/api/prompts/zh/{GREETING}") == 403
