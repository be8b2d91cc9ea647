"""Who hears whose call. One call a supervisor at a time.

The supervisor's channel is in no bridge: whatever becomes of it, the call goes on. Asterisk ends it
with the agent's channel, also when this service is away; its steps are in the call's record because
the dialplan tells them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import uuid4

import structlog

from telephony.agents import AGENT_ENDPOINT
from telephony.background import Tasks
from telephony.calls import CallBook
from telephony.events import (
    CallEnded,
    CallSupervised,
    Event,
    EventBus,
    LinkState,
    LinkStateChanged,
    SupervisionChanged,
    SupervisionMode,
)
from telephony.obeying import obeyed, quietly
from telephony.supervision.control import SpyControl, Spying

log = structlog.get_logger(__name__)

RINGING, OVER = "ringing", "over"
REASON_WAIT_S = 1.0
# Q.850 -> why a telephone that was rung did not answer
_REASONS = {17: "busy", 18: "no_answer", 19: "no_answer", 21: "refused", 16: "no_answer"}


class SupervisionError(Exception):
    """An order that can't be carried out; Chinese and English by `` / ``. The call is as before."""


@dataclass(slots=True)
class Supervision:
    """One supervisor in one call. ``state``: ringing, listen, whisper, barge."""

    spying: Spying
    state: str


class SupervisionDesk:
    """All supervision that goes on.

    Args:
        bus: events come from and go to it.
        book: the live calls.
        control: rings and moves supervisors' telephones.
    """

    def __init__(self, bus: EventBus, book: CallBook, control: SpyControl) -> None:
        self._bus = bus
        self._book = book
        self._control = control
        self._going_on: dict[str, Supervision] = {}
        self._tasks = Tasks("supervision")

    @property
    def going_on(self) -> Mapping[str, Supervision]:
        """By the supervisor's extension."""
        return self._going_on

    # ---- orders -----------------------------------------------------------------------------

    async def start(
        self, supervisor: str, agent: str, call_id: str, mode: SupervisionMode, *, by: str
    ) -> Supervision:
        """Ring the supervisor's telephone, or change the way in which it takes part.

        Returns at once; what becomes of it is told by :class:`SupervisionChanged`.

        Args:
            supervisor: extension of the supervisor's own telephone.
            agent: extension of the agent whose call it is.
            call_id: the call that the agent is in.
            mode: listen, whisper or barge.
            by: the supervisor's user name, for the record.

        Raises:
            SupervisionError: nobody to hear, no telephone, or Asterisk refuses.
        """
        if not supervisor:
            raise SupervisionError("您的账号没有分机号 / your account has no extension")
        if supervisor == agent:
            raise SupervisionError("不能监听自己 / this is your own telephone")
        channel = self._channel_of(agent, call_id)
        if not channel:
            raise SupervisionError("该坐席不在通话中 / the agent is not in a call")
        one = self._going_on.get(supervisor)
        if one is not None and (one.spying.channel, one.spying.agent) == (channel, agent):
            return await self._switch(one, mode)
        if one is not None:
            raise SupervisionError("请先结束当前的监听 / end the present supervision first")
        spying = Spying(str(uuid4()), supervisor, agent, call_id, channel, by)
        one = self._going_on[supervisor] = Supervision(spying, RINGING)
        self._tell(one)
        self._tasks.start(self._ring(one, mode))
        return one

    async def end(self, supervisor: str) -> None:
        """The supervisor leaves the call; nothing if in none.

        Raises:
            SupervisionError: Asterisk is away or refuses.
        """
        one = self._going_on.get(supervisor)
        if one is not None:
            await obeyed(self._control.hangup(one.spying), SupervisionError)

    async def _switch(self, one: Supervision, mode: SupervisionMode) -> Supervision:
        if one.state == RINGING:
            raise SupervisionError("请先接起您的话机 / answer your telephone first")
        if one.state != mode.value:
            await obeyed(self._control.switch(one.spying, mode), SupervisionError)
        return one

    async def _ring(self, one: Supervision, mode: SupervisionMode) -> None:
        try:
            await self._control.ring(one.spying, mode)
        except OSError as error:
            log.info("supervision.not_begun", supervisor=one.spying.supervisor, reason=str(error))
            # the event that tells why may come a little later than the answer
            await asyncio.sleep(REASON_WAIT_S)
            self._over(one, "unreachable")

    # ---- events -----------------------------------------------------------------------------

    async def run(self) -> None:
        """Follow the bus until it closes or the task is cancelled."""
        try:
            with self._bus.subscribe("supervision") as events:
                async for event in events:
                    self.apply(event)
        finally:
            await self._tasks.stop()

    def apply(self, event: Event) -> None:
        """Fold one event."""
        match event:
            case CallSupervised(mode=mode) if mode is not SupervisionMode.OVER:
                one = self._going_on.get(event.supervisor)
                if one is not None and one.spying.call_id == event.call_id:
                    one.state = mode.value
                    self._tell(one)
            case CallEnded():
                for one in list(self._going_on.values()):
                    # one that is in the call ends by itself
                    if one.spying.call_id == event.call_id and one.state == RINGING:
                        self._tasks.start(quietly(self._control.hangup(one.spying)))
            case LinkStateChanged(state=LinkState.UP):
                self._tasks.start(self._rebuild())
            case _:
                pass

    def heard(self, message: Mapping[str, str]) -> None:
        """Take note of an event of Asterisk's own: a supervisor's channel that is gone."""
        if message.get("Event") != "Hangup":
            return
        channel_id = message.get("Uniqueid", "")
        for one in list(self._going_on.values()):
            if one.spying.channel_id == channel_id:
                cause = message.get("Cause", "")
                number = int(cause) if cause.isdecimal() else 0
                never = one.state == RINGING
                self._over(one, _REASONS.get(number, "unreachable") if never else "")

    def _over(self, one: Supervision, reason: str) -> None:
        if self._going_on.get(one.spying.supervisor) is one:
            del self._going_on[one.spying.supervisor]
            one.state = OVER
            self._tell(one, reason)

    async def _rebuild(self) -> None:
        """After a restart of this service, or a time without the link."""
        try:
            found = await self._control.present()
        except OSError as error:
            log.warning("supervision.unknown", reason=str(error))
            return
        present = {spying.channel_id: (spying, mode) for spying, mode in found}
        for one in list(self._going_on.values()):
            if one.state != RINGING and one.spying.channel_id not in present:
                self._over(one, "")
        known = {one.spying.channel_id for one in self._going_on.values()}
        for spying, mode in present.values():
            if spying.channel_id not in known and spying.supervisor:
                one = self._going_on[spying.supervisor] = Supervision(spying, mode.value)
                self._tell(one)

    # ---- plumbing ---------------------------------------------------------------------------

    def _channel_of(self, agent: str, call_id: str) -> str:
        call = self._book.call(call_id)
        if call is None:
            return ""
        endpoint = AGENT_ENDPOINT + agent
        return next((c for c, party in call.parties.items() if party.endpoint == endpoint), "")

    def _tell(self, one: Supervision, reason: str = "") -> None:
        spying = one.spying
        self._bus.publish(
            SupervisionChanged(
                at=datetime.now(UTC),
                supervisor=spying.supervisor,
                agent=spying.agent,
                call_id=spying.call_id,
                state=one.state,
                by=spying.by,
                reason=reason,
            )
        )
