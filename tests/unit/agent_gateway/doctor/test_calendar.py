from __future__ import annotations

from datetime import datetime, tzinfo
from pathlib import Path

import pytest

from agent_gateway.doctor import Status, storage
from config.calendar import LAST_YEAR
from config.settings import Settings


@pytest.mark.parametrize(
    ("year", "month", "status"),
    [(LAST_YEAR, 11, Status.OK), (LAST_YEAR, 12, Status.WARN), (LAST_YEAR + 1, 1, Status.WARN)],
)
def test_given_a_date_when_checked_then_unknown_holidays_are_warned_of(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, year: int, month: int, status: Status
) -> None:
    class Clock(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Clock:
            return cls(year, month, 15, tzinfo=tz)

    monkeypatch.setattr(storage, "datetime", Clock)
    (finding,) = storage.check_calendar(Settings(data_dir=tmp_path))
    assert finding.status is status
    assert (str(LAST_YEAR + 1) in finding.message) is (status is Status.WARN)


def test_given_a_wrong_calendar_when_checked_then_the_key_is_named(tmp_path: Path) -> None:
    file = tmp_path / "calendar.toml"
    file.write_text('version = 1\n[days]\n2026-10-01 = { kind = "x", name = "y" }\n')
    (finding,) = storage.check_calendar(Settings(data_dir=tmp_path, calendar=file))
    assert finding.status is Status.FAIL
    assert "2026-10-01" in finding.message
