"""An agent's seat in Asterisk's queues."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from telephony.ami import AmiAction, actions

# Device states of QueueMember's Status header in which the telephone can't be rung at all.
_UNREACHABLE = {"4", "5"}

Levels = Callable[[str], Awaitable[Mapping[str, int]]]
"""Interface -> its queues with the level in each, 1 the best. Must not fail."""


@dataclass(frozen=True, slots=True)
class Seat:
    """A member of queues, as Asterisk reports it. ``queues``: name -> penalty (level - 1)."""

    interface: str
    paused: bool
    paused_reason: str
    in_call: bool
    reachable: bool
    queues: Mapping[str, int] = field(default_factory=dict)


class Seats(Protocol):
    """What the desk needs of the queues. Every method raises ``OSError`` when Asterisk is away."""

    async def add(self, interface: str) -> None:
        """Put the interface into the queues of its skills and no others, not paused."""

    async def reseat(self, interface: str) -> None:
        """The same for one that has a seat, which stays paused if it is."""

    async def remove(self, interface: str) -> None:
        """Take the interface out of all queues."""

    async def pause(self, interface: str, *, reason: str) -> None:
        """No more calls for the interface."""

    async def unpause(self, interface: str) -> None:
        """Calls again for the interface."""

    async def members(self) -> dict[str, Seat]:
        """All seats by interface."""


class AmiActions(Protocol):
    """The part of :class:`telephony.ami.AmiLink` that is used here."""

    async def action(self, fields: AmiAction) -> Sequence[Mapping[str, str]]:
        """Send an action and wait for its complete answer."""


class QueueSeats:
    """Seats by AMI. app_queue rings members of a low penalty first: a level is a penalty."""

    def __init__(self, ami: AmiActions, levels: Levels) -> None:
        self._ami = ami
        self._levels = levels

    async def add(self, interface: str) -> None:
        """See :class:`Seats`."""
        seat = (await self.members()).get(interface)
        await self._arrange(interface, seat)
        if seat is not None:
            await self.unpause(interface)

    async def reseat(self, interface: str) -> None:
        """See :class:`Seats`."""
        if (seat := (await self.members()).get(interface)) is None:
            return
        await self._arrange(interface, seat)
        if seat.paused:
            await self.pause(interface, reason=seat.paused_reason)

    async def _arrange(self, interface: str, seat: Seat | None) -> None:
        wanted = {queue: level - 1 for queue, level in (await self._levels(interface)).items()}
        present = seat.queues if seat is not None else {}
        paused = seat is not None and seat.paused
        # first what is added: an agent who takes calls is in some queue at any moment
        for queue, penalty in wanted.items():
            if queue not in present:
                await self._ami.action(
                    actions.queue_add(queue, interface, penalty=penalty, paused=paused)
                )
            elif present[queue] != penalty:
                await self._ami.action(actions.queue_penalty(queue, interface, penalty))
        for queue in present:
            if queue not in wanted:
                await self._ami.action(actions.queue_remove(queue, interface))

    async def remove(self, interface: str) -> None:
        """See :class:`Seats`."""
        if (seat := (await self.members()).get(interface)) is None:
            return
        for queue in seat.queues:
            await self._ami.action(actions.queue_remove(queue, interface))

    async def pause(self, interface: str, *, reason: str) -> None:
        """See :class:`Seats`."""
        await self._ami.action(actions.queue_pause(interface, paused=True, reason=reason))

    async def unpause(self, interface: str) -> None:
        """See :class:`Seats`."""
        await self._ami.action(actions.queue_pause(interface, paused=False))

    async def members(self) -> dict[str, Seat]:
        """See :class:`Seats`."""
        seats: dict[str, Seat] = {}
        for message in await self._ami.action(actions.queue_status()):
            if message.get("Event", "").lower() != "queuemember":
                continue
            interface = message.get("Location") or message.get("Interface", "")
            before = seats[interface].queues if interface in seats else {}
            penalty = message.get("Penalty", "")
            queues = {
                **before,
                message.get("Queue", ""): int(penalty) if penalty.isdecimal() else 0,
            }
            seats[interface] = Seat(
                interface=interface,
                paused=message.get("Paused") == "1",
                paused_reason=message.get("PausedReason", ""),
                in_call=message.get("InCall") == "1",
                reachable=message.get("Status", "") not in _UNREACHABLE,
                queues=queues,
            )
        return seats
