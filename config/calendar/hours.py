"""Opening hours by the kind of day."""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict

from config.calendar.days import DayKind, WorkCalendar
from config.faults import fault

_SPAN = re.compile(r"([01][0-9]|2[0-4]):([0-5][0-9])-([01][0-9]|2[0-4]):([0-5][0-9])")
_DAY_MINUTES = 24 * 60


def _minutes(span: str) -> tuple[int, int]:
    match = _SPAN.fullmatch(span)
    if match is None:
        raise fault(
            f"“{span}”应为时段，如 09:00-17:30",
            f"{span!r} must be a span of time such as 09:00-17:30",
        )
    hours = [int(part) for part in match.groups()]
    begins, ends = hours[0] * 60 + hours[1], hours[2] * 60 + hours[3]
    if not begins < ends <= _DAY_MINUTES:
        raise fault(
            f"{span} 应晚于开始时间结束，最晚 24:00",
            f"{span} must end after it begins, at 24:00 at the latest",
        )
    return begins, ends


def _in_order(spans: tuple[str, ...]) -> tuple[str, ...]:
    times = sorted(_minutes(span) for span in spans)
    for (_, ends), (begins, _) in itertools.pairwise(times):
        if begins < ends:
            raise fault("时段不能重叠", "spans of time must not overlap")
    return spans


Spans = Annotated[tuple[str, ...], AfterValidator(_in_order)]
ALL_DAY = ("00:00-24:00",)


class OpeningHours(BaseModel):
    """Spans of the city's time such as ``09:00-12:00``; an empty list: closed all day.

    Attributes:
        working_days: on working days, shifted ones included.
        weekends: on Saturdays and Sundays that are neither worked nor part of a holiday.
        holidays: on holidays, whatever their weekday.
        monday: … to ``sunday``: on that weekday instead, unless the calendar makes it a holiday or
            a shifted working day.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    working_days: Spans = ()
    weekends: Spans = ()
    holidays: Spans = ()
    monday: Spans | None = None
    tuesday: Spans | None = None
    wednesday: Spans | None = None
    thursday: Spans | None = None
    friday: Spans | None = None
    saturday: Spans | None = None
    sunday: Spans | None = None

    def spans(self, local: datetime, calendar: WorkCalendar) -> tuple[str, ...]:
        """The hours of a day by the city's clock."""
        day = calendar.day(local.date())
        own = self._weekdays[local.weekday()]
        return own if own is not None and day.ordinary else self._by_kind[day.kind]

    def ordinary(self, weekday: int) -> tuple[tuple[int, int], ...]:
        """Begin and end, in minutes, on a weekday (0: Monday) that is nothing but that."""
        by_kind = self.working_days if weekday < 5 else self.weekends
        own = self._weekdays[weekday]
        return tuple(_minutes(span) for span in (by_kind if own is None else own))

    def on(self, kind: DayKind) -> tuple[tuple[int, int], ...]:
        """Begin and end, in minutes, on a day that the calendar makes one of this kind."""
        return tuple(_minutes(span) for span in self._by_kind[kind])

    @property
    def _weekdays(self) -> tuple[Spans | None, ...]:
        return (
            self.monday,
            self.tuesday,
            self.wednesday,
            self.thursday,
            self.friday,
            self.saturday,
            self.sunday,
        )

    @property
    def _by_kind(self) -> Mapping[DayKind, Spans]:
        return {
            DayKind.WORKING: self.working_days,
            DayKind.WEEKEND: self.weekends,
            DayKind.HOLIDAY: self.holidays,
        }

    def open_time(self, since: datetime, until: datetime, calendar: WorkCalendar) -> timedelta:
        """How long it was open between two moments of the city's clock."""
        total = timedelta()
        midnight = since.replace(hour=0, minute=0, second=0, microsecond=0)
        while midnight < until:
            for begins, ends in (_minutes(span) for span in self.spans(midnight, calendar)):
                opens = max(since, midnight + timedelta(minutes=begins))
                total += max(timedelta(), min(until, midnight + timedelta(minutes=ends)) - opens)
            midnight += timedelta(days=1)
        return total

    def open_at(self, local: datetime, calendar: WorkCalendar) -> bool:
        """Whether it is open at a moment of the city's clock; a span's last minute is outside."""
        minute = local.hour * 60 + local.minute
        return any(
            begins <= minute < ends
            for begins, ends in (_minutes(span) for span in self.spans(local, calendar))
        )
