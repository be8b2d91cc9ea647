"""Moving the parties of a call: the few things a transfer asks of Asterisk."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol

import structlog

from telephony.ami import AmiAction, AmiError, actions
from telephony.recordings.spool import part_of, raw_pair
from telephony.transfers.place import header_value
from telephony.transfers.targets import Target, TargetKind

log = structlog.get_logger(__name__)

CONTEXT = "transfer"
ANSWER_MARGIN_S = 15.0
MUSIC_S = 3
"""Length of one round of music in the dialplan."""


class After(StrEnum):
    """Where the dialplan takes the caller when no colleague is left in the room."""

    HANGUP = ""
    QUEUE = "queue"
    HOLD = "hold"


@dataclass(frozen=True, slots=True)
class Placed:
    """A channel that a transfer has placed. ``place``: caller, hold, agent, target, or ""."""

    call_id: str
    channel: str
    place: str


class AmiActions(Protocol):
    """The part of :class:`telephony.ami.AmiLink` that is used here."""

    async def action(
        self, fields: AmiAction, *, timeout_s: float = 10.0
    ) -> Sequence[Mapping[str, str]]:
        """Send an action and wait for its complete answer."""


class RoomControl(Protocol):
    """Every method raises ``OSError`` when Asterisk is away or refuses; then nothing moved."""

    async def together(self, caller: str, agent: str) -> None:
        """Both into the room."""

    async def apart(self, caller: str, agent: str) -> None:
        """The caller to the music, the agent into the room."""

    async def join(self, caller: str) -> None:
        """The caller into the room."""

    async def hold(self, caller: str, agent: str, *, follow: bool) -> None:
        """The caller to the music; ``follow``: and into the room with whoever enters it."""

    async def back(self, caller: str, queue: str = "") -> None:
        """The caller to the head of a queue (the call's own by default)."""

    async def after(self, caller: str, where: After) -> None:
        """What becomes of the caller when no colleague is left in the room."""

    async def wait_on(self, caller: str) -> None:
        """The caller's patience with the music begins anew: another number is rung."""

    async def record(self, agent: str, call_id: str) -> None:
        """Record a consultation, as a part of the call's recording."""

    async def stop_recording(self, agent: str) -> None:
        """The consultation is over; one that is not recorded is no fault."""

    async def hangup(self, channel: str) -> None:
        """End a channel, given by name or Uniqueid; one that is gone already is no fault."""

    async def ring(
        self, target: Target, *, call_id: str, caller: str, shown: str, channel_id: str
    ) -> None:
        """Ring the target; returns when it has answered.

        Raises:
            OSError: it cannot be reached. The events have said why, unless the dialplan refused.
        """

    async def placed(self) -> Sequence[Placed]:
        """Where the channels of all calls are now."""


class AmiControl:
    """The real one.

    Args:
        ami: the link.
        ring_s: how long one trunk rings, in seconds.
        location_header: SIP header for the place of an emergency; "": it is not sent.
        recordings: where consultations are recorded; None: they are not.
    """

    def __init__(
        self,
        ami: AmiActions,
        *,
        ring_s: int,
        location_header: str = "",
        recordings: Path | None = None,
    ) -> None:
        self._ami = ami
        self._ring_s = ring_s
        self._location_header = location_header
        self._recordings = recordings

    async def together(self, caller: str, agent: str) -> None:
        """See :class:`RoomControl`."""
        # should the agent's telephone die while the target rings, the caller waits for the target
        await self._patience(caller, follow=True)
        await self._set(caller, HL_AFTER=After.HOLD.value)
        await self._move(caller, "caller", agent, "agent")

    async def apart(self, caller: str, agent: str) -> None:
        """See :class:`RoomControl`."""
        await self._patience(caller, follow=False)
        await self._set(caller, HL_AFTER="", HL_AGENT=agent)
        await self._move(caller, "hold", agent, "agent")

    async def join(self, caller: str) -> None:
        """See :class:`RoomControl`."""
        await self._move(caller, "caller")

    async def hold(self, caller: str, agent: str, *, follow: bool) -> None:
        """See :class:`RoomControl`."""
        await self._patience(caller, follow=follow)
        await self._set(caller, HL_AGENT=agent)
        await self._move(caller, "hold")

    async def back(self, caller: str, queue: str = "") -> None:
        """See :class:`RoomControl`."""
        if queue:
            await self._set(caller, HL_QUEUE=queue)
        await self._move(caller, "back")

    async def after(self, caller: str, where: After) -> None:
        """See :class:`RoomControl`."""
        await self._set(caller, HL_AFTER=where.value)

    async def wait_on(self, caller: str) -> None:
        """See :class:`RoomControl`."""
        await self._set(caller, HL_EMPTY="0")

    async def record(self, agent: str, call_id: str) -> None:
        """See :class:`RoomControl`."""
        if self._recordings is None:
            return
        # by the time of its beginning: a service that was started anew does not know how many
        pair = raw_pair(self._recordings, part_of(call_id, int(time.time())))
        await self._ami.action(actions.record(agent, received=str(pair.rx), sent=str(pair.tx)))

    async def stop_recording(self, agent: str) -> None:
        """See :class:`RoomControl`."""
        try:
            await self._ami.action(actions.stop_recording(agent))
        except OSError as error:
            log.info("transfer.recording_not_stopped", channel=agent, reason=str(error))

    async def hangup(self, channel: str) -> None:
        """See :class:`RoomControl`."""
        try:
            await self._ami.action(actions.hangup(channel))
        except AmiError as error:
            if "no such channel" not in str(error).lower():
                raise

    async def ring(
        self, target: Target, *, call_id: str, caller: str, shown: str, channel_id: str
    ) -> None:
        """See :class:`RoomControl`."""
        # two trunks one after the other, and a little for signalling
        seconds = 2 * self._ring_s + ANSWER_MARGIN_S
        variables = {
            "__HL_CALL": call_id,
            "__HL_CALLER": caller,
            "__HL_SHOWN": re.sub(r"[^+0-9]", "", shown)[:32],
        }
        if target.location and self._location_header:
            variables["__HL_PLACE"] = header_value(self._location_header, target.location)
        if target.kind is TargetKind.AGENT:
            variables["HL_KEYS"] = "emergency-keys"
        answer = await self._ami.action(
            actions.originate(
                f"Local/{target.number}@{target.context}/n",
                context=CONTEXT,
                exten="target",
                timeout_ms=int(seconds * 1000),
                variables=variables,
                channel_id=channel_id,
            ),
            timeout_s=seconds + ANSWER_MARGIN_S,
        )
        if any(message.get("Response") in ("Failure", "Error") for message in answer):
            raise AmiError(f"{target.number} was not reached")

    async def placed(self) -> Sequence[Placed]:
        """See :class:`RoomControl`."""
        return [
            Placed(
                message.get("Linkedid", ""),
                message.get("Channel", ""),
                message.get("Exten", "") if message.get("Context") == CONTEXT else "",
            )
            for message in await self._ami.action(actions.core_show_channels())
            if message.get("Event") == "CoreShowChannel"
        ]

    async def _patience(self, caller: str, *, follow: bool) -> None:
        """Rounds of music with an empty room: as long as the target may ring, or only a moment."""
        rounds = int((2 * self._ring_s + ANSWER_MARGIN_S) / MUSIC_S) if follow else 1
        await self._set(caller, HL_JOIN="1" if follow else "", HL_PATIENCE=str(rounds))

    async def _set(self, channel: str, **variables: str) -> None:
        for name, value in variables.items():
            await self._ami.action(actions.setvar(name, value, channel))

    async def _move(self, channel: str, exten: str, extra: str = "", extra_exten: str = "") -> None:
        await self._ami.action(
            actions.redirect(
                channel,
                context=CONTEXT,
                exten=exten,
                extra_channel=extra,
                extra_exten=extra_exten,
            )
        )
