"""Entries of the callers' lists as the API gives and takes them."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import AwareDatetime, BaseModel, Field

from agent_gateway.http.route import Strict
from agent_gateway.store import ListedCaller


class ListedCallerView(BaseModel):
    """One entry. ``until`` None: without an end. ``removed_by`` "": it ended by itself."""

    id: int
    list: Literal["blocked", "priority", "no_survey"]
    number: str
    reason: str
    priority: int
    until: datetime | None
    created_at: datetime
    created_by: str
    removed_at: datetime | None
    removed_by: str

    @classmethod
    def of(cls, row: ListedCaller) -> ListedCallerView:
        """From its row."""
        return cls(**{name: getattr(row, name) for name in cls.model_fields})


class ListedCallerPage(BaseModel):
    """Some entries, and how many there are in all."""

    total: int
    callers: list[ListedCallerView]


class ListQuery(Strict):
    """Which entries: those in force, or also those of before; ``number``: of that one only."""

    state: Literal["in_force", "all"] = "in_force"
    number: str = Field("", max_length=64)
    limit: int = Field(50, ge=1, le=200)
    offset: int = Field(0, ge=0, le=1_000_000)


class Block(Strict):
    """A number to be blocked, in any spelling, until an aware moment."""

    number: str = Field(min_length=1, max_length=64)
    reason: str = Field(min_length=1, max_length=500, pattern=r"\S")
    until: AwareDatetime


class LeaveInPeace(Strict):
    """A number, in any spelling, that is not rung for the survey; ``until`` None: for good."""

    number: str = Field(min_length=1, max_length=64)
    reason: str = Field(min_length=1, max_length=500, pattern=r"\S")
    until: AwareDatetime | None = None


class Prefer(Strict):
    """A number to be put forward by ``priority``; ``until`` None: for good."""

    number: str = Field(min_length=1, max_length=64)
    reason: str = Field(min_length=1, max_length=500, pattern=r"\S")
    priority: int = Field(ge=1, le=100)
    until: AwareDatetime | None = None
