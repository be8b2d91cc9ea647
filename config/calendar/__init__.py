"""Working days and days off in China, and opening hours by them."""

from config.calendar.china import FIRST_YEAR, LAST_YEAR
from config.calendar.days import Day, DayKind, WorkCalendar
from config.calendar.hours import OpeningHours
from config.calendar.load import DEFAULT_CALENDAR, load_calendar

__all__ = [
    "DEFAULT_CALENDAR",
    "FIRST_YEAR",
    "LAST_YEAR",
    "Day",
    "DayKind",
    "OpeningHours",
    "WorkCalendar",
    "load_calendar",
]
