"""A missed call as the API gives it."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel

from agent_gateway.store import MissedCall


class MissedCallView(BaseModel):
    """One number that was not served.

    ``requested``: the caller pressed the key for it. ``seconds_to_callback``: from
    ``waiting_since`` to ``closed_at``; None while it is open. ``result``: "answered" when the
    number called again and was answered, else what a person entered.
    """

    id: int
    caller: str
    line: str
    call_id: str
    calls: int
    requested: bool
    waiting_since: datetime
    last_at: datetime
    closed_at: datetime | None
    closed_by: str
    result: str
    note: str
    seconds_to_callback: float | None

    @classmethod
    def of(cls, row: MissedCall) -> MissedCallView:
        """From its row."""
        values = {
            name: getattr(row, name) for name in cls.model_fields if name != "seconds_to_callback"
        }
        seconds = None
        if row.closed_at is not None:
            seconds = max(0.0, (row.closed_at - row.waiting_since).total_seconds())
        return cls(**values, seconds_to_callback=seconds)


class MissedCallPage(BaseModel):
    """Some entries, and how many there are in all."""

    total: int
    missed_calls: list[MissedCallView]
