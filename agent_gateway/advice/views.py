"""Advice as it goes to the page."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel


class LikeTicket(BaseModel):
    """An open ticket that is probably about the same matter.

    ``score`` 0 to 1; ``reasons``: which of caller, category, district, address, target agree.
    """

    number: str
    score: float
    reasons: list[str]
    status: str
    created_at: datetime
    address: str
    target: str


class Tip(BaseModel):
    """A knowledge entry that fits what was said."""

    id: int
    title: str
    text: str
    score: float


class SuggestedDepartment(BaseModel):
    """Where the matter belongs, and why: the category and the words that told it."""

    key: str
    name: str
    category: str
    category_name: str
    words: list[str]
    confidence: float


class AdviceMessage(BaseModel):
    """What stands beside the ticket; each one replaces the one before."""

    type: Literal["call.advice"] = "call.advice"
    call_id: str
    duplicates: list[LikeTicket]
    knowledge: list[Tip]
    department: SuggestedDepartment | None
