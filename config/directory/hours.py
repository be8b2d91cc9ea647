"""When an entry of the directory can be reached."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time
from enum import StrEnum
from typing import Self

from pydantic import BaseModel, ConfigDict, model_validator

SATURDAY = 5
IsWorkday = Callable[[date], bool]


class Days(StrEnum):
    """Kinds of days."""

    WORKDAYS = "workdays"
    REST_DAYS = "rest_days"
    EVERY_DAY = "every_day"


def plain_weekday(day: date) -> bool:
    """Monday to Friday; for a place whose holidays nobody knows."""
    return day.weekday() < SATURDAY


class Hours(BaseModel):
    """A span of opening hours, local time; ``ends`` is not in it, 00:00 there is the day's end."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    days: Days = Days.WORKDAYS
    begins: time
    ends: time

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.begins.tzinfo or self.ends.tzinfo:
            raise ValueError("hours are local times without a zone, e.g. 08:30")
        if self.ends != time(0) and self.ends <= self.begins:
            raise ValueError(
                "ends must be after begins; a night is two spans, e.g. 18:00-00:00 and 00:00-08:00"
            )
        return self

    def covers(self, moment: datetime, is_workday: IsWorkday) -> bool:
        """Whether a local moment is within the span."""
        if self.days is not Days.EVERY_DAY:
            wanted = self.days is Days.WORKDAYS
            if is_workday(moment.date()) is not wanted:
                return False
        now = moment.time()
        return self.begins <= now and (self.ends == time(0) or now < self.ends)
