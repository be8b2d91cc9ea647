"""Callers, agents and targets who do anything in any order, and what must hold all the same.

Every deed is chosen among those that are possible just then, whatever the calls have come to.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from itertools import count
from random import Random

import aiohttp

from telephony.testphone import AgentBehaviour, PhoneAgent, PhoneCall, TestPhone
from telephony.testphone.call import BUSY, REFUSED, VACANT
from telephony.testphone.control import PhoneError
from tests.live.harness.api import Api
from tests.live.harness.hotline import MENU_LINE, Hotline, until
from tests.live.harness.talk import DEPARTMENT, EMERGENCY, Outside, fresh

LINES = ("12345", "12328", MENU_LINE, "55555")
AT_ONCE = 3
STATES = ("ready", "break", "logged_out")
CAUSES = (BUSY, REFUSED, VACANT)
KEYS = ("0", "1", "2", "9", "*")
ORDERS = ("abort", "complete", "merge")
TRANSFERS = (
    *((kind, DEPARTMENT) for kind in ("blind", "consult", "three_way") * 2),
    *(
        (kind, f"agent:{extension}")
        for kind in ("blind", "consult", "three_way")
        for extension in ("8001", "8002")
    ),
    ("blind", "queue:hotline"),
)
# an order is refused with these; anything else is a fault of the service
REFUSALS = (403, 404, 409)
RINGS_WITHIN_S = 10.0
QUIET_S = 1.5

_NUMBERS = count(2000)
Deed = tuple[str, Callable[[], Awaitable[object]]]


@dataclass(slots=True)
class Caller:
    """One caller.

    Attributes:
        may_end: why the call may end without the caller's doing; "" while it may not.
        gone: the caller hung up.
    """

    call: PhoneCall
    number: str
    call_id: str = ""
    may_end: str = ""
    gone: bool = False
    ordered_at: float = 0.0


@dataclass
class Crowd:
    """Everybody. ``story`` tells what was done, for people."""

    hotline: Hotline
    phone: TestPhone
    outside: Outside
    telephones: dict[str, PhoneAgent]
    admin: Api
    agents: dict[str, Api]
    story: list[str] = field(default_factory=list)
    callers: list[Caller] = field(default_factory=list)
    _began: float = field(default_factory=time.monotonic)
    seed: int = 0
    _may_kill: bool = False
    _restarts: int = 0

    def begin(self, seed: int, *, may_kill: bool) -> None:
        """A new sequence: those who have hung up are forgotten; perhaps the service is killed."""
        self.seed, self._may_kill = seed, may_kill
        self.story.clear()
        self.callers.clear()
        self._restarts, self._began = 0, time.monotonic()

    @property
    def restarted(self) -> bool:
        """Whether the service was killed in this sequence."""
        return self._restarts > 0

    # ---- what can be done ------------------------------------------------------------------

    async def act(self, choice: Random) -> None:
        """Do one of the things that can be done now."""
        await self._look()
        name, deed = choice.choice(self._possible(choice))
        self._tell(name)
        try:
            await deed()
        except PhoneError as error:
            self._tell(f"  came too late: {error}")
        self.check()

    def _possible(self, choice: Random) -> list[Deed]:
        """Each kind of deed as often as it shall be likely."""
        deeds: list[Deed] = []
        alive = [one for one in self.callers if not one.call.is_ended]
        if len(alive) < AT_ONCE:
            line = choice.choice(LINES)
            deeds += [(f"call to {line}", _of(self._dial, line))] * 2
        for one in alive:
            deeds.append((f"caller {one.number} hangs up", _of(self._caller_leaves, one)))
            if one.call.is_answered:
                key = choice.choice(KEYS)
                deeds.append((f"caller {one.number} presses {key}", _of(self._press, one, key)))
        for name, telephone in self.all_telephones().items():
            for call in telephone.calls:
                if call.is_ended:
                    continue
                if call.is_answered:
                    deeds.append((f"{name} hangs up", _of(self._other_leaves, name, call)))
                    continue
                deeds += [(f"{name} answers", call.answer)] * 6
                cause = choice.choice(CAUSES)
                deeds.append((f"{name} refuses with {cause}", _of(call.refuse, cause)))
        if self.hotline.service_pid is None:
            return [*deeds, *[("the service starts", self._start)] * 2]
        extension, state = choice.choice(list(self.agents)), choice.choice(STATES)
        deeds.append((f"{extension} {state}", _of(self.state, extension, state)))
        for one in alive:
            if one.call_id and self._in_talk(one):
                kind, target = choice.choice(TRANSFERS)
                wish = _of(self._transfer, one, kind, target)
                deeds += [(f"{one.number}: {kind} to {target}", wish)] * 4
                deeds += [(f"{one.number}: {name}", _of(self._order, one, name)) for name in ORDERS]
                deeds.append((f"{one.number}: emergency", _of(self._emergency, one)))
        if self._may_kill and not self.restarted:
            deeds.append(("the service is killed", self._kill))
        return deeds

    def all_telephones(self) -> dict[str, PhoneAgent]:
        return {
            **self.telephones,
            "department": self.outside.department,
            "emergency": self.outside.emergency,
        }

    def _in_talk(self, one: Caller) -> bool:
        return any(
            call.is_answered and not call.is_ended and call.caller == one.number
            for telephone in self.telephones.values()
            for call in telephone.calls
        )

    async def open(self) -> None:
        """A caller and an agent talk already."""
        self._tell("a caller and an agent talk")
        await self._dial("12345")
        await self.callers[-1].call.wait_answered()
        await self.callers[-1].call.press("0")

        async def ringing() -> list[PhoneCall]:
            return [call for telephone in self.telephones.values() for call in telephone.calls]

        call = (await until(ringing, self.report("telephone that rings"), 30))[0]
        await call.answer()
        await call.wait_answered()

    # ---- doing it --------------------------------------------------------------------------

    async def _dial(self, line: str) -> None:
        number = f"1390000{next(_NUMBERS)}"
        call = await self.phone.dial(line, caller=number, max_s=110)
        self.callers.append(Caller(call, number))

    async def _caller_leaves(self, one: Caller) -> None:
        one.gone = True
        await one.call.hangup()

    async def _press(self, one: Caller, key: str) -> None:
        if key in "12":
            one.may_end = f"{key} may have been an offer's"
        await one.call.press(key)

    async def _other_leaves(self, name: str, call: PhoneCall) -> None:
        """An agent who leaves a caller ends the call, unless somebody else is or comes."""
        if name in self.telephones:
            for one in self.callers:
                if not self._somebody_else(one, call):
                    one.may_end = f"{name} hung up"
        await call.hangup()

    def _somebody_else(self, one: Caller, leaving: PhoneCall) -> bool:
        recent = time.monotonic() - one.ordered_at < QUIET_S
        others = [
            call
            for telephone in (self.outside.department, self.outside.emergency)
            for call in telephone.calls
            if not call.is_ended
        ]
        known = leaving.caller in [caller.number for caller in self.callers]
        if known and leaving.caller != one.number:
            return True
        return bool(others) and not recent

    async def state(self, extension: str, state: str) -> None:
        body = {"state": state, "reason": ""}
        status = await self._ask(self.agents[extension], "/api/agent/state", json=body)
        assert status in (200, 409), f"{extension} {state}: {status}"

    async def _transfer(self, one: Caller, kind: str, target: str) -> None:
        one.ordered_at = time.monotonic()
        if target.startswith("agent:"):
            # the target then has the call, and ends it by hanging up
            one.may_end = "handed to another agent"
        await self._ordered(one, "transfer", {"kind": kind, "target": target})

    async def _order(self, one: Caller, name: str) -> None:
        one.ordered_at = time.monotonic()
        await self._ordered(one, name)

    async def _ordered(self, one: Caller, what: str, body: object = None) -> int:
        status = await self._ask(self.admin, f"/api/calls/{one.call_id}/{what}", json=body)
        self._tell(f"  {status}")
        assert status == 200 or status in REFUSALS, f"{what}: {status}"
        return status

    async def _emergency(self, one: Caller) -> None:
        """If the order is taken, the line rings: nothing may be in its way."""
        one.ordered_at = time.monotonic()
        telephone = self.outside.emergency
        before = len(telephone.calls)
        if await self._ordered(one, "emergency", {"line": EMERGENCY}) != 200:
            return

        async def rings() -> bool:
            return len(telephone.calls) > before or one.call.is_ended

        await until(rings, "ringing emergency line", RINGS_WITHIN_S)

    async def _ask(self, api: Api, path: str, json: object = None) -> int:
        try:
            return await api.status("POST", path, json=json)
        except aiohttp.ClientError as error:
            raise AssertionError(f"{path}: {error!r}") from error

    async def _kill(self) -> None:
        self._restarts += 1
        self.hotline.kill_service()

    async def _start(self) -> None:
        await self.hotline.start_service()

    # ---- what must hold --------------------------------------------------------------------

    def check(self) -> None:
        """No caller has lost the call without a reason.

        Raises:
            AssertionError: one has.
        """
        for one in self.callers:
            lost = one.call.is_ended and not one.gone and not one.may_end
            assert not lost, self.report(f"the call of {one.number} was lost: {one.call.end}")

    async def go(self) -> None:
        """Everybody hangs up; the callers' ends must be enough."""
        if self.hotline.service_pid is None:
            self._tell("the service starts")
            await self.hotline.start_service()
        for one in self.callers:
            if not one.call.is_ended:
                self._tell(f"caller {one.number} hangs up")
                await self._caller_leaves(one)
        for one in self.callers:
            await one.call.wait_ended(15)

    def report(self, fault: str) -> str:
        """The fault and all that was done before it."""
        return "\n".join([fault, f"(seed {self.seed})", *self.story])

    def _tell(self, what: str) -> None:
        self.story.append(f"{time.monotonic() - self._began:6.2f} {what}")

    async def _look(self) -> None:
        """Learn the ids of the calls, as Asterisk has them."""
        if all(one.call_id or one.call.is_ended for one in self.callers):
            return
        said = await self.hotline.asterisk.command("core show channels concise")
        for line in said.splitlines():
            fields = line.split("!")
            for one in self.callers:
                if fields[0].startswith("PJSIP/trunk-") and one.number in fields:
                    one.call_id = fields[-1]


def _of(do: Callable[..., Awaitable[object]], *what: object) -> Callable[[], Awaitable[object]]:
    return lambda: do(*what)


def by_hand(telephone: PhoneAgent) -> None:
    """The telephone only rings: somebody else decides."""
    fresh(telephone)
    telephone.behaviour = AgentBehaviour(answer_after_s=None)


async def settled(question: Callable[[], Awaitable[bool]], what: Callable[[], str]) -> None:
    """Wait until it is so; ``what`` says at the deadline what is not.

    Raises:
        AssertionError: it never was.
    """
    end = asyncio.get_running_loop().time() + 25
    while not await question():
        if asyncio.get_running_loop().time() > end:
            raise AssertionError(what())
        await asyncio.sleep(0.1)
