"""Open tickets that are probably about the same matter."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from agent_gateway.store import Ticket
from asr.prefill.scoring import SIMILAR, character_f1

# What each likeness says; a place or a party alone is a street with two troubles.
_CALLER: Final = 0.4
_CATEGORY: Final = 0.3
_ADDRESS: Final = 0.4
_TARGET: Final = 0.4
_DISTRICT: Final = 0.1
PROBABLE: Final = 0.65
"""From this sum of likenesses on a ticket is shown."""


@dataclass(frozen=True, slots=True)
class Likeness:
    """A ticket, how alike it is (0 to 1) and in what."""

    ticket: Ticket
    score: float
    reasons: tuple[str, ...]


def duplicates(
    caller: str, fields: Mapping[str, Any], tickets: Iterable[Ticket], *, limit: int = 5
) -> list[Likeness]:
    """Tickets that are probably about the same matter, the most alike first.

    Args:
        caller: the number that calls; "" when it is withheld.
        fields: the ticket as it is filled so far: field → {value, …} or value.
        tickets: open ones.
        limit: how many at most.
    """
    found = []
    for ticket in tickets:
        score, reasons = _likeness(caller, fields, ticket)
        if score >= PROBABLE:
            found.append(Likeness(ticket, round(min(1.0, score), 2), tuple(reasons)))
    found.sort(key=lambda one: (-one.score, -one.ticket.id))
    return found[:limit]


def value_of(fields: Mapping[str, Any], name: str) -> str:
    """A field's text; "" when there is none."""
    field = fields.get(name)
    value = field.get("value") if isinstance(field, Mapping) else field
    return value if isinstance(value, str) else ""


def _likeness(caller: str, fields: Mapping[str, Any], ticket: Ticket) -> tuple[float, list[str]]:
    score, reasons = 0.0, []
    if caller and caller == ticket.caller:
        score += _CALLER
        reasons.append("caller")
    for name, weight in (("category", _CATEGORY), ("district", _DISTRICT)):
        if (mine := value_of(fields, name)) and mine == value_of(ticket.fields, name):
            score += weight
            reasons.append(name)
    for name, weight in (("address", _ADDRESS), ("target", _TARGET)):
        mine, theirs = value_of(fields, name), value_of(ticket.fields, name)
        if mine and theirs and character_f1(mine, theirs) >= SIMILAR:
            score += weight
            reasons.append(name)
    # the same person about the same kind of thing, or the same kind of thing at the same place
    matter = {"category", "address", "target"} & set(reasons)
    return (score, reasons) if matter else (0.0, [])
