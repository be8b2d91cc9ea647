import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from agent_gateway.doctor import Status, machine
from agent_gateway.doctor.machine import check_clock, check_time_zone, uptime_of
from config.settings import Settings


class PastClock(datetime):
    @classmethod
    def now(cls, tz: object = None) -> "PastClock":
        return cls(2000, 1, 1, tzinfo=UTC)


def test_given_a_clock_in_the_past_when_checked_then_it_fails(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(machine, "datetime", PastClock)
    (finding,) = check_clock(Settings())
    assert finding.status is Status.FAIL
    assert "2000-01-01" in finding.message


@pytest.mark.parametrize(
    ("kernel_says", "status"), [(True, Status.OK), (False, Status.WARN), (None, Status.OK)]
)
def test_given_what_the_kernel_says_when_checked_then_it_is_judged(
    monkeypatch: pytest.MonkeyPatch, kernel_says: bool | None, status: Status
) -> None:
    monkeypatch.setattr(machine, "synchronised", lambda: kernel_says)
    (finding,) = check_clock(Settings())
    assert finding.status is status


def test_given_this_kernel_when_asked_then_it_answers_or_says_nothing() -> None:
    assert machine.synchronised() in (True, False, None)


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    yield monkeypatch
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize(("zone", "status"), [("Asia/Shanghai", Status.OK), ("UTC", Status.WARN)])
def test_given_the_computers_zone_when_checked_then_a_difference_is_told(
    here: pytest.MonkeyPatch, zone: str, status: Status
) -> None:
    here.setenv("TZ", zone)
    time.tzset()
    (finding,) = check_time_zone(Settings())
    assert finding.status is status
    assert "Asia/Shanghai" in finding.message


def test_given_this_process_when_asked_for_its_age_then_it_is_plausible() -> None:
    age = uptime_of(os.getpid())
    assert age is not None
    assert timedelta(0) <= timedelta(seconds=age) < timedelta(hours=5)
    assert uptime_of(2**30) is None
