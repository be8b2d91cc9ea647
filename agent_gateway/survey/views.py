"""The survey's answers as JSON."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Self

from pydantic import BaseModel

from agent_gateway.store import Survey, SurveyFigures


class SurveyView(BaseModel):
    """One answer. ``score``: 1 to 5, 5 the best."""

    call_id: str
    at: datetime
    line: str
    agent: str
    score: int
    solved: bool | None

    @classmethod
    def of(cls, row: Survey) -> Self:
        """From its row."""
        return cls(**{name: getattr(row, name) for name in cls.model_fields})


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


class SurveyPage(BaseModel):
    """Some answers, newest first, how many there are in all, and the averages of all of them."""

    total: int
    answers: list[SurveyView]
    averages: list[SurveyAverage]


class SurveySent(BaseModel):
    """The caller goes on to the survey."""

    call_id: str
