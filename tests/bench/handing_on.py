"""Three-way set-up: from the click on the page to the INVITE at the target's carrier.

The baseline is the least that Asterisk needs: an AMI order that rings the same carrier directly.
"""

from __future__ import annotations

import asyncio
import socket

from telephony.ami import actions
from telephony.testphone import AgentBehaviour, TestPhone
from telephony.testphone.configuration import free_port
from tests.bench.events import Listener
from tests.bench.figures import percentile
from tests.bench.sip import LOOPBACK, Busy
from tests.bench.site import hotline_with_tones
from tests.live.harness.api import Api
from tests.live.harness.hotline import until

ROUNDS = 30
TARGET = "09310001234"


async def measure() -> None:
    """Print both delays and their ratio."""
    port = free_port(socket.SOCK_DGRAM)
    outbound = {"trunks": [f"{LOOPBACK}:{port}"], "agent_numbers": ["0931000XXXX"]}
    async with (
        hotline_with_tones(outbound=outbound) as hotline,
        Busy(port) as carrier,
        TestPhone(hotline.installation, hotline.sip) as phone,
    ):
        account = hotline.accounts["agent8001"]
        telephone = await phone.add_agent(account.sip_user, account.sip_password, AgentBehaviour())
        listener = Listener(hotline)
        await listener.link.start()
        try:

            async def up() -> bool:
                return listener.link.up

            await until(up, "AMI link")
            async with hotline.api("agent8001") as desk:
                await desk.watch()
                await desk.state("ready")
                caller = await phone.dial("12345", caller="13900000044", max_s=300)
                await (await telephone.next_call()).wait_answered()
                call_id = (await desk.heard("call.answered"))["call_id"]
                clicks, orders = [], []
                for _ in range(ROUNDS):
                    clicks.append(await _click(desk, call_id, carrier))
                    orders.append(await _order(listener, port, carrier))
                await caller.hangup()
                await caller.wait_ended()
        finally:
            await listener.link.stop()
    print(f"Three-way, from the click to the target's INVITE; {ROUNDS} each, taking turns; ms:")
    for label, delays in (("click on the page", clicks), ("bare AMI order", orders)):
        figures = [1000 * percentile(delays, percent) for percent in (50, 90, 100)]
        print(f"  {label:24}p50 {figures[0]:7.1f}  p90 {figures[1]:7.1f}  max {figures[2]:7.1f}")
    ratio = percentile(clicks, 50) / percentile(orders, 50)
    print(f"  click/order: p50 {ratio:.1f}")


async def _click(desk: Api, call_id: str, carrier: Busy) -> float:
    desk.messages.clear()
    began = asyncio.get_running_loop().time()
    order = asyncio.create_task(
        desk.post(f"/api/calls/{call_id}/transfer", kind="three_way", target=f"number:{TARGET}")
    )
    invited = await asyncio.wait_for(carrier.invites.get(), 20)
    await order
    await desk.heard("transfer.changed", lambda m: m["state"] == "together")
    return invited - began


async def _order(listener: Listener, port: int, carrier: Busy) -> float:
    began = asyncio.get_running_loop().time()
    order = asyncio.create_task(
        listener.link.action(
            actions.originate(
                f"PJSIP/carrier-1/sip:{TARGET}@{LOOPBACK}:{port}",
                context="transfer",
                exten="target",
                timeout_ms=5000,
            )
        )
    )
    invited = await asyncio.wait_for(carrier.invites.get(), 20)
    await asyncio.gather(order, return_exceptions=True)
    return invited - began


if __name__ == "__main__":
    asyncio.run(measure())
