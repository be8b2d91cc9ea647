"""An agent's seat in Asterisk's queues."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from telephony.ami import AmiAction, actions

# Device states of QueueMember's Status header in which the telephone can't be rung at all.
_UNREACHABLE = {"4", "5"}


@dataclass(frozen=True, slots=True)
class Seat:
    """A member of a queue, as Asterisk reports it."""

    interface: str
    paused: bool
    paused_reason: str
    in_call: bool
    reachable: bool


class Seats(Protocol):
    """What the desk needs of the queues. Every method raises ``OSError`` when Asterisk is away."""

    async def add(self, interface: str) -> None:
        """Put the interface into every queue, not paused."""

    async def remove(self, interface: str) -> None:
        """Take the interface out of every queue."""

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
    """Seats by AMI, in all of the given queues at once."""

    def __init__(self, ami: AmiActions, queues: Sequence[str]) -> None:
        self._ami = ami
        self._queues = tuple(queues)

    async def add(self, interface: str) -> None:
        """See :class:`Seats`. Adding a seat that is there already unpauses it."""
        present = await self.members()
        for queue in self._queues:
            if interface not in present:
                await self._ami.action(actions.queue_add(queue, interface))
        if interface in present:
            await self.unpause(interface)

    async def remove(self, interface: str) -> None:
        """See :class:`Seats`."""
        if interface not in await self.members():
            return
        for queue in self._queues:
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
            seats[interface] = Seat(
                interface=interface,
                paused=message.get("Paused") == "1",
                paused_reason=message.get("PausedReason", ""),
                in_call=message.get("InCall") == "1",
                reachable=message.get("Status", "") not in _UNREACHABLE,
            )
        return seats
