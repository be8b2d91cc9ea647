"""One hotline and one set of telephones for all live tests; each test leaves them idle."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Sequence
from itertools import count
from pathlib import Path

import pytest
import pytest_asyncio

from telephony.testphone import PhoneAgent, TestPhone
from telephony.testphone.configuration import free_port
from tests.live.harness.api import Api
from tests.live.harness.hotline import DEPARTMENT_NUMBER, Hotline, until
from tests.live.harness.seats import at_rest, watching
from tests.live.harness.talk import DRILL, EMERGENCY, Conversation, Outside
from tests.live.harness.trunk import Trunk
from tests.unit.asr.extractor.chat_server import ChatServer

AGENTS = ("8001", "8002")
SECOND_PASS_LINE = "12333"
NUMBERS = count(1000)


def pytest_collection_modifyitems(items: Sequence[pytest.Item]) -> None:
    """The tests beside this file share one event loop, as they share one hotline."""
    for item in items:
        if item.path.parent == Path(__file__).parent:
            item.add_marker(pytest.mark.live)
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def language_model() -> AsyncIterator[ChatServer]:
    """The server of the language model, which finds nothing unless a test says otherwise."""
    async with ChatServer() as server:
        yield server


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def hotline(language_model: ChatServer) -> AsyncIterator[Hotline]:
    telephones, first = free_port(socket.SOCK_DGRAM), free_port(socket.SOCK_DGRAM)
    hotline = Hotline.make(
        # a telephone rings here only for what the test does
        callback={"automatic": False},
        second_pass={"lines": [SECOND_PASS_LINE]},
        extractor={"enabled": True, "url": language_model.url, "model": "test", "timeout_s": 2.0},
        outbound={
            # to the telephones by a way that a test can interrupt, and directly
            "trunks": [f"127.0.0.1:{first}", f"127.0.0.1:{telephones}"],
            "agent_numbers": ["0931000XXXX"],
            "qualify_seconds": 2,
            "ring_seconds": 8,
            "drill_number": "0931999",
            "location_header": "X-Location",
        },
    )
    async with hotline:
        yield hotline


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
async def admin(hotline: Hotline) -> AsyncIterator[Api]:
    async with hotline.api("admin") as api:
        yield api


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def _outside(phone: TestPhone, first_trunk: Trunk) -> Outside:
    return Outside(*(phone.add_number(one) for one in (DEPARTMENT_NUMBER, EMERGENCY, DRILL)))


@pytest_asyncio.fixture(loop_scope="session")
async def outside(
    hotline: Hotline, _outside: Outside, first_trunk: Trunk
) -> AsyncIterator[Outside]:
    """The telephones beyond the trunk, which answer soon."""
    first_trunk.works = True
    await until(lambda: hotline.reaches(1), "first trunk that answers")
    _outside.reset()
    yield _outside
    first_trunk.works = True


@pytest_asyncio.fixture(loop_scope="session")
async def talk(
    phone: TestPhone,
    telephones: dict[str, PhoneAgent],
    agents: dict[str, Api],
    outside: Outside,
) -> Conversation:
    """A caller and agent 8001 who talk; nobody else is ready."""
    desk = agents["8001"]
    await desk.state("ready")
    number = f"1390000{next(NUMBERS)}"
    caller = await phone.dial("12345", caller=number, keys=[(0.3, "0")])
    agent = await telephones["8001"].next_call()
    await agent.wait_answered()
    call_id = (await desk.heard("call.answered"))["call_id"]
    return Conversation(call_id, caller, agent, desk, number)


@pytest.fixture
def invites(first_trunk: Trunk) -> list[str]:
    """The INVITEs that go out by the first trunk during the test."""
    first_trunk.invites.clear()
    return first_trunk.invites
