"""Service level by local day and dialled number."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from agent_gateway.numbers.answering import LineService, Wait, answer_seconds, service_of
from config.numberplan import load_number_plan
from config.settings import CitySettings
from tests.unit.agent_gateway.house import House
from tests.unit.agent_gateway.scenes import BEGIN, answer, arrival, end, until, whole_call

DAY = date(2026, 3, 2)


def wait(
    disposition: str, *, answered_s: float | None = None, ended_s: float | None = None
) -> Wait:
    def later(seconds: float | None) -> datetime | None:
        return None if seconds is None else BEGIN + timedelta(seconds=seconds)

    return "12328", disposition, BEGIN, later(answered_s), later(ended_s)


def test_given_calls_that_ended_in_every_way_then_each_is_counted_where_it_belongs() -> None:
    row = LineService(day=DAY, line="12328", name="", target_seconds=10)
    waits = [
        wait("answered", answered_s=4, ended_s=60),
        wait("answered", answered_s=10, ended_s=60),
        wait("in_progress", answered_s=11),
        wait("in_progress"),
        wait("abandoned_in_queue", ended_s=5),
        wait("abandoned_ringing", ended_s=6),
        wait("callback_requested", ended_s=40),
        wait("no_answer", ended_s=90),
    ]
    service_of(row, waits, 5)
    assert row.model_dump(exclude={"day", "line", "name", "target_seconds"}) == {
        "offered": 8,
        "answered": 3,
        "answered_in_time": 2,
        "abandoned": 2,
        "abandoned_short": 1,
        "in_progress": 1,
        "service_level": round(2 / 6, 4),
        "connect_rate": 0.5,
        "mean_wait_seconds": round(25 / 3, 1),
    }


def test_given_nothing_to_count_then_no_rate() -> None:
    row = LineService(day=DAY, line="12328", name="", target_seconds=10)
    service_of(row, [wait("abandoned_in_queue", ended_s=1)], 5)
    assert (row.service_level, row.connect_rate, row.mean_wait_seconds) == (None, None, None)


def test_given_the_plan_then_the_target_is_that_of_the_line_which_serves() -> None:
    target = answer_seconds(load_number_plan(None, CitySettings()), 15)
    assert [target(line, DAY) for line in ("12328", "12345", "99999")] == [10, 15, 15]


async def test_given_calls_then_supervisors_see_the_figures_of_the_local_day(
    house: House,
) -> None:
    house.context.answer_seconds = lambda line, _day: 3 if line == "12328" else 15
    house.publish(whole_call("1.1"))
    slow = [*arrival("1.2"), *answer("1.2", seconds=8.5), end("1.2")]
    house.publish(slow)
    house.publish([*arrival("1.3"), end("1.3", seconds=20)])

    async def rows() -> list[dict[str, Any]]:
        path = "/api/statistics/lines?from=2026-03-01&to=2026-03-02"
        status, reply = await house.ask("GET", path, as_="boss")
        assert status == 200, reply
        found: list[dict[str, Any]] = reply["rows"]
        return found

    async def complete() -> bool:
        found = await rows()
        return bool(sum(one["offered"] - one["in_progress"] for one in found) == 3)

    await until(complete, "three calls counted")
    (row,) = await rows()
    assert (row["day"], row["line"], row["target_seconds"]) == ("2026-03-02", "12328", 3)
    assert (row["offered"], row["answered"], row["answered_in_time"]) == (3, 2, 0)
    assert (row["abandoned"], row["abandoned_short"]) == (1, 0)
    assert row["service_level"] == 0.0
    assert (
        await house.ask("GET", "/api/statistics/lines?from=2026-03-01&to=2026-03-02", as_="zhang")
    )[0] == 403
