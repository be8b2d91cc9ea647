"""Calls to citizens as JSON."""

from __future__ import annotations

from datetime import datetime
from typing import Self

from pydantic import BaseModel

from agent_gateway.store import Callback


class CallbackView(BaseModel):
    """One call; ``result``: "" while it goes on."""

    call_id: str
    kind: str
    citizen: str
    number: str
    line: str
    agent: str
    missed_id: int | None
    ticket: str
    asked_by: str
    asked_at: datetime
    ended_at: datetime | None
    result: str
    note: str

    @classmethod
    def of(cls, row: Callback) -> Self:
        """From its row."""
        return cls(**{name: getattr(row, name) for name in cls.model_fields})


class CallbackPage(BaseModel):
    """Some calls, newest first, and how many there are in all."""

    total: int
    callbacks: list[CallbackView]
