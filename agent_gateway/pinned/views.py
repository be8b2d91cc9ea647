"""Pinned targets as JSON."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Literal, Self

from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationInfo,
    field_validator,
)

from agent_gateway.store import PinnedTarget
from config.faults import fault

LONGEST = timedelta(days=31)
Keyword = Annotated[str, StringConstraints(min_length=1, max_length=20, strip_whitespace=True)]
Title = Annotated[str, StringConstraints(min_length=1, max_length=100, strip_whitespace=True)]


class NewPinnedTarget(BaseModel):
    """A target for all desks, from one time to another.

    ``kind``: ``leader`` (``title`` is the leader's name) or ``topic`` (of the day). ``target`` is
    as in a transfer, ``transfer`` the kind of transfer that one click starts.
    """

    # not Strict of the routes: the live messages, which they import, show these views
    model_config = ConfigDict(extra="forbid")

    kind: Literal["leader", "topic"]
    title: Title
    note: str = Field("", max_length=500)
    keywords: list[Keyword] = Field(default_factory=list, max_length=20)
    target: str = Field(min_length=3, max_length=80)
    transfer: Literal["blind", "consult", "three_way"] = "three_way"
    starts_at: AwareDatetime
    ends_at: AwareDatetime

    @field_validator("ends_at")
    @classmethod
    def _in_order(cls, ends: datetime, info: ValidationInfo) -> datetime:
        starts = info.data.get("starts_at")
        if starts is not None and not timedelta() < ends - starts <= LONGEST:
            raise fault(
                f"须晚于开始时间，最长 {LONGEST.days} 天",
                f"must be after starts_at, by {LONGEST.days} days at most",
            )
        return ends


class PinnedView(BaseModel):
    """A pinned target as the agents see it; ``target`` is what a transfer request wants."""

    id: int
    kind: str
    title: str
    note: str
    keywords: list[str]
    target: str
    transfer: str
    starts_at: datetime
    ends_at: datetime

    @classmethod
    def of(cls, row: PinnedTarget) -> Self:
        """From the row."""
        return cls(
            id=row.id,
            kind=row.kind,
            title=row.title,
            note=row.note,
            keywords=row.keywords,
            target=f"pinned:{row.id}",
            transfer=row.transfer,
            starts_at=row.starts_at,
            ends_at=row.ends_at,
        )


class PinnedList(BaseModel):
    """Those that are on the desks now."""

    pinned: list[PinnedView]


class PinnedRecord(BaseModel):
    """A pinned target as supervisors see it. ``dials`` is its real target, ``uses`` a count."""

    pinned: PinnedView
    dials: str
    created_by: str
    created_at: datetime
    withdrawn_by: str
    withdrawn_at: datetime | None
    uses: int

    @classmethod
    def full(cls, row: PinnedTarget, uses: int) -> Self:
        """From the row and the number of its uses."""
        return cls(
            pinned=PinnedView.of(row),
            dials=row.target,
            created_by=row.created_by,
            created_at=row.created_at,
            withdrawn_by=row.withdrawn_by,
            withdrawn_at=row.withdrawn_at,
            uses=uses,
        )


class PinnedPage(BaseModel):
    """One page, newest first. ``total``: how many there are in all."""

    total: int
    pinned: list[PinnedRecord]


class PinnedCall(BaseModel):
    """A call that was handed to it; what is not known of the call yet is empty."""

    call_id: str
    at: datetime
    by: str
    transfer: str
    line: str = ""
    caller: str = ""
    disposition: str = ""
    talk_seconds: float = 0.0


class PinnedCalls(BaseModel):
    """The calls of a session or topic, in their order."""

    pinned: PinnedView
    calls: list[PinnedCall]
