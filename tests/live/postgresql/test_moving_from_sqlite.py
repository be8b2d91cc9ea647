"""Records move from SQLite to PostgreSQL while a citizen talks with an agent."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from telephony.testphone import PhoneCall, TestPhone
from tests.databases.server import PostgresServer
from tests.live.harness.api import Api, Message
from tests.live.harness.hotline import Hotline, until
from tests.live.harness.records import ended_call
from tests.live.harness.talk import AGENT_SAYS, CALLER_SAYS, HEARD, heard, say

EARLIER, TALKING = "13900000321", "13900000322"


@pytest_asyncio.fixture(loop_scope="session")
async def moving() -> AsyncIterator[Hotline]:
    """A hotline of its own, on SQLite."""
    async with Hotline.make(callback={"automatic": False}) as hotline:
        yield hotline


async def kept(admin: Api, caller: str) -> Message:
    """The caller's record, once its recording is sealed and its ticket drafted."""

    async def whole() -> Message | None:
        record = await ended_call(admin, caller)
        return record if record["ticket_number"] else None

    record = await until(whole, f"ticket of {caller}'s call", 60)
    assert record is not None
    return record


async def test_given_a_talk_when_the_records_move_then_it_goes_on_and_all_is_kept_there(
    moving: Hotline, postgresql: PostgresServer
) -> None:
    account = moving.accounts["agent8001"]
    async with (
        TestPhone(moving.installation, moving.sip) as phone,
        moving.api("agent8001") as desk,
        moving.api("admin") as admin,
    ):
        telephone = await phone.add_agent(account.sip_user, account.sip_password)

        async def talk(caller: str) -> tuple[PhoneCall, PhoneCall]:
            await desk.state("ready")
            call = await phone.dial("12328", caller=caller, keys=[(0.3, "0")])
            agent = await telephone.next_call()
            await agent.wait_answered()
            return call, agent

        call, _ = await talk(EARLIER)
        await call.hangup()
        await call.wait_ended()
        earlier = await kept(admin, EARLIER)
        call, agent = await talk(TALKING)

        async with moving.stopped():
            url = postgresql.url(await postgresql.create())
            moving.add_tables(f'[database]\nurl = "{url}"\n')
            assert "rows are in PostgreSQL" in await moving.command("database", "copy")
            await say((call, CALLER_SAYS), (agent, AGENT_SAYS))

        # whoever was logged in still is
        assert await kept(admin, EARLIER) == earlier
        await call.hangup()
        await call.wait_ended()
        record = await kept(admin, TALKING)
        assert (record["disposition"], record["agent"]) == ("answered", "8001")
        assert int(record["ticket_number"]) == int(earlier["ticket_number"]) + 1
        assert heard(agent, CALLER_SAYS) > HEARD
        assert heard(call, AGENT_SAYS) > HEARD
        assert (await moving.store.server()).kind == "PostgreSQL"
        await until(moving.idle, "Asterisk without channels", 15)
