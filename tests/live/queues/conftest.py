"""A hotline of its own with several queues, three telephones and a supervisor."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest
import pytest_asyncio

from telephony.testphone import PhoneAgent, TestPhone
from tests.live.harness.api import Api
from tests.live.harness.hotline import Hotline
from tests.live.harness.seats import at_rest, watching

AGENTS = ("8001", "8002")
SUPERVISOR, SUPERVISOR_PHONE = "banzhang", "8009"
LABOUR_LINE = "12351"
LINES = f"""
[lines.{LABOUR_LINE}]
mode = "dual"
queue = "labour"
name = {{ zh = "劳动保障专线", en = "A line with its own queue" }}
greeting = {{ zh = "您好，本次通话将被录音。", en = "This call will be recorded." }}
"""
QUEUES = """
[[queues]]
name = "english"
title = "英语坐席"
language = "en"
overflow_seconds = 5
overflow_priority = 90
[[queues]]
name = "labour"
overflow_seconds = 4
overflow_to = "backup"
[[queues]]
name = "backup"
overflow_seconds = 3
overflow_to = "labour"
"""


def pytest_collection_modifyitems(items: Sequence[pytest.Item]) -> None:
    """The tests beside this file share one event loop, as they share one hotline."""
    for item in items:
        if item.path.parent == Path(__file__).parent:
            item.add_marker(pytest.mark.live)
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def hotline() -> AsyncIterator[Hotline]:
    # longer than the queue's own wrap-up: who is ready is rung
    hotline = Hotline.make(agents={"wrap_up_seconds": 3})
    hotline.add_tables(QUEUES)
    hotline.add_lines(LINES)
    async with hotline:
        yield hotline


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def phone(hotline: Hotline) -> AsyncIterator[TestPhone]:
    async with TestPhone(hotline.installation, hotline.sip) as phone:
        yield phone


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def supervisor_password(hotline: Hotline) -> dict[str, str]:
    """The supervisor's passwords, made by the command."""
    words = (SUPERVISOR, "--role", "supervisor", "--extension", SUPERVISOR_PHONE, "--json")
    added: dict[str, str] = json.loads(await hotline.command("user", "add", *words))
    return added


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def _telephones(
    hotline: Hotline, phone: TestPhone, supervisor_password: dict[str, str]
) -> dict[str, PhoneAgent]:
    telephones = {}
    for extension in AGENTS:
        account = hotline.accounts[f"agent{extension}"]
        telephones[extension] = await phone.add_agent(account.sip_user, account.sip_password)
    telephones[SUPERVISOR_PHONE] = await phone.add_agent(
        supervisor_password["sip_user"], supervisor_password["sip_password"]
    )
    return telephones


@pytest_asyncio.fixture(loop_scope="session")
async def telephones(
    hotline: Hotline, _telephones: dict[str, PhoneAgent]
) -> AsyncIterator[dict[str, PhoneAgent]]:
    """All telephones; afterwards nothing of a call may be left anywhere."""
    async with at_rest(hotline, _telephones):
        yield _telephones


@pytest_asyncio.fixture(loop_scope="session")
async def agents(
    hotline: Hotline, telephones: dict[str, PhoneAgent]
) -> AsyncIterator[dict[str, Api]]:
    """The agents at their browsers, watching, not logged in to the queue."""
    async with watching(hotline, AGENTS) as seats:
        yield seats


@pytest_asyncio.fixture(loop_scope="session")
async def supervisor(hotline: Hotline, supervisor_password: dict[str, str]) -> AsyncIterator[Api]:
    async with Api(hotline.web, SUPERVISOR, supervisor_password["password"]) as api:
        await api.watch()
        yield api


@pytest_asyncio.fixture(loop_scope="session")
async def admin(hotline: Hotline) -> AsyncIterator[Api]:
    async with hotline.api("admin") as api:
        yield api
