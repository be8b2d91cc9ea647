"""An agent's telephone: registers at the hotline and is rung by it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from telephony.testphone.call import BUSY, REFUSED, VACANT, PhoneCall

_CAUSES = {"busy": BUSY, "decline": REFUSED, "vacant": VACANT}


@dataclass(frozen=True, slots=True)
class AgentBehaviour:
    """What an agent's telephone does with every call.

    Attributes:
        answer_after_s: seconds of ringing before it answers; None: it never does.
        refuse: ``busy``, ``decline`` or ``vacant`` (no such number) instead of answering, after
            ``answer_after_s``.
        hangup_after_s: seconds after the answer at which it hangs up; None: it does not.
        speak: sound files to say, each a number of seconds after the answer.
    """

    answer_after_s: float | None = 0.0
    refuse: Literal["busy", "decline", "vacant"] | None = None
    hangup_after_s: float | None = None
    speak: Sequence[tuple[float, Path]] = field(default=())


class PhoneAgent:
    """A registered telephone; made by :meth:`telephony.testphone.TestPhone.add_agent`.

    Attributes:
        username: endpoint at the hotline.
        behaviour: for the calls to come; may be exchanged at any time.
        calls: every call that rang here, in order.
        is_registered: whether the hotline knows where it is.
    """

    def __init__(self, username: str, behaviour: AgentBehaviour) -> None:
        self.username = username
        self.behaviour = behaviour
        self.calls: list[PhoneCall] = []
        self.is_registered = False
        self._ringing: asyncio.Queue[PhoneCall] = asyncio.Queue()
        self._answers: asyncio.Queue[str] = asyncio.Queue()

    async def next_call(self, deadline_s: float = 30.0) -> PhoneCall:
        """The next call that rings here, each once, including those that have rung already.

        Raises:
            TimeoutError: none came.
        """
        async with asyncio.timeout(deadline_s):
            return await self._ringing.get()

    async def wait_registration(self) -> str:
        """The next answer to it: ``Registered``, ``Rejected``, ``Unregistered``."""
        return await self._answers.get()

    def registration(self, status: str) -> None:
        """Take in an answer to the registration."""
        self.is_registered = status == "Registered"
        self._answers.put_nowait(status)

    def ring(self, call: PhoneCall) -> None:
        """A call comes in."""
        self.calls.append(call)
        self._ringing.put_nowait(call)

    def behave(self, call: PhoneCall) -> None:
        """Do with the call what the behaviour says."""
        behaviour = self.behaviour
        if behaviour.answer_after_s is not None:
            call.do(_decide(call, behaviour, behaviour.answer_after_s))
        if behaviour.hangup_after_s is not None:
            call.do(call.hangup_at(behaviour.hangup_after_s))
        for seconds, wav in behaviour.speak:
            call.do(call.speak_at(seconds, wav))


async def _decide(call: PhoneCall, behaviour: AgentBehaviour, after_s: float) -> None:
    await asyncio.sleep(after_s)
    if behaviour.refuse:
        await call.refuse(_CAUSES[behaviour.refuse])
    else:
        await call.answer()
