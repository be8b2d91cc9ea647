"""A hotline of its own that keeps its records in a PostgreSQL server of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest
import pytest_asyncio

from telephony.testphone import PhoneAgent, TestPhone
from tests.databases.server import PostgresServer
from tests.live.harness.hotline import Hotline, until
from tests.live.harness.talk import fresh


def pytest_collection_modifyitems(items: Sequence[pytest.Item]) -> None:
    """The tests beside this file share one event loop, as they share one hotline."""
    for item in items:
        if item.path.parent == Path(__file__).parent:
            item.add_marker(pytest.mark.live)
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def hotline(postgresql: PostgresServer) -> AsyncIterator[Hotline]:
    name = await postgresql.create()
    hotline = Hotline.make(database={"url": postgresql.url(name)}, callback={"automatic": False})
    async with hotline:
        yield hotline


@pytest_asyncio.fixture(loop_scope="session")
async def server(hotline: Hotline, postgresql: PostgresServer) -> AsyncIterator[PostgresServer]:
    """The server, to be stopped by a test."""
    yield postgresql
    postgresql.thaw()
    postgresql.start_again()
    if hotline.service_pid is None:
        await hotline.start_service()


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def phone(hotline: Hotline) -> AsyncIterator[TestPhone]:
    async with TestPhone(hotline.installation, hotline.sip) as phone:
        yield phone


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def _telephone(hotline: Hotline, phone: TestPhone) -> PhoneAgent:
    account = hotline.accounts["agent8001"]
    return await phone.add_agent(account.sip_user, account.sip_password)


@pytest_asyncio.fixture(loop_scope="session")
async def telephone(hotline: Hotline, _telephone: PhoneAgent) -> AsyncIterator[PhoneAgent]:
    """The telephone of agent 8001; afterwards no call may be left."""
    fresh(_telephone)
    yield _telephone
    await until(hotline.idle, "Asterisk without channels", 15)
