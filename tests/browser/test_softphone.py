"""The telephone in the browser: real WebRTC with a microphone that speaks, real SIP callers."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from difflib import SequenceMatcher
from pathlib import Path
from urllib.parse import urlsplit

import pytest_asyncio
from playwright.async_api import Browser, Route, expect

from telephony.testphone import PhoneAgent, PhoneCall, TestPhone
from tests.browser.chromium import chromium
from tests.browser.conftest import EMERGENCY
from tests.browser.seat import WAIT_S, Seat
from tests.live.harness.audio import RATE_HZ, RECOGNISED, likeness, samples
from tests.live.harness.hotline import CONTACT_NUMBERS, ROOT, Hotline, until
from tests.live.harness.records import ended_call
from tests.live.harness.relay import Relay
from tests.live.harness.talk import AGENT_SAYS, CALLER_SAYS, TARGET_SAYS, fresh

AGENT = "agent8002"
MUSIC_S = 3.0  # so long a caller is on hold
# what a microphone hears passes a browser's suppression of noise before it is sent
HEARD = 0.4
STRAIGHT_ON = [(0.3, "0")]
# what the browser answers when the person has said no
REFUSED = (
    "navigator.mediaDevices.getUserMedia ="
    " () => Promise.reject(new DOMException('no', 'NotAllowedError'));"
)
TEXTS = {
    one["file"]: one["text"]
    for one in map(json.loads, (CALLER_SAYS.parent / "texts.jsonl").read_text("utf-8").splitlines())
}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def speaking_browser() -> AsyncIterator[Browser]:
    """A browser with a microphone into which the agent's words are said again and again."""
    arguments = (
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-audio-capture={AGENT_SAYS}",
        "--autoplay-policy=no-user-gesture-required",
    )
    async with chromium(ROOT / "var" / "browser", *arguments) as browser:
        yield browser


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def relay(hotline: Hotline) -> AsyncIterator[Relay]:
    """The softphones' way to Asterisk."""
    port = urlsplit(hotline.settings.softphone.url).port
    assert port is not None
    async with Relay(port, hotline.settings.softphone.port) as relay:
        yield relay


@contextlib.asynccontextmanager
async def seated(
    browser: Browser, hotline: Hotline, pictures: Path, before: str = ""
) -> AsyncIterator[Seat]:
    """The agent's page, nobody logged in, with a script that runs before its own."""
    pictures.mkdir(exist_ok=True)
    context = await browser.new_context(viewport={"width": 1366, "height": 900}, locale="zh-CN")
    if before:
        await context.add_init_script(before)
    try:
        seat = Seat(await context.new_page(), pictures)
        await seat.open(hotline.settings)
        yield seat
        await seat.picture("end")
    finally:
        await context.close()
    assert not seat.complaints


@pytest_asyncio.fixture(loop_scope="session")
async def seat(
    speaking_browser: Browser, hotline: Hotline, relay: Relay, tmp_path: Path
) -> AsyncIterator[Seat]:
    """The agent's page with a registered softphone, ready; afterwards nothing is left of a call."""
    try:
        async with seated(speaking_browser, hotline, tmp_path / "agent") as seat:
            account = hotline.accounts[AGENT]
            await seat.log_in(account.username, account.password)
            await seat.shows("#telephone-state", "已注册")
            await seat.be("就绪", "就绪")
            yield seat
    finally:
        async with hotline.api(AGENT) as agent:
            await agent.state("logged_out")
        await hotline.asterisk.command("channel request hangup all")
        await until(hotline.idle, "Asterisk without channels", 15)


async def rings(seat: Seat, phone: TestPhone, caller: str) -> PhoneCall:
    """A citizen calls, and the page rings."""
    call = await phone.dial("12345", caller=caller, keys=STRAIGHT_ON)
    await expect(seat.at("#telephone-answer")).to_be_visible()
    await seat.shows("#telephone-caller", caller)
    await seat.shows("#call .number", caller)
    return call


async def answers(seat: Seat) -> None:
    await seat.page.keyboard.press("F2")
    await seat.shows("#state", "通话中")
    await expect(seat.at("#telephone-mute")).to_be_visible()


async def agent_heard(seat: Seat) -> None:
    """Wait until what the microphone says is to be read, at least once."""
    turns = seat.at("#words .turn.agent:not(.partial) p")

    async def alike() -> bool:
        said = await turns.all_inner_texts()
        text = TEXTS[AGENT_SAYS.name]
        return any(SequenceMatcher(None, one, text).ratio() > 0.6 for one in said)

    await until(alike, "the agent's words on the page", WAIT_S)


