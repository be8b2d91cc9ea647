"""Calls counted by local day and by the number that was dialled."""

from __future__ import annotations

from typing import Any

import pytest

from telephony.events import CallArrived, CallEnded, CallEvent, HungUpBy, IvrStep, LineIdentified
from tests.unit.agent_gateway.house import House
from tests.unit.agent_gateway.scenes import at, until

PATH = "/api/numbers/statistics"
HOUR = 3600


def retired(call_id: str, line: str, step: str, seconds: float) -> list[CallEvent]:
    """A call to a number out of service; the scenes begin at 09:00 in the city."""
    return [
        CallArrived(
            at=at(seconds), call_id=call_id, channel="PJSIP/trunk-1", caller="1", dialled=line
        ),
        LineIdentified(at=at(seconds), call_id=call_id, line=line),
        IvrStep(at=at(seconds), call_id=call_id, step=step, detail=line),
        CallEnded(at=at(seconds + 7), call_id=call_id, hung_up_by=HungUpBy.SYSTEM, cause=1),
    ]


async def test_given_calls_on_two_days_when_counted_then_by_local_day_line_and_end(
    house: House,
) -> None:
    house.publish(retired("1.1", "96119", "announcement", 0))
    house.publish(retired("1.2", "96119", "vacant", 14.9 * HOUR))
    house.publish(retired("1.3", "96119", "announcement", 15 * HOUR))
    house.publish(retired("1.4", "12301", "vacant", 1))

    async def rows_of_two_days() -> list[dict[str, Any]]:
        _, reply = await house.ask("GET", f"{PATH}?from=2026-03-02&to=2026-03-03", as_="boss")
        rows: list[dict[str, Any]] = reply["rows"]
        return rows

    async def all_are_over() -> bool:
        found = await rows_of_two_days()
        going_on = any("in_progress" in row["dispositions"] for row in found)
        return sum(row["calls"] for row in found) == 4 and not going_on

    await until(all_are_over, "four calls counted")
    rows = {(row["day"], row["line"]): row["dispositions"] for row in await rows_of_two_days()}
    assert rows == {
        ("2026-03-02", "12301"): {"vacant": 1},
        ("2026-03-02", "96119"): {"announced": 1, "vacant": 1},
        ("2026-03-03", "96119"): {"announced": 1},
    }


@pytest.mark.parametrize(
    "query",
    ["", "from=2026-03-02", "from=2026-03-03&to=2026-03-02", "from=2026-01-01&to=2026-12-31"],
)
async def test_given_days_that_make_no_sense_then_refused(house: House, query: str) -> None:
    assert (await house.ask("GET", f"{PATH}?{query}", as_="boss"))[0] == 422


async def test_given_an_agent_when_asking_then_refused(house: House) -> None:
    query = "from=2026-03-02&to=2026-03-02"
    assert (await house.ask("GET", f"{PATH}?{query}", as_="zhang"))[0] == 403
    assert (await house.ask("GET", f"{PATH}?{query}"))[0] == 401
