"""Tickets as JSON."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Self

from pydantic import BaseModel, Field, StringConstraints

from agent_gateway.privacy import masked_json
from agent_gateway.store import Ticket

FieldName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
FieldText = Annotated[str, StringConstraints(max_length=4000)]
FieldValue = bool | int | float | FieldText | list[FieldText] | None
FieldValues = Annotated[dict[FieldName, FieldValue], Field(min_length=1, max_length=64)]


class TicketField(BaseModel):
    """A field; ``touched_by`` is the user whose value this is, None for the machine's guess.

    ``evidence``: pieces {speaker, turn, start, end, words} of the transcript; ``previous``: another
    value that the machine had given before. ``source``: "model" for a language model's.
    """

    value: Any = None
    evidence: Any = None
    confidence: float | None = None
    touched_by: str | None = None
    previous: Any = None
    source: str | None = None


class TicketSummary(BaseModel):
    """One line of a list of tickets."""

    number: str
    call_id: str | None
    line: str
    dialled: str
    caller: str
    agent: str
    status: str
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, ticket: Ticket) -> Self:
        """From the row."""
        return cls.model_validate(ticket, from_attributes=True)


class TicketView(TicketSummary):
    """A whole ticket. ``transcript``: turns {who, turn, text, start_ms, end_ms}."""

    call_arrived_at: datetime | None
    call_answered_at: datetime | None
    call_ended_at: datetime | None
    fields: dict[str, TicketField]
    transcript: list[dict[str, Any]]

    def masked(self) -> Self:
        """The same without names, telephone, identity and card numbers in full."""
        return self.model_validate(masked_json(self.model_dump(mode="json")))


class TicketPage(BaseModel):
    """One page, newest first. ``total``: how many there are in all."""

    total: int
    tickets: list[TicketSummary]
