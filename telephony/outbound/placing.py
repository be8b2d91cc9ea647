"""Placing calls to citizens: for an agent, whose telephone rings first, and for a survey."""

from __future__ import annotations

from collections.abc import Mapping

from config.settings import OutboundSettings
from telephony.agents import AGENT_ENDPOINT
from telephony.ami import AmiRefused, actions
from telephony.transfers.control import AmiActions

CONTEXT = "out-callback"
SURVEY_CONTEXT = "out-survey"
MARGIN_S = 10.0


class PlacingError(OSError):
    """Who was rung first was not reached or did not answer."""


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


class SurveyDialler:
    """Rings citizens for the survey.

    Args:
        ami: the link.
        settings: the trunks, what they see and how long it rings.
    """

    def __init__(self, ami: AmiActions, settings: OutboundSettings) -> None:
        self._ami = ami
        self._settings = settings

    async def ring(
        self, call_id: str, number: str, trunk: int, variables: Mapping[str, str]
    ) -> None:
        """Ring a citizen; with the answer the dialplan goes on. Returns with the answer.

        Args:
            call_id: from :func:`telephony.calls.outward.new_call_id`, of a survey.
            number: national, as :func:`telephony.outbound.national_number` gives it.
            trunk: by which, from 1.
            variables: ``HL_LINE``, ``HL_QUEUE``, ``HL_ABOUT``.

        Raises:
            OSError: Asterisk is away, or the dialplan does not have the number, or nobody answered
                (:class:`PlacingError`).
        """
        settings = self._settings
        # the telephone rings before the dialplan has the channel, so the dialplan is asked first
        try:
            await self._ami.action(
                actions.show_dialplan(SURVEY_CONTEXT, number), timeout_s=MARGIN_S
            )
        except AmiRefused as refused:
            raise PlacingError(f"{number} is not in the dialplan") from refused
        answer = await self._ami.action(
            actions.originate(
                f"PJSIP/carrier-{trunk}/sip:{number}@{settings.trunks[trunk - 1]}",
                context=SURVEY_CONTEXT,
                exten=number,
                caller_id=f"<{settings.shown_number}>",
                timeout_ms=settings.ring_seconds * 1000,
                channel_id=call_id,
                account=variables["HL_LINE"],
                variables=variables,
            ),
            timeout_s=settings.ring_seconds + MARGIN_S,
        )
        if any(message.get("Response") in ("Failure", "Error") for message in answer):
            raise PlacingError("no answer")