async def test_given_a_softphone_when_a_citizen_calls_then_both_are_heard_and_all_buttons_work(
    hotline: Hotline, phone: TestPhone, seat: Seat, outside: dict[str, PhoneAgent]
) -> None:
    fresh(outside[EMERGENCY])
    loop = asyncio.get_running_loop()
    dialled_at = loop.time()
    call = await rings(seat, phone, "13900000301")
    assert "☎" in await seat.page.title()
    await seat.fits()
    await answers(seat)
    waited_s = loop.time() - dialled_at
    await call.speak(CALLER_SAYS)
    await seat.hears("caller", TEXTS[CALLER_SAYS.name])
    await agent_heard(seat)
    level = seat.at("#telephone-level")
    await until(lambda: level.evaluate("meter => meter.value > 0.02"), "a level of the microphone")
    await seat.picture("talking")
    for key, button in (("F8", "#telephone-mute"), ("F9", "#telephone-hold")):
        await seat.page.keyboard.press(key)
        await expect(seat.at(button)).to_have_attribute("aria-pressed", "true")

    await asyncio.sleep(MUSIC_S)
    for key, button in (("F9", "#telephone-hold"), ("F8", "#telephone-mute")):
        await seat.page.keyboard.press(key)
        await expect(seat.at(button)).to_have_attribute("aria-pressed", "false")
    await seat.at("#telephone-keys summary").click()
    for key in f"*{EMERGENCY}":
        await seat.at("#telephone-pad").get_by_role("button", name=key, exact=True).click()
    third = await outside[EMERGENCY].next_call(15)
    await third.wait_answered()
    await third.hangup()
    await seat.page.keyboard.press("F4")
    await expect(seat.at("#telephone-call")).to_be_hidden()
    await seat.shows("#state", "就绪")
    await call.hangup()
    await call.wait_ended()
    assert _heard(call, AGENT_SAYS) > HEARD
    # not that of the queue, before the answer
    assert _music_heard(hotline, call, waited_s) > RECOGNISED
    async with hotline.api("admin") as admin:
        record = await ended_call(admin, "13900000301")
    assert (record["hung_up_by"], record["disposition"]) == ("agent", "answered")

    again = await rings(seat, phone, "13900000302")
    await answers(seat)
    await again.hangup()
    await expect(seat.at("#telephone-call")).to_be_hidden()
    await seat.shows("#state", "就绪")


def _heard(call: PhoneCall, wav: Path) -> float:
    return likeness(samples(call.heard)[:, 0], samples(wav)[:, 0])


async def test_given_a_softphone_when_a_department_is_invited_then_three_hear_each_other(
    hotline: Hotline, phone: TestPhone, seat: Seat, outside: dict[str, PhoneAgent]
) -> None:
    department = outside[CONTACT_NUMBERS[0]]
    fresh(department)
    call = await rings(seat, phone, "13900000341")
    await answers(seat)
    await seat.page.get_by_label("查找转接目标").fill("供水")
    await expect(seat.at("#transfer-target option")).to_have_count(1)
    await seat.page.get_by_role("button", name="三方通话", exact=True).click()
    third = await department.next_call()
    await seat.shows("#transfer-state", "三方通话中 · 供水抢修")
    await third.speak(TARGET_SAYS)
    # long enough for the agent's words to be said once from their beginning
    await call.speak(CALLER_SAYS)
    await seat.hears("caller", TEXTS[CALLER_SAYS.name])
    await agent_heard(seat)
    await seat.page.get_by_role("button", name="退出，由对方继续").click()
    await expect(seat.at("#telephone-call")).to_be_hidden()
    await seat.shows("#state", "就绪")
    assert not call.is_ended
    await third.hangup()
    await call.hangup()
    await call.wait_ended()
    assert _heard(third, AGENT_SAYS) > HEARD
    assert _heard(third, CALLER_SAYS) > HEARD
    assert _heard(call, TARGET_SAYS) > HEARD


