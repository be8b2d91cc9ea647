"""A hotline of its own for the page, with one agent's telephone and browser."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from telephony.testphone import AgentBehaviour, PhoneAgent, TestPhone
from telephony.testphone.configuration import free_port
from tests.browser.chromium import chromium
from tests.browser.seat import Seat
from tests.live.harness.hotline import (
    CONTACT_NUMBERS,
    MENU_LINE,
    NIGHT_DUTY,
    ROOT,
    Hotline,
    until,
)

SURVEY_LINE = MENU_LINE
EMERGENCY = "110"
_ALL_DAY = ["00:00-24:00"]


def pytest_collection_modifyitems(items: Sequence[pytest.Item]) -> None:
    """The tests beside this file share one event loop, as they share one hotline."""
    for item in items:
        if item.path.parent == Path(__file__).parent:
            item.add_marker(pytest.mark.live)
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


# of the package, not of the session: it is gone before the other live tests start theirs
@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    async with chromium(ROOT / "var" / "browser") as browser:
        yield browser


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def hotline(browser: Browser) -> AsyncIterator[Hotline]:
    trunk = f"127.0.0.1:{free_port(socket.SOCK_DGRAM)}"
    softphones = free_port(socket.SOCK_STREAM)
    hotline = Hotline.make(
        agents={"ring_seconds": 20, "wrap_up_seconds": 1},
        outbound={"trunks": [trunk], "ring_seconds": 8, "drill_number": "0931999"},
        # by a way that a test can cut
        softphone={"url": f"ws://127.0.0.1:{softphones}/ws"},
        # telephones ring for what a test does only
        callback={"automatic": False},
        privacy={"masked_roles": ["supervisor"]},
        second_pass={"lines": ["12333"]},
        survey_calls={
            "lines": [f"{SURVEY_LINE}=100"],
            "minutes_after": 0,
            "working_days": _ALL_DAY,
            "weekends": _ALL_DAY,
            "holidays": _ALL_DAY,
        },
    )
    async with hotline:
        yield hotline


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def phone(hotline: Hotline) -> AsyncIterator[TestPhone]:
    trunk = int(hotline.settings.outbound.trunks[0].rpartition(":")[2])
    async with TestPhone(hotline.installation, hotline.sip, sip_port=trunk) as phone:
        yield phone


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def telephone(hotline: Hotline, phone: TestPhone) -> PhoneAgent:
    """The agent's telephone, which rings until the test answers."""
    account = hotline.accounts["agent8001"]
    telephone = await phone.add_agent(account.sip_user, account.sip_password)
    telephone.behaviour = AgentBehaviour(answer_after_s=None)
    return telephone


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def outside(phone: TestPhone) -> dict[str, PhoneAgent]:
    """Telephones beyond the trunk."""
    numbers = (*CONTACT_NUMBERS, NIGHT_DUTY, EMERGENCY)
    return {one: phone.add_number(one) for one in numbers}


@pytest_asyncio.fixture(loop_scope="session")
async def seat(browser: Browser, hotline: Hotline, tmp_path: Path) -> AsyncIterator[Seat]:
    """The page, opened, nobody logged in; in the end the browser must have no complaint."""
    try:
        async with opened(browser, hotline, tmp_path) as seat:
            yield seat
    finally:
        async with hotline.api("agent8001") as agent:
            await agent.state("logged_out")
        await hotline.asterisk.command("channel request hangup all")
        await until(hotline.idle, "Asterisk without channels", 15)


@pytest_asyncio.fixture(loop_scope="session")
async def office(browser: Browser, hotline: Hotline, tmp_path: Path) -> AsyncIterator[Seat]:
    """Another one's page, in a session of its own."""
    (tmp_path / "office").mkdir()
    async with opened(browser, hotline, tmp_path / "office") as seat:
        yield seat


@contextlib.asynccontextmanager
async def opened(browser: Browser, hotline: Hotline, pictures: Path) -> AsyncIterator[Seat]:
    """The page, until the end of the block; then the browser must have no complaint."""
    page = await browser.new_page(viewport={"width": 1366, "height": 900}, locale="zh-CN")
    seat = Seat(page, pictures)
    await seat.open(hotline.settings)
    yield seat
    await seat.picture("end")
    await page.close()
    assert not seat.complaints
