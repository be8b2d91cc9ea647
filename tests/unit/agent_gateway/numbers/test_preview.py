"""What callers of a number would hear, asked for over REST: any time is answered or refused."""

from __future__ import annotations

from types import SimpleNamespace
from urllib.parse import quote

import pytest

from agent_gateway.configuration.loaded import load_files
from tests.unit.agent_gateway.house import House


@pytest.fixture
def desk(house: House) -> House:
    current = load_files(house.context.settings)
    house.context.reloader = SimpleNamespace(current=current)  # type: ignore[assignment]
    return house


@pytest.mark.parametrize(
    ("at", "status"),
    [
        ("2026-12-01T08:30", 200),
        ("2026-12-01", 200),
        ("2026-12-01T08:30:00+08:00", 200),
        ("2026-12-01T08:30:00-1145", 200),
        ("2999-12-31T23:59:59-23:59", 200),
        ("2026-12-01T08:30:00+08:00:30", 422),
        ("2026-12-01T08:30:00-00:00:01", 422),
        ("2026-12-01T08:30:00+24:00", 422),
        ("2026-12-01T08:30:00+08:00:30.5", 422),
        ("0001-01-01T00:00:00+10:00", 404),
        ("9999-12-31T23:00:00-10:00", 404),
        ("1900-01-01T00:00:00", 404),
        ("0", 404),
        ("tomorrow", 422),
    ],
)
async def test_given_a_time_in_any_form_when_asked_then_an_answer_or_a_plain_refusal(
    desk: House, at: str, status: int
) -> None:
    for path in ("preview", "preview/audio"):
        address = f"/api/numbers/12345/{path}?at={quote(at)}"
        got, reply = await desk.ask("GET", address, as_="boss")
        if status == 200:
            # the prompts are not made here
            assert got in (200, 409)
        else:
            assert got == status
            assert reply["error"]["message"]
