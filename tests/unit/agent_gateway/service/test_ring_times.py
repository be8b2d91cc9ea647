"""The hours of an office as the dialplan counts them: seconds of the week and of changed days."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

import pytest

from agent_gateway.service.asterisk_config import changed_days, dialplan_lines
from config.calendar import OpeningHours, WorkCalendar
from config.numberplan import NumberPlan
from config.settings import CitySettings, Settings

SAID = {"zh": "停用", "en": "closed"}
WEEK_S, DAY_S = 604_800, 86_400
THURSDAY_S = 259_200  # of the week; the first day of Unix time
HOURS = {
    "working_days": ["08:30-12:00", "14:30-18:00"],
    "weekends": ["10:00-11:00"],
    "holidays": ["09:00-09:30"],
    "friday": ["08:30-12:00"],
}


def open_by(condition: str, unix: int, offset_s: int, days: dict[int, str]) -> bool:
    """What Asterisk makes of the expression."""
    week = (unix + offset_s + THURSDAY_S) % WEEK_S
    second = week % DAY_S
    values = {
        "HL_WEEK": str(week),
        "HL_SECOND": str(second),
        "HL_KIND": days.get((unix + offset_s - second) // DAY_S, ""),
    }
    sum_ = re.sub(r"\$\{(\w+)\}", lambda name: values[name[1]], condition)
    sum_ = sum_.replace(" = ", " == ").replace("&", "and").replace("|", "or")
    return bool(eval(sum_))


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "Asia/Kathmandu", "Etc/GMT+12"])
@pytest.mark.parametrize("first", [date(2026, 2, 14), date(2026, 10, 1), date(2026, 11, 23)])
def test_given_any_moment_then_the_dialplans_sum_says_what_clock_and_calendar_say(
    zone: str, first: date
) -> None:
    settings, calendar = Settings(city=CitySettings(timezone=zone)), WorkCalendar()
    plan = NumberPlan.model_validate(
        {
            "version": 1,
            "lines": {
                "12345": {"number": "12345", "name": SAID, "mode": "main", "greeting": SAID},
                "09311000001": {
                    "number": "09311000001",
                    "name": SAID,
                    "mode": "office",
                    "rings": "09310000021",
                    "ring_times": HOURS,
                },
            },
        }
    )
    hours = dialplan_lines(settings, plan)[1].stages[0].hours
    assert hours is not None
    days = dict(changed_days(calendar, first - timedelta(days=1)))
    office = OpeningHours.model_validate(HOURS)
    begin, seen = datetime(first.year, first.month, first.day, tzinfo=UTC), set()
    for minutes in range(0, 15 * 24 * 60, 15):
        moment = begin + timedelta(minutes=minutes)
        expected = office.open_at(moment.astimezone(settings.city.zone), calendar)
        unix = int(moment.timestamp())
        assert open_by(hours.condition, unix, hours.utc_offset_s, days) is expected, moment
        seen.add(expected)
    assert seen == {True, False}


def test_given_a_holiday_and_a_worked_weekend_then_they_are_changed_days() -> None:
    days = dict(changed_days(WorkCalendar(), date(2026, 10, 1)))
    epoch = date(1970, 1, 1)
    assert days[(date(2026, 10, 1) - epoch).days] == "holiday"
    assert days[(date(2026, 10, 10) - epoch).days] == "working"
    assert (date(2026, 10, 12) - epoch).days not in days
