"""Callers who asked to be called back are dialled by themselves when their turn has come."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator

import pytest_asyncio

from telephony.testphone import AgentBehaviour, TestPhone
from telephony.testphone.configuration import free_port
from tests.live.harness.api import Message
from tests.live.harness.hotline import Hotline, until
from tests.live.harness.records import reached, waiting

CITIZEN = "13900000501"


@pytest_asyncio.fixture(loop_scope="session")
async def dialling() -> AsyncIterator[Hotline]:
    """A hotline of its own, with trunks."""
    telephones = free_port(socket.SOCK_DGRAM)
    hotline = Hotline.make(outbound={"trunks": [f"127.0.0.1:{telephones}"] * 2})
    async with hotline:
        yield hotline


async def test_given_a_waiting_caller_who_asked_for_it_when_an_agent_is_free_then_both_are_rung(
    dialling: Hotline,
) -> None:
    account = dialling.accounts["agent8001"]
    async with (
        TestPhone(dialling.installation, dialling.sip, sip_port=dialling.trunks[1]) as phone,
        dialling.api("agent8001") as desk,
        dialling.api("admin") as admin,
    ):
        await desk.watch()
        telephone = await phone.add_agent(account.sip_user, account.sip_password)
        telephone.behaviour = AgentBehaviour(answer_after_s=0.3)
        citizen = phone.add_number(CITIZEN, AgentBehaviour(answer_after_s=0.3))
        call = await phone.dial("12328", caller=CITIZEN, keys=[(0.3, "0")])
        await waiting(dialling, 1)
        await call.press("1")
        await reached(admin, CITIZEN, "ivr", prompt="waiting_key", detail="1")

        async def confirmed() -> bool:
            if not call.is_ended:
                await call.press("1")
            return call.is_ended

        await until(confirmed, "end of the call that was confirmed by 1", 40)
        await desk.heard("missed.changed", lambda m: m["missed_call"]["requested"])
        assert not citizen.calls

        await desk.state("ready")
        agent = await telephone.next_call(20)
        pop = await desk.heard("call.offered", lambda m: m["call"]["direction"] == "outbound")
        assert pop["call"]["caller"] == CITIZEN
        answering = await citizen.next_call(20)
        await answering.wait_answered()
        await answering.hangup()
        await agent.wait_ended(10)

        async def closed() -> Message | None:
            page = await admin.get("/api/missed-calls?state=closed")
            return next((one for one in page["missed_calls"] if one["caller"] == CITIZEN), None)

        entry = await until(closed, "closed request", 30)
        assert entry is not None
        assert entry["result"] == "reached"

        async def ended() -> Message | None:
            (placed,) = (await admin.get("/api/callbacks"))["callbacks"]
            return placed if placed["result"] else None

        placed = await until(ended, "result of the call", 30)
        assert placed is not None
        assert (placed["kind"], placed["agent"], placed["result"]) == ("queue", "8001", "reached")
        await desk.state("logged_out")
        await until(dialling.idle, "Asterisk without channels", 15)
