"""Figures as JSON. Times, not durations: they hold until the next change."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel

from telephony.events import AgentState


class QueueFigures(BaseModel):
    """A queue now, and today. ``waiting_since``: of who waits longest, in whatever queues."""

    queue: str
    title: str
    waiting: int
    waiting_since: datetime | None
    ready: int
    ringing: int
    talking: int
    wrap_up: int
    on_break: int
    calls: int
    answered: int
    answered_in_time: int
    abandoned: int
    overflowed: int


class LineFigures(BaseModel):
    """A dialled line: who waits now, and today's calls that came to a queue."""

    line: str
    waiting: int
    waiting_since: datetime | None
    calls: int
    answered: int
    answered_in_time: int
    abandoned: int


class AgentFigures(BaseModel):
    """An agent now. ``queues``: with the level in each; ``answered``: calls today."""

    extension: str
    state: AgentState
    reason: str
    call_id: str
    since: datetime | None
    queues: dict[str, int]
    answered: int


class Figures(BaseModel):
    """All figures."""

    queues: list[QueueFigures]
    lines: list[LineFigures]
    agents: list[AgentFigures]


class FiguresMessage(Figures):
    """To supervisors: the queues, lines and agents whose figures have changed."""

    type: Literal["figures.changed"] = "figures.changed"
