"""The survey's answers as JSON."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Literal, Self

from pydantic import BaseModel

from agent_gateway.store import Survey, SurveyCall, SurveyCallFigures, SurveyFigures


class SurveyView(BaseModel):
    """One answer. ``score``: 1 to 5, 5 the best.

    ``call_id``: the call that was rated; ``answered_in``: the survey call, "" with ``same_call``.
    """

    call_id: str
    way: Literal["same_call", "call_back"]
    answered_in: str
    ticket: str
    at: datetime
    line: str
    agent: str
    score: int
    solved: bool | None

    @classmethod
    def of(cls, row: Survey, ticket: str | None) -> Self:
        """From its row, and the number of the call's ticket."""
        names = cls.model_fields.keys() - {"ticket"}
        return cls(**{name: getattr(row, name) for name in names}, ticket=ticket or "")


class SurveyAverage(BaseModel):
    """Of one line and agent."""

    line: str
    agent: str
    answers: int
    average: float
    solved: int
    not_solved: int

    @classmethod
    def of(cls, figures: SurveyFigures) -> Self:
        """From the store's figures."""
        return cls(**asdict(figures))


class CalledBack(BaseModel):
    """How many citizens of a line were called back (抽查回访率), of calls that ended in the time.

    ``closed``: calls that were answered and are over; ``rung``, ``called_back`` (the citizen
    answered) and ``rated`` are of these. ``rate``: ``called_back / closed``, 0 to 1.
    """

    line: str
    closed: int
    rung: int
    called_back: int
    rated: int
    rate: float

    @classmethod
    def of(cls, figures: SurveyCallFigures) -> Self:
        """From the store's figures."""
        return cls(**asdict(figures), rate=round(figures.called_back / figures.closed, 4))


class SurveyPage(BaseModel):
    """Some answers, newest first, how many there are in all, and the averages of all of them.

    ``called_back``: of the lines, whatever ``way`` was asked for.
    """

    total: int
    answers: list[SurveyView]
    averages: list[SurveyAverage]
    called_back: list[CalledBack]


class SurveyCallView(BaseModel):
    """A citizen who is rung, or was, about the call ``about``.

    ``next_at``: the next attempt; None: it goes on (``result`` "") or is over. ``call_id``: the
    latest attempt's.
    """

    about: str
    citizen: str
    line: str
    agent: str
    chosen_at: datetime
    next_at: datetime | None
    attempts: int
    call_id: str
    asked_at: datetime | None
    ended_at: datetime | None
    result: str

    @classmethod
    def of(cls, row: SurveyCall) -> Self:
        """From its row."""
        return cls(**{name: getattr(row, name) for name in cls.model_fields})


class SurveyCallPage(BaseModel):
    """Some of them, newest first, and how many there are in all."""

    total: int
    calls: list[SurveyCallView]


class SurveySent(BaseModel):
    """The caller goes on to the survey."""

    call_id: str
