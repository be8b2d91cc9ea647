"""Which days are worked in China, and whether a line is open."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from config.calendar import LAST_YEAR, DayKind, OpeningHours, WorkCalendar, load_calendar
from config.errors import ConfigError

OFFICE = OpeningHours(working_days=("09:00-12:00", "14:00-17:30"), holidays=("10:00-11:00",))


@pytest.mark.parametrize(
    ("day", "kind", "name"),
    [
        (date(2026, 2, 17), DayKind.HOLIDAY, "春节"),
        (date(2026, 2, 14), DayKind.WORKING, "春节调休上班"),  # a Saturday
        (date(2026, 10, 10), DayKind.WORKING, "国庆节调休上班"),  # a Saturday
        (date(2026, 10, 5), DayKind.HOLIDAY, "国庆节"),  # a Monday
        (date(2026, 11, 23), DayKind.WORKING, ""),
        (date(2026, 11, 22), DayKind.WEEKEND, ""),
        (date(2025, 5, 2), DayKind.HOLIDAY, "劳动节"),
    ],
)
def test_given_a_date_then_the_kind_of_day_that_was_published(
    day: date, kind: DayKind, name: str
) -> None:
    found = WorkCalendar().day(day)
    assert (found.kind, found.name, found.sure) == (kind, name, True)


def test_given_a_year_nobody_knows_then_monday_to_friday_and_not_sure() -> None:
    year = LAST_YEAR + 1
    calendar = WorkCalendar()
    assert not calendar.knows(year)
    new_year = calendar.day(date(year, 10, 1))
    assert not new_year.sure
    assert new_year.kind is (
        DayKind.WORKING if date(year, 10, 1).weekday() < 5 else DayKind.WEEKEND
    )


def test_given_an_own_day_then_it_wins_and_makes_its_year_known(tmp_path: Path) -> None:
    file = tmp_path / "calendar.toml"
    year = LAST_YEAR + 1
    file.write_text(
        f'version = 1\n[days]\n{year}-01-01 = {{ kind = "holiday", name = "元旦" }}\n'
        '2026-10-10 = { kind = "weekend", name = "本市放假" }\n',
        encoding="utf-8",
    )
    calendar = load_calendar(file)
    assert calendar.day(date(2026, 10, 10)).kind is DayKind.WEEKEND
    assert calendar.day(date(year, 1, 1)).name == "元旦"
    assert calendar.knows(year)
    assert calendar.day(date(year, 1, 4)).sure


@pytest.mark.parametrize(
    ("line", "key"),
    [
        ('2026-13-01 = { kind = "holiday", name = "x" }', "days.2026-13-01"),
        ('2026-10-01 = { kind = "feast", name = "x" }', "days.2026-10-01.kind"),
        ('2026-10-01 = { kind = "holiday" }', "days.2026-10-01.name"),
    ],
)
def test_given_a_wrong_file_then_file_and_key_are_named(
    tmp_path: Path, line: str, key: str
) -> None:
    file = tmp_path / "calendar.toml"
    file.write_text(f"version = 1\n[days]\n{line}\n", encoding="utf-8")
    with pytest.raises(ConfigError) as error:
        load_calendar(file)
    assert str(file) in str(error.value)
    assert key in str(error.value)


@pytest.mark.parametrize(
    ("moment", "open_"),
    [
        ("2026-11-23T09:00", True),
        ("2026-11-23T08:59", False),
        ("2026-11-23T12:00", False),
        ("2026-11-23T17:29", True),
        ("2026-11-22T10:00", False),  # Sunday
        ("2026-10-10T10:00", True),  # a Saturday that is worked
        ("2026-10-05T10:30", True),  # a holiday
        ("2026-10-05T14:30", False),
    ],
)
def test_given_hours_then_open_by_the_kind_of_day(moment: str, open_: bool) -> None:
    assert OFFICE.open_at(datetime.fromisoformat(moment), WorkCalendar()) is open_


def test_given_hours_of_a_weekday_then_they_count_unless_the_calendar_says_otherwise() -> None:
    hours = OpeningHours(working_days=("09:00-17:00",), saturday=("09:00-24:00",), friday=())
    calendar = WorkCalendar()
    assert hours.open_at(datetime(2026, 11, 21, 23, 59, tzinfo=UTC), calendar)
    assert not hours.open_at(datetime(2026, 11, 20, 10, tzinfo=UTC), calendar)
    assert not hours.open_at(datetime(2026, 10, 10, 18, tzinfo=UTC), calendar)  # worked Saturday


@pytest.mark.parametrize("span", ["9:00-12:00", "09:00-25:00", "12:00-09:00", "", "09:00-09:00"])
def test_given_a_wrong_span_then_refused(span: str) -> None:
    with pytest.raises(ValueError, match=r"span|must end"):
        OpeningHours(working_days=(span,))


def test_given_overlapping_spans_then_refused() -> None:
    with pytest.raises(ValueError, match="overlap"):
        OpeningHours(working_days=("09:00-12:00", "11:59-13:00"))


@pytest.mark.parametrize(
    ("since", "until", "hours"),
    [
        ("2026-11-23T08:00", "2026-11-23T10:00", 1),
        ("2026-11-23T10:00", "2026-11-23T11:30", 1.5),
        ("2026-11-20T17:00", "2026-11-23T10:00", 1.5),  # over a weekend
        ("2026-11-22T09:00", "2026-11-22T18:00", 0),
        ("2026-11-23T11:00", "2026-11-23T10:00", 0),
    ],
)
def test_given_two_moments_then_how_long_it_was_open_between_them(
    since: str, until: str, hours: float
) -> None:
    begins, ends = datetime.fromisoformat(since), datetime.fromisoformat(until)
    assert OFFICE.open_time(begins, ends, WorkCalendar()) == timedelta(hours=hours)
