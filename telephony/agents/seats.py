"""An agent's seat in Asterisk's queues."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

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
    """The part of the AMI link that is used here: one action, its list of answers."""

    async def action(self, fields: Mapping[str, str]) -> Sequence[Mapping[str, str]]:
        """Send an action and wait for its complete answer (headers lower-case).

        Raises:
            OSError: Asterisk is away, refused, or did not answer in time.
        """


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
                await self._ami.action(
                    {
                        "Action": "QueueAdd",
                        "Queue": queue,
                        "Interface": interface,
                        "StateInterface": interface,
                        "Penalty": "0",
                        "Paused": "false",
                    }
                )
        if interface in present:
            await self.unpause(interface)

    async def remove(self, interface: str) -> None:
        """See :class:`Seats`."""
        if interface not in await self.members():
            return
        for queue in self._queues:
            await self._ami.action(
                {"Action": "QueueRemove", "Queue": queue, "Interface": interface}
            )

    async def pause(self, interface: str, *, reason: str) -> None:
        """See :class:`Seats`."""
        await self._set_paused(interface, "true", reason)

    async def unpause(self, interface: str) -> None:
        """See :class:`Seats`."""
        await self._set_paused(interface, "false", "")

    async def _set_paused(self, interface: str, paused: str, reason: str) -> None:
        await self._ami.action(
            {
                "Action": "QueuePause",
                "Interface": interface,
                "Paused": paused,
                "Reason": reason,
            }
        )

    async def members(self) -> dict[str, Seat]:
        """See :class:`Seats`."""
        seats: dict[str, Seat] = {}
        for message in await self._ami.action({"Action": "QueueStatus"}):
            if message.get("event", "").lower() != "queuemember":
                continue
            interface = message.get("location") or message.get("interface", "")
            seats[interface] = Seat(
                interface=interface,
                paused=message.get("paused") == "1",
                paused_reason=message.get("pausedreason", ""),
                in_call=message.get("incall") == "1",
                reachable=message.get("status", "") not in _UNREACHABLE,
            )
        return seats