def _music_heard(hotline: Hotline, call: PhoneCall, since_s: float) -> float:
    """How surely any second of the hold music was heard from that second of the call on."""
    (file, *_) = sorted((hotline.settings.prompts_dir / "moh").iterdir())
    music = samples(file)[:, 0]
    heard = samples(call.heard)[int(since_s * RATE_HZ) :, 0]
    seconds = range(0, len(music) - RATE_HZ, RATE_HZ // 2)
    return max(likeness(heard, music[at : at + RATE_HZ]) for at in seconds)


async def test_given_a_talk_when_asterisk_s_websocket_breaks_and_the_service_dies_then_it_goes_on(
    hotline: Hotline, phone: TestPhone, seat: Seat, relay: Relay
) -> None:
    call = await rings(seat, phone, "13900000311")
    await answers(seat)
    seat.may_lose_server = True
    relay.cut()
    try:
        await seat.shows("#telephone-state", "电话系统连接中断")
        assert not call.is_ended
    finally:
        relay.mend()
    await seat.shows("#telephone-state", "已注册")
    hotline.kill_service()
    try:
        await seat.page.keyboard.press("F8")
        await expect(seat.at("#telephone-mute")).to_have_attribute("aria-pressed", "true")
        await seat.page.keyboard.press("F8")
    finally:
        await hotline.start_service()
    await seat.shows("#state", "通话中")
    await call.speak(CALLER_SAYS)
    await seat.hears("caller", TEXTS[CALLER_SAYS.name])
    await agent_heard(seat)
    # its BYE finds the new connection
    await call.hangup()
    await expect(seat.at("#telephone-call")).to_be_hidden()
    await seat.shows("#state", "就绪")


async def test_given_a_talk_when_the_page_is_loaded_anew_then_the_caller_is_first_and_rings_again(
    hotline: Hotline, phone: TestPhone, seat: Seat, outside: dict[str, PhoneAgent]
) -> None:
    call = await rings(seat, phone, "13900000321")
    await answers(seat)
    warned: list[str] = []

    async def go(dialog: object) -> None:
        warned.append(dialog.type)  # type: ignore[attr-defined]
        await dialog.accept()  # type: ignore[attr-defined]

    async def loaded_anew() -> None:
        await seat.page.reload()
        await seat.shows("#telephone-state", "已注册")
        await expect(seat.at("#telephone-answer")).to_be_visible()
        await answers(seat)
        assert not call.is_ended

    seat.page.on("dialog", go)
    await loaded_anew()
    assert warned == ["beforeunload"]
    # and once more from a room, in which the agent is alone with the caller
    fresh(outside[CONTACT_NUMBERS[0]])
    await seat.page.get_by_label("查找转接目标").fill("供水")
    await expect(seat.at("#transfer-target option")).to_have_count(1)
    await seat.page.get_by_role("button", name="咨询转接", exact=True).click()
    await seat.shows("#transfer-state", "咨询中")
    await seat.page.get_by_role("button", name="取消，回到来电者").click()
    await seat.shows("#transfer-state", "与来电者通话")
    await loaded_anew()
    await call.speak(CALLER_SAYS)
    await seat.hears("caller", TEXTS[CALLER_SAYS.name])
    await call.hangup()
    await expect(seat.at("#telephone-call")).to_be_hidden()
    async with hotline.api("admin") as admin:
        record = await ended_call(admin, "13900000321")
    steps = [one.get("prompt") for one in record["path"] if one["step"] == "ivr"]
    assert steps.count("agent_lost") == 2
    assert "survey" not in steps
    assert record["has_recording"] in (True, False)


async def test_given_a_second_page_a_wrong_secret_and_no_microphone_then_the_page_says_what_to_do(
    speaking_browser: Browser, hotline: Hotline, phone: TestPhone, seat: Seat, tmp_path: Path
) -> None:
    account = hotline.accounts[AGENT]

    async def wrong(route: Route) -> None:
        answer = await route.fetch()
        secret = {**(await answer.json()), "password": "not-the-secret"}
        await route.fulfill(response=answer, json=secret)

    async with seated(speaking_browser, hotline, tmp_path / "other") as other:
        await other.page.route("**/softphone", wrong)
        await other.log_in(account.username, account.password)
        await other.shows("#telephone-state", "电话系统拒绝注册")
        await seat.shows("#telephone-state", "另一处登录")
        await other.page.unroute("**/softphone")
        await other.page.get_by_role("button", name="重试").click()
        await other.shows("#telephone-state", "已注册")
        call = await rings(other, phone, "13900000331")
        await expect(seat.at("#telephone-answer")).to_be_hidden()
        await call.hangup()
        await expect(other.at("#telephone-call")).to_be_hidden()
        await seat.page.get_by_role("button", name="在这里接听").click()
        await seat.shows("#telephone-state", "已注册")
        await other.shows("#telephone-state", "另一处登录")
        # a tab beside it waits until this one is closed
        tab = Seat(await seat.page.context.new_page(), tmp_path / "other")
        await tab.open(hotline.settings)
        await tab.shows("#telephone-state", "另一个标签页")
        await tab.page.close()
    async with seated(speaking_browser, hotline, tmp_path / "deaf", REFUSED) as without:
        await without.log_in(account.username, account.password)
        await without.shows("#telephone-state", "麦克风被拒绝")
        await without.shows("#telephone-advice", "允许使用麦克风")
    await seat.shows("#telephone-state", "已注册")
