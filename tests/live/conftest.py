"""One hotline and one set of telephones for all live tests; each test leaves them idle."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
import pytest_asyncio

from telephony.testphone import AgentBehaviour, PhoneAgent, TestPhone
from telephony.testphone.configuration import free_port
from tests.live.harness.api import Api
from tests.live.harness.hotline import Hotline, until
from tests.live.harness.trunk import Trunk

AGENTS = ("8001", "8002")


def pytest_collection_modifyitems(items: Sequence[pytest.Item]) -> None:
    """The tests beside this file share one event loop, as they share one hotline."""
    for item in items:
        if item.path.parent == Path(__file__).parent:
            item.add_marker(pytest.mark.live)
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def hotline() -> AsyncIterator[Hotline]:
    telephones, first = free_port(socket.SOCK_DGRAM), free_port(socket.SOCK_DGRAM)
    hotline = Hotline.make(
        outbound={
            # to the telephones by a way that a test can interrupt, and directly
            "trunks": [f"127.0.0.1:{first}", f"127.0.0.1:{telephones}"],
            "agent_numbers": ["0931000XXXX"],
            "ring_seconds": 8,
            "drill_number": "0931999",
        }
    )
    try:
        await hotline.start()
        yield hotline
    finally:
        await hotline.stop()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def phone(hotline: Hotline) -> AsyncIterator[TestPhone]:
    async with TestPhone(hotline.installation, hotline.sip, sip_port=hotline.trunks[1]) as phone:
        yield phone


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def first_trunk(hotline: Hotline) -> AsyncIterator[Trunk]:
    """The first trunk's way to the telephones."""
    async with Trunk(*hotline.trunks) as trunk:
        yield trunk


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def _telephones(hotline: Hotline, phone: TestPhone) -> dict[str, PhoneAgent]:
    telephones = {}
    for extension in AGENTS:
        account = hotline.accounts[f"agent{extension}"]
        telephones[extension] = await phone.add_agent(account.sip_user, account.sip_password)
    return telephones


@pytest_asyncio.fixture(loop_scope="session")
async def telephones(
    hotline: Hotline, _telephones: dict[str, PhoneAgent]
) -> AsyncIterator[dict[str, PhoneAgent]]:
    """The agents' telephones; afterwards nothing of a call may be left anywhere."""
    # what a failed test before left behind must not fail this one
    await hotline.asterisk.command("channel request hangup all")
    await until(hotline.idle, "Asterisk without channels", 15)
    for telephone in _telephones.values():
        telephone.behaviour = AgentBehaviour()
        telephone.calls.clear()
        while not telephone._ringing.empty():
            telephone._ringing.get_nowait()
    yield _telephones
    await until(hotline.idle, "Asterisk without channels", 15)


@pytest_asyncio.fixture(loop_scope="session")
async def agents(
    hotline: Hotline, telephones: dict[str, PhoneAgent]
) -> AsyncIterator[dict[str, Api]]:
    """The agents at their browsers, watching, not logged in to the queue."""
    async with AsyncExitStack() as stack:
        seats: dict[str, Api] = {}
        for extension in AGENTS:
            account = hotline.accounts[f"agent{extension}"]
            api = Api(hotline.web, account.username, account.password)
            seats[extension] = await stack.enter_async_context(api)
            await api.watch()
        yield seats
        for api in seats.values():
            await api.state("logged_out")


@pytest_asyncio.fixture(loop_scope="session")
async def admin(hotline: Hotline) -> AsyncIterator[Api]:
    account = hotline.accounts["admin"]
    async with Api(hotline.web, account.username, account.password) as api:
        yield api
