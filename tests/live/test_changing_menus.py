"""The menus are changed while somebody is in one: the next caller gets the new one."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from config.menus import DEFAULT_MENUS, load_menus
from telephony.testphone import TestPhone
from tests.live.harness.api import Api, Message
from tests.live.harness.hotline import MENU_LINE, Hotline
from tests.live.harness.records import reached

# texts that are spoken already: voices would take their time
ASKED = 'zh = "没有收到您的按键。", en = "We did not receive a key press."'
TOLD = 'zh = "按键有误，请重新选择。", en = "That key is not in use here. Please choose again."'
PATIENT = DEFAULT_MENUS.read_text(encoding="utf-8").replace("timeout_s = 5", "timeout_s = 15")
NEW = f"""
version = 1
[menus.example]
entry = true
timeout_s = 15
prompt = {{ {ASKED} }}
[menus.example.keys]
1 = {{ action = "info", text = {{ {TOLD} }} }}
5 = {{ action = "emergency", line = "119" }}
7 = {{ action = "enter", label = "户号", text = {{ {TOLD} }} }}
"""
PATH = "/api/configuration/menus"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def changing() -> AsyncIterator[Hotline]:
    hotline = Hotline.make()
    menus = hotline.data_dir / "menus.toml"
    menus.write_text(PATIENT, encoding="utf-8")
    hotline.environment["HOTLINE_MENUS"] = str(menus)
    async with hotline:
        yield hotline


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def caller(changing: Hotline) -> AsyncIterator[TestPhone]:
    async with TestPhone(changing.installation, changing.sip) as phone:
        yield phone


@pytest_asyncio.fixture(loop_scope="session")
async def boss(changing: Hotline) -> AsyncIterator[Api]:
    async with changing.api("admin") as api:
        yield api


def way(record: Message) -> list[str]:
    return [one["prompt"] for one in record["path"] if one["step"] == "ivr"]


async def test_given_a_caller_in_a_menu_when_it_changes_then_only_the_next_caller_gets_the_new(
    changing: Hotline, caller: TestPhone, boss: Api
) -> None:
    old = await caller.dial(MENU_LINE, caller="13900000801")
    await reached(boss, "13900000801", "ivr", prompt="menu")
    change = await put(boss, NEW, "new year")
    assert (change["who"], change["why"]) == ("admin", "new year")
    menu = load_menus(changing.data_dir / "menus.toml").menus["example"]
    for key in (menu.prompt_key, menu.info_prompt_key("1")):
        for lang in ("zh", "en"):
            assert (changing.settings.prompts_dir / lang / f"{key}.wav").is_file(), key

    new = await caller.dial(MENU_LINE, caller="13900000802")
    await reached(boss, "13900000802", "ivr", prompt="menu")
    for call in (old, new):
        await call.press("1")
    assert "info" not in way(await reached(boss, "13900000801", "ivr", prompt="queue"))
    assert "info" in way(await reached(boss, "13900000802", "ivr", prompt="queue"))
    for call in (old, new):
        await call.hangup()
        await call.wait_ended()


async def test_given_an_invalid_menu_then_it_is_refused_and_the_old_one_stays(
    changing: Hotline, boss: Api
) -> None:
    before = await boss.get(PATH)
    wrong = NEW.replace('"info"', '"sing"')
    body = {"content": wrong, "why": "a try", "read": before["sha256"]}
    assert await boss.status("PUT", PATH, json=body) == 422
    assert await boss.get(PATH) == before
    state = await boss.get("/api/configuration")
    assert "menus.example.keys.1" in state["fault"]
    assert state["speaking"] is None
    assert "configuration.refused" in changing.service_log()
    assert await boss.status("PUT", PATH, json={**body, "why": ""}) == 422, "without a reason"


async def test_given_versions_when_rolled_back_then_the_menu_of_old(
    changing: Hotline, caller: TestPhone, boss: Api
) -> None:
    await put(boss, NEW, "again")
    first = (await boss.get(f"{PATH}/versions"))["versions"][0]["version"]
    await boss.post(f"{PATH}/rollback", version=first, read=(await boss.get(PATH))["sha256"])
    assert (await boss.get(PATH))["content"] == PATIENT
    assert (await boss.get("/api/configuration"))["fault"] == ""
    call = await caller.dial(MENU_LINE, caller="13900000803")
    await reached(boss, "13900000803", "ivr", prompt="menu")
    await call.press("1")
    assert "info" not in way(await reached(boss, "13900000803", "ivr", prompt="queue"))
    await call.hangup()
    await call.wait_ended()


async def test_given_a_number_that_is_asked_for_then_the_agent_sees_what_was_entered(
    changing: Hotline, caller: TestPhone, boss: Api
) -> None:
    await put(boss, NEW, "account numbers")
    call = await caller.dial(MENU_LINE, caller="13900000804")
    await reached(boss, "13900000804", "ivr", prompt="menu")
    await call.press("7")
    await reached(boss, "13900000804", "key", digit="7")
    await call.press("8812#")
    await reached(boss, "13900000804", "ivr", prompt="entered", detail="户号 8812")
    await reached(boss, "13900000804", "queued")
    assert "8812" not in changing.service_log()
    await call.hangup()
    await call.wait_ended()


async def put(boss: Api, content: str, why: str) -> Message:
    """Change the menus; the answer comes when they are in use."""
    read = (await boss.get(PATH))["sha256"]
    change: Message = await boss.put(PATH, content=content, why=why, read=read)
    return change
