"""Who heard whom and when, from the events of a call."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from pydantic import BaseModel

from agent_gateway.journal import agent_of
from agent_gateway.store import CallEventRow

CALLER = "caller"
MUSIC = "music"
# Moves from room to room take some milliseconds, in which nobody misses anything.
MOMENT = timedelta(seconds=1)
# At the end of a call the parties leave one after the other.
SHORTEST = timedelta(milliseconds=500)


class HeardInterval(BaseModel):
    """From ``since`` to ``until`` this party heard these others, and nobody else.

    A party is ``caller``, an agent's extension, or the number of a third party; the caller may also
    have heard ``music``. ``until`` is None while it goes on.
    """

    party: str
    heard: list[str]
    since: datetime
    until: datetime | None


@dataclass(slots=True)
class _Rooms:
    """Who is where now."""

    caller: str
    bridges: dict[str, dict[str, None]] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    holding: set[str] = field(default_factory=set)
    targets: set[str] = field(default_factory=set)
    talked: bool = False

    def hearing(self) -> dict[str, list[str]]:
        """Party -> whom it hears."""
        heard: dict[str, list[str]] = {}
        for members in self._groups():
            people = [one for one in members if one not in self.holding]
            for one in people:
                others = sorted({self.names[other] for other in people if other != one})
                if others:
                    heard[self.names[one]] = others
        if self.talked:
            heard.setdefault(CALLER, [MUSIC])
        return heard

    def take(self, row: CallEventRow) -> None:
        """Fold one event."""
        channel, bridge = str(row.data.get("channel", "")), str(row.data.get("bridge", ""))
        match row.type:
            case "TransferTarget" if channel:
                self.names.setdefault(channel, str(row.data.get("target", "")))
                self.targets.add(channel)
            case "PartyJoined":
                name = CALLER if channel == self.caller else agent_of(row.data.get("endpoint", ""))
                self.names.setdefault(channel, name)
                self.bridges.setdefault(bridge, {})[channel] = None
                self.talked = self.talked or channel == self.caller
            case "PartyLeft":
                members = self.bridges.get(bridge, {})
                members.pop(channel, None)
                if not members:
                    self.bridges.pop(bridge, None)
            case "CallHeld":
                self.holding.add(channel)
            case "CallResumed":
                self.holding.discard(channel)
            case "CallEnded":
                self.bridges.clear()
                self.talked = False
            case _:
                pass

    def _groups(self) -> Iterable[Sequence[str]]:
        """People who hear each other.

        The telephone of a transfer's target is alone in a bridge with one end of its way into the
        room, so it hears those in the room.
        """
        alone = [
            members
            for members in self.bridges.values()
            if len(members) == 1 and self.targets.issuperset(members)
        ]
        rooms = [members for members in self.bridges.values() if members not in alone]
        room = max(rooms, key=len, default={})
        for members in rooms:
            if members is not room:
                yield list(members)
        yield [*room, *(channel for members in alone for channel in members)]


def hearing(caller: str, rows: Iterable[CallEventRow]) -> list[HeardInterval]:
    """The intervals in the order of their beginnings.

    Args:
        caller: the caller's channel.
        rows: the call's events in their order.
    """
    rooms = _Rooms(caller)
    found: list[HeardInterval] = []
    current: dict[str, HeardInterval] = {}
    for row in rows:
        rooms.take(row)
        now = rooms.hearing()
        for party in [*current, *(one for one in now if one not in current)]:
            before, others = current.get(party), now.get(party, [])
            if before is not None and before.heard == others:
                continue
            if before is not None:
                before.until = row.at
                del current[party]
            if others:
                current[party] = HeardInterval(party=party, heard=others, since=row.at, until=None)
                found.append(current[party])
    return _without_moments(found)


def _without_moments(found: Sequence[HeardInterval]) -> list[HeardInterval]:
    kept: list[HeardInterval] = []
    last: dict[str, HeardInterval] = {}
    for one in found:
        if one.until is not None and one.until - one.since < MOMENT and one.heard == [MUSIC]:
            continue
        before = last.get(one.party)
        if (
            before is not None
            and before.until is not None
            and before.heard == one.heard
            and one.since - before.until < MOMENT
        ):
            before.until = one.until
            continue
        last[one.party] = one
        kept.append(one)
    return [one for one in kept if one.until is None or one.until - one.since >= SHORTEST]
