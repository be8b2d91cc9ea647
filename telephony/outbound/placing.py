"""Placing a call to a citizen: the agent's telephone rings first."""

from __future__ import annotations

from telephony.agents import AGENT_ENDPOINT
from telephony.ami import actions
from telephony.transfers.control import AmiActions

CONTEXT = "out-callback"
MARGIN_S = 10.0


class PlacingError(OSError):
    """The agent's telephone was not reached or not answered."""


class Dialler:
    """Rings agents for calls to citizens.

    Args:
        ami: the link.
        ring_s: how long an agent's telephone rings, seconds.
    """

    def __init__(self, ami: AmiActions, *, ring_s: int) -> None:
        self._ami = ami
        self._ring_s = ring_s

    async def place(self, call_id: str, extension: str, number: str, line: str) -> None:
        """Ring the agent; with the answer the dialplan dials the number, without this service.

        Args:
            call_id: from :func:`telephony.calls.outward.new_call_id`.
            extension: the agent's.
            number: national, as :func:`telephony.outbound.national_number` gives it.
            line: the line on whose behalf.

        Raises:
            OSError: Asterisk is away, or the agent did not answer (:class:`PlacingError`).
        """
        answer = await self._ami.action(
            actions.originate(
                AGENT_ENDPOINT + extension,
                context=CONTEXT,
                exten=number,
                caller_id=f'"回电" <{number}>',
                timeout_ms=self._ring_s * 1000,
                channel_id=call_id,
                account=line,
                variables={"HL_LINE": line},
            ),
            timeout_s=self._ring_s + MARGIN_S,
        )
        if any(message.get("Response") in ("Failure", "Error") for message in answer):
            raise PlacingError(f"agent {extension} did not answer")
