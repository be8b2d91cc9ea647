"""What the pre-filler reads and gives: turns, evidence and guesses."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, TypeAlias

Speaker: TypeAlias = Literal["agent", "caller"]
Value: TypeAlias = str | bool | None

FIELDS: tuple[str, ...] = (
    "request_type",
    "category",
    "line",
    "department",
    "caller_name",
    "caller_title",
    "callback_phone",
    "district",
    "address",
    "occurred_on",
    "target",
    "confidential",
    "urgency",
    "emergency_line",
    "accepted",
    "reject_reason",
)
"""The fields of a pre-filled ticket, in the order in which they are printed."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """A stretch of one turn's text as it was given: characters ``start`` to ``end`` (exclusive)."""

    turn: int
    start: int
    end: int

    def as_dict(self) -> dict[str, int]:
        """``{"turn": …, "start": …, "end": …}`` for JSON."""
        return {"turn": self.turn, "start": self.start, "end": self.end}


@dataclass(frozen=True, slots=True)
class FieldGuess:
    """One field's value (None: nothing to fill in), where it was said, and confidence 0 to 1."""

    value: Value
    evidence: list[Evidence] = field(default_factory=list)
    confidence: float = 0.0

    def as_dict(self) -> dict[str, object]:
        """``{"value", "evidence", "confidence"}`` for JSON."""
        return {
            "value": self.value,
            "evidence": [one.as_dict() for one in self.evidence],
            "confidence": round(self.confidence, 3),
        }


@dataclass(frozen=True, slots=True)
class CallFacts:
    """What is known before a word is said.

    Attributes:
        call_date: start of the call, with its time zone.
        dialled: the number dialled (``12345``, ``12328`` …), digits.
        cli: the caller's number, digits only.
    """

    call_date: datetime
    dialled: str
    cli: str
