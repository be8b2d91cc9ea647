"""What kind of day a date is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum

from config.calendar.china import FIRST_YEAR, LAST_YEAR, holiday_on, worked_for


class DayKind(StrEnum):
    """Working day (工作日), weekend (双休日) or holiday (节假日)."""

    WORKING = "working"
    WEEKEND = "weekend"
    HOLIDAY = "holiday"


@dataclass(frozen=True, slots=True)
class Day:
    """A date and what is known of it.

    Attributes:
        kind: of day.
        name: why it is not what its weekday says, in Chinese; "" when it is.
        ordinary: whether its weekday alone decides.
        sure: False: nobody knows this year's holidays yet; its weekday was taken.
    """

    kind: DayKind
    name: str = ""
    ordinary: bool = True
    sure: bool = True


@dataclass(frozen=True, slots=True)
class WorkCalendar:
    """Every date's kind.

    Attributes:
        overrides: what the deployment's file says; it wins.
    """

    overrides: Mapping[date, Day] = field(default_factory=dict)

    def day(self, date_: date) -> Day:
        """What kind of day it is. In years that nobody knows yet, Monday to Friday are worked."""
        if (known := self.overrides.get(date_)) is not None:
            return known
        sure = self.knows(date_.year)
        if sure:
            if (name := holiday_on(date_)) is not None:
                return Day(DayKind.HOLIDAY, name, ordinary=False)
            if (name := worked_for(date_)) is not None:
                return Day(DayKind.WORKING, f"{name}调休上班", ordinary=False)
        return Day(DayKind.WORKING if date_.weekday() < 5 else DayKind.WEEKEND, sure=sure)

    def extraordinary(self, since: date) -> Iterator[tuple[date, DayKind]]:
        """The days from then on that are not what their weekday says, as far as they are known."""
        last = max([date(LAST_YEAR, 12, 31), *self.overrides])
        day = since
        while day <= last:
            if not (known := self.day(day)).ordinary:
                yield day, known.kind
            day += timedelta(days=1)

    def knows(self, year: int) -> bool:
        """Whether the year's holidays are known, by the library or by the deployment's file."""
        if FIRST_YEAR <= year <= LAST_YEAR:
            return True
        return any(
            day.year == year and one.kind is DayKind.HOLIDAY for day, one in self.overrides.items()
        )
