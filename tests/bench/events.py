"""Time from an event on AMI to the message on a supervisor's page, on real calls.

This process listens to AMI beside the service and holds the page; both arrivals are told by its one
monotonic clock. The baseline is a bare echo (see ``echo``), under way in the same seconds.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime

from agent_gateway.auth import Accounts, NewAccount, Role
from agent_gateway.service.asterisk_config import apply_endpoints
from agent_gateway.service.preparation import FirstAccount
from telephony.ami import AmiLink, AmiMessage, Snapshot
from telephony.testphone import AgentBehaviour, TestPhone
from tests.bench.echo import echoing
from tests.bench.figures import percentile
from tests.bench.site import hotline_with_tones
from tests.live.harness.api import Api
from tests.live.harness.hotline import Hotline, until

CALLS, AGENTS, EVERY_S, TALK_S = 70, 8, 0.4, 0.5
KINDS = {
    "call.offered": "AgentCalled or DialBegin",
    "call.answered": "Newstate Up, DialEnd or AgentConnect",
    "call.ended": "the caller's Hangup",
}
Arrivals = dict[tuple[str, str], float]


class Listener:
    """The first AMI event that tells each thing of each call, by (message type, call id)."""

    def __init__(self, hotline: Hotline) -> None:
        asterisk = hotline.settings.asterisk
        self.arrivals: Arrivals = {}
        self.link = AmiLink(
            asterisk.ami_host,
            asterisk.ami_port,
            asterisk.ami_user,
            hotline.secrets.ami_password,
            on_message=self._heard,
            on_snapshot=self._nothing,
            on_up=self._nothing,
            on_down=self._nothing,
        )

    async def _heard(self, message: AmiMessage, _: datetime) -> None:
        now = asyncio.get_running_loop().time()
        call_id = message.get("Linkedid")  # an originated leg, such as a spy's, has none
        if call_id and (kind := _told_by(message)):
            self.arrivals.setdefault((kind, call_id), now)

    async def _nothing(self, _: Snapshot | str = "") -> None:
        pass


def _told_by(message: AmiMessage) -> str:
    channel = message.get("Channel", "")
    match message.event:
        case "AgentCalled" | "DialBegin":
            return "call.offered"
        case "Newstate" if message.get("ChannelStateDesc") == "Up" and "/agent-" in channel:
            return "call.answered"
        case "DialEnd" if message.get("DialStatus") == "ANSWER":
            return "call.answered"
        case "AgentConnect":
            return "call.answered"
        case "Hangup" if channel.startswith("PJSIP/trunk-"):
            return "call.ended"
    return ""


async def measure() -> None:
    """Print the delays and their ratio to the baseline."""
    echoes: list[float] = []
    async with (
        hotline_with_tones(agents={"wrap_up_seconds": 0}) as hotline,
        _staffed(hotline) as phone,
        _page(hotline) as (listener, page),
    ):
        async with echoing(echoes):
            answered = await _calls(phone)
        await until(lambda: _ended(page), "call.ended of every call")
        _print(listener.arrivals, _messages(page), answered, echoes)


async def _calls(phone: TestPhone) -> int:
    """Place the calls one after the other; returns how many were answered by the hotline."""
    calls = []
    for number in range(CALLS):
        calls.append(await phone.dial("12345", caller=f"139000001{number:02}", max_s=40.0))
        await asyncio.sleep(EVERY_S)
    for call in calls:
        await call.wait_ended()
    return sum(call.is_answered for call in calls)


@asynccontextmanager
async def _staffed(hotline: Hotline) -> AsyncIterator[TestPhone]:
    """Agents with telephones and pages, ready, who end each call themselves."""
    behaviour = AgentBehaviour(hangup_after_s=TALK_S)
    accounts: list[FirstAccount | NewAccount] = [
        account for account in hotline.accounts.values() if account.sip_user
    ]
    makes = Accounts(hotline.store, "bench")
    accounts += [
        await makes.add(f"agent{extension}", Role.AGENT, extension=str(extension))
        for extension in range(8001 + len(accounts), 8001 + AGENTS)
    ]
    await apply_endpoints(hotline.settings, hotline.secrets)
    async with AsyncExitStack() as stack:
        phone = await stack.enter_async_context(TestPhone(hotline.installation, hotline.sip))
        for account in accounts:
            await phone.add_agent(account.sip_user, account.sip_password, behaviour)
            page = Api(hotline.web, account.username, account.password)
            api = await stack.enter_async_context(page)
            await api.watch()
            await api.state("ready")
        yield phone


@asynccontextmanager
async def _page(hotline: Hotline) -> AsyncIterator[tuple[Listener, Api]]:
    listener = Listener(hotline)
    async with hotline.api("admin") as page:
        await page.watch()
        await listener.link.start()
        try:
            await until(lambda: _up(listener), "AMI link")
            yield listener, page
        finally:
            await listener.link.stop()


async def _up(listener: Listener) -> bool:
    return listener.link.up


async def _ended(page: Api) -> bool:
    return [message["type"] for message in page.messages].count("call.ended") >= CALLS


def _messages(page: Api) -> Arrivals:
    arrivals: Arrivals = {}
    for message in page.messages:
        if message["type"] in KINDS:
            call_id = message["call"]["call_id"] if "call" in message else message["call_id"]
            arrivals.setdefault((message["type"], call_id), message["heard_at"])
    return arrivals


def _print(told: Arrivals, shown: Arrivals, answered: int, echoes: list[float]) -> None:
    print(
        f"From AMI event to WebSocket message: {CALLS} calls ({answered} answered), one every "
        f"{EVERY_S:g} s, {AGENTS} agents' pages and a supervisor's; ms:"
    )
    print(f"  {'':52}{'p50':>8}{'p99':>8}{'max':>8}{'n':>6}")
    delays = {key: shown[key] - at for key, at in told.items() if key in shown}
    for kind, source in KINDS.items():
        _row(f"{kind} ({source})", [delay for key, delay in delays.items() if key[0] == kind])
    every = list(delays.values())
    _row("all", every)
    _row("bare JSON echo over TCP and WebSocket", echoes)
    if every and echoes:
        middle, late = (percentile(every, p) / percentile(echoes, p) for p in (50, 99))
        print(f"  all/echo: p50 {middle:.1f}, p99 {late:.1f}")
    silent, unexplained = told.keys() - shown.keys(), shown.keys() - told.keys()
    print(f"  events without a message {len(silent)}, messages without an event {len(unexplained)}")


def _row(label: str, delays_s: list[float]) -> None:
    if not delays_s:
        print(f"  {label:52}{'-':>8}{'-':>8}{'-':>8}{0:>6}")
        return
    figures = [1000 * percentile(delays_s, percent) for percent in (50, 99, 100)]
    print(f"  {label:52}" + "".join(f"{value:8.2f}" for value in figures) + f"{len(delays_s):6}")


if __name__ == "__main__":
    asyncio.run(measure())
