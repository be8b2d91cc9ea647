"""What supervision asks of Asterisk: the supervisor's own telephone is rung, then it spies."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from telephony.agents import AGENT_ENDPOINT
from telephony.ami import AmiAction, AmiError, actions
from telephony.calls.legs import SUPERVISION_ACCOUNT
from telephony.events import SupervisionMode

CONTEXT = "supervision"
ANSWER_MARGIN_S = 5.0


@dataclass(frozen=True, slots=True)
class Spying:
    """A supervisor's telephone in a call.

    Attributes:
        channel_id: Uniqueid of the supervisor's channel.
        supervisor: extension.
        agent: extension.
        call_id: the agent's call.
        channel: the agent's channel.
        by: user name of the supervisor.
    """

    channel_id: str
    supervisor: str
    agent: str
    call_id: str
    channel: str
    by: str


class AmiActions(Protocol):
    """The part of :class:`telephony.ami.AmiLink` that is used here."""

    async def action(
        self, fields: AmiAction, *, timeout_s: float = 10.0
    ) -> Sequence[Mapping[str, str]]:
        """Send an action and wait for its complete answer."""


class SpyControl(Protocol):
    """Every method raises ``OSError`` when Asterisk is away or refuses. No call is touched."""

    async def ring(self, spying: Spying, mode: SupervisionMode) -> None:
        """Ring the supervisor; returns when the telephone has answered."""

    async def switch(self, spying: Spying, mode: SupervisionMode) -> None:
        """Hear on, speak to others."""

    async def hangup(self, spying: Spying) -> None:
        """End the supervisor's channel; one that is gone already is no fault."""

    async def present(self) -> Sequence[tuple[Spying, SupervisionMode]]:
        """Who is in which call now."""


class AmiSpy:
    """The real one.

    Args:
        ami: the link.
        ring_s: how long the supervisor's telephone rings, in seconds.
    """

    def __init__(self, ami: AmiActions, *, ring_s: int) -> None:
        self._ami = ami
        self._ring_s = ring_s

    async def ring(self, spying: Spying, mode: SupervisionMode) -> None:
        """See :class:`SpyControl`."""
        answer = await self._ami.action(
            actions.originate(
                AGENT_ENDPOINT + spying.supervisor,
                context=CONTEXT,
                exten=mode.value,
                caller_id=f"{spying.agent} <{spying.agent}>",
                timeout_ms=self._ring_s * 1000,
                variables={
                    "HL_CALL": spying.call_id,
                    "HL_SPY": spying.channel,
                    "HL_SUPERVISOR": spying.supervisor,
                    "HL_AGENT": spying.agent,
                    "HL_BY": re.sub(r"[^\w.-]", "", spying.by)[:64],
                },
                channel_id=spying.channel_id,
                account=SUPERVISION_ACCOUNT,
            ),
            timeout_s=self._ring_s + ANSWER_MARGIN_S,
        )
        if any(message.get("Response") in ("Failure", "Error") for message in answer):
            raise AmiError(f"{spying.supervisor} was not reached")

    async def switch(self, spying: Spying, mode: SupervisionMode) -> None:
        """See :class:`SpyControl`."""
        await self._ami.action(
            actions.redirect(spying.channel_id, context=CONTEXT, exten=mode.value)
        )

    async def hangup(self, spying: Spying) -> None:
        """See :class:`SpyControl`."""
        try:
            await self._ami.action(actions.hangup(spying.channel_id))
        except AmiError as error:
            if "no such channel" not in str(error).lower():
                raise

    async def present(self) -> Sequence[tuple[Spying, SupervisionMode]]:
        """See :class:`SpyControl`."""
        found = []
        for message in await self._ami.action(actions.core_show_channels()):
            mode = message.get("Exten", "")
            if message.get("Context") != CONTEXT or mode not in ("listen", "whisper", "barge"):
                continue
            channel_id = message.get("Uniqueid", "")
            spying = Spying(
                channel_id=channel_id,
                supervisor=await self._variable(channel_id, "HL_SUPERVISOR"),
                agent=await self._variable(channel_id, "HL_AGENT"),
                call_id=await self._variable(channel_id, "HL_CALL"),
                channel=await self._variable(channel_id, "HL_SPY"),
                by=await self._variable(channel_id, "HL_BY"),
            )
            found.append((spying, SupervisionMode(mode)))
        return found

    async def _variable(self, channel: str, name: str) -> str:
        answer = await self._ami.action(actions.getvar(name, channel))
        return next((one["Value"] for one in answer if "Value" in one), "")
