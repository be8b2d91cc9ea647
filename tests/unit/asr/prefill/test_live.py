"""What the page is told of the guesses while the caller speaks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from asr.prefill import Prefiller
from asr.prefill.live import LivePrefill
from telephony.events import CallArrived, EventBus, PrefillChanged, Speaker, TranscriptFinal

NOW = datetime(2026, 7, 15, 2, tzinfo=UTC)
LIGHT, FIRE = "人民路 的 路灯坏了 晚上 非常危险", "快来人啊楼下着火了有人被困在里面"


class Page:
    """A call whose turns go to the pre-fill, and what a page is told."""

    def __init__(self, bus: EventBus) -> None:
        self._bus = bus
        self._turns = dict.fromkeys(Speaker, 0)
        self.told: list[dict[str, Any]] = []

    async def follow(self) -> None:
        with self._bus.subscribe("page") as events:
            async for event in events:
                if isinstance(event, PrefillChanged):
                    self.told.append(event.fields)

    def says(self, text: str, speaker: Speaker = Speaker.CALLER) -> None:
        turn, self._turns[speaker] = self._turns[speaker], self._turns[speaker] + 1
        self._bus.publish(
            TranscriptFinal(
                at=NOW,
                call_id="1.1",
                speaker=speaker,
                turn=turn,
                text=text,
                start_ms=0,
                end_ms=900,
                started_at=NOW,
            )
        )

    async def news(self) -> dict[str, Any]:
        """The next thing that it is told."""
        async with asyncio.timeout(10):
            while not self.told:
                await asyncio.sleep(0.01)
        return self.told.pop(0)


@pytest.fixture(scope="module")
def prefiller() -> Prefiller:
    return Prefiller()


@pytest.fixture
async def page(prefiller: Prefiller) -> AsyncIterator[Page]:
    bus = EventBus()
    page = Page(bus)
    live = LivePrefill(bus, prefiller, ZoneInfo("Asia/Shanghai"))
    tasks = [asyncio.create_task(live.run()), asyncio.create_task(page.follow())]
    await asyncio.sleep(0)
    bus.publish(
        CallArrived(at=NOW, call_id="1.1", channel="c", caller="13900000001", dialled="12345")
    )
    yield page
    bus.close()
    await asyncio.gather(*tasks)


async def test_given_a_matter_when_told_then_each_value_points_into_the_turn_it_came_from(
    page: Page,
) -> None:
    page.says("您好请讲", Speaker.AGENT)
    page.says(LIGHT)
    fields = await page.news()
    assert fields["category"]["value"] == "urban.street_light"
    [spot, *_] = fields["category"]["evidence"]
    # the second turn of the talk, but the caller's first
    assert (spot["speaker"], spot["turn"]) == ("caller", 0)
    assert spot["words"] == LIGHT[spot["start"] : spot["end"]]
    assert "路灯" in spot["words"]
    # what is so of every call belongs to the form as well
    assert fields["accepted"]["value"] is True
    assert fields["urgency"]["value"] == "normal"
    assert not any("previous" in one for one in fields.values())


async def test_given_greetings_only_when_nothing_was_asked_for_then_nothing_is_told(
    page: Page,
) -> None:
    page.says("您好请讲", Speaker.AGENT)
    page.says("喂 你好")
    page.says(LIGHT)
    first = await page.news()
    assert first["category"]["value"] == "urban.street_light"


async def test_given_another_matter_when_the_caller_goes_on_then_the_value_before_is_named(
    page: Page,
) -> None:
    page.says(LIGHT)
    await page.news()
    page.says(FIRE)
    fields = await page.news()
    assert fields["category"]["value"] == "safety.fire"
    assert fields["category"]["previous"] == "urban.street_light"
    assert fields["urgency"]["previous"] == "normal"


async def test_given_the_same_value_with_better_ground_when_told_then_no_change_is_claimed(
    page: Page,
) -> None:
    page.says("那个路灯")
    before = (await page.news())["category"]
    page.says(LIGHT)
    after = (await page.news())["category"]
    assert after["value"] == before["value"] == "urban.street_light"
    assert len(after["evidence"]) > len(before["evidence"])
    assert "previous" not in after
