"""Transfers and their targets as JSON."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import BaseModel, Field

from agent_gateway.http.route import Strict
from telephony.transfers import TransferSnapshot


class TransferRequest(Strict):
    """What is wanted.

    ``target``: ``department:KEY``, ``contact:KEY``, ``agent:EXTENSION``, ``queue:NAME``,
    ``number:DIGITS`` or ``pinned:ID``.
    """

    kind: Literal["blind", "consult", "three_way"]
    target: str = Field(min_length=3, max_length=80)


class EmergencyRequest(Strict):
    """``drill``: an exercise; the number set for drills is dialled in place of the line.

    ``location``: where help is needed; None: as the draft ticket has it.
    """

    line: str = Field(min_length=3, max_length=8)
    drill: bool = False
    location: str | None = Field(None, max_length=400)


class TransferView(BaseModel):
    """A call's transfer now. ``notice``: ``outside_hours``, then the fallback is rung; or ""."""

    call_id: str
    state: str
    kind: str
    target: str
    name: str
    drill: bool
    notice: str
    location: str

    @classmethod
    def of(cls, snapshot: TransferSnapshot) -> Self:
        """From the transfer desk's snapshot."""
        return cls(
            call_id=snapshot.call_id,
            state=snapshot.state.value,
            kind=snapshot.kind.value,
            target=snapshot.target,
            name=snapshot.name,
            drill=snapshot.drill,
            notice=snapshot.notice,
            location=snapshot.location,
        )


class DirectoryEntry(BaseModel):
    """A possible target; ``target`` is what a transfer request wants.

    ``numbers``: who is rung now, in this order; empty for an entry that is closed and has no
    fallback. ``aliases`` are for searching.
    """

    target: str
    name: str
    kind: str
    numbers: list[str] = []
    open: bool = True
    note: str = ""
    aliases: list[str] = []


class DirectoryView(BaseModel):
    """Everything a call can be handed to."""

    departments: list[DirectoryEntry]
    contacts: list[DirectoryEntry]
    agents: list[DirectoryEntry]
    queues: list[DirectoryEntry]
    emergency_lines: list[str]
    drills: bool
