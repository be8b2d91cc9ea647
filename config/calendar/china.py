"""The State Council's holidays and shifted working days (调休), as a public library knows them."""

from __future__ import annotations

from datetime import date

from chinese_calendar.constants import Holiday, holidays, workdays

_HOLIDAYS: dict[date, str] = dict(holidays)
_WORKDAYS: dict[date, str] = dict(workdays)

FIRST_YEAR = min(_HOLIDAYS).year
LAST_YEAR = max(_HOLIDAYS).year


def holiday_on(day: date) -> str | None:
    """The Chinese name of the holiday that makes this a day off; None: it is an ordinary day."""
    return _chinese(_HOLIDAYS.get(day))


def worked_for(day: date) -> str | None:
    """The holiday for which people work on this day of a weekend; None: they don't."""
    return _chinese(_WORKDAYS.get(day))


def _chinese(name: str | None) -> str | None:
    return None if name is None else str(Holiday(name).chinese)
