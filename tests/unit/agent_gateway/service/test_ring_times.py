"""The hours of an office as the dialplan counts them: seconds of the week."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest

from agent_gateway.service.asterisk_config import dialplan_lines
from config.numberplan import NumberPlan
from config.settings import CitySettings, Settings

SAID = {"zh": "停用", "en": "closed"}
WEEK_S = 604_800
THURSDAY_S = 259_200  # of the week; the first day of Unix time


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "Asia/Kathmandu", "Etc/GMT+12"])
def test_given_any_moment_of_a_week_then_the_dialplans_sum_says_what_the_clock_says(
    zone: str,
) -> None:
    settings = Settings(city=CitySettings(timezone=zone))
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
                    "ring_times": [
                        {"days": [1, 5], "from": time(8, 30), "to": time(12)},
                        {"days": [7], "from": time(0), "to": time(23, 59)},
                    ],
                },
            },
        }
    )
    stage = dialplan_lines(settings, plan)[1].stages[0]
    begin = datetime(2026, 11, 23, tzinfo=UTC)
    for minutes in range(0, 7 * 24 * 60, 7):
        moment = begin + timedelta(minutes=minutes)
        local = moment.astimezone(settings.city.zone)
        second = (int(moment.timestamp()) + stage.utc_offset_s + THURSDAY_S) % WEEK_S
        counted = any(opens <= second < closes for opens, closes in stage.windows)
        clock = (local.isoweekday() in (1, 5) and time(8, 30) <= local.time() < time(12)) or (
            local.isoweekday() == 7 and local.time() < time(23, 59)
        )
        assert counted is clock, local
