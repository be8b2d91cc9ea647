"""Working days and days off in China, and opening hours by them."""

from config.calendar.china import FIRST_YEAR, LAST_YEAR
from config.calendar.clock import CityClock
from config.calendar.days import Day, DayKind, WorkCalendar
from config.calendar.hours import ALL_DAY, OpeningHours, Spans
from config.calendar.load import DEFAULT_CALENDAR, load_calendar

__all__ = [
    "ALL_DAY",
    "DEFAULT_CALENDAR",
    "FIRST_YEAR",
    "LAST_YEAR",
    "CityClock",
    "Day",
    "DayKind",
    "OpeningHours",
    "Spans",
    "WorkCalendar",
    "load_calendar",
]
