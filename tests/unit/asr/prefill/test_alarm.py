"""Words of danger are told while they are said."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from asr.prefill import Prefiller
from asr.prefill.alarm import LiveAlarm
from telephony.events import (
    CallArrived,
    EmergencyHeard,
    Event,
    EventBus,
    Speaker,
    TranscriptFinal,
    TranscriptPartial,
)

NOW = datetime(2026, 7, 15, 2, tzinfo=UTC)


class Ears:
    """A call whose words go to the alarm one by one."""

    def __init__(self, bus: EventBus) -> None:
        self._bus = bus
        self.alarms: list[EmergencyHeard] = []

    async def follow(self) -> None:
        with self._bus.subscribe("ears") as events:
            async for event in events:
                if isinstance(event, EmergencyHeard):
                    self.alarms.append(event)

    def partial(self, text: str, turn: int = 0, speaker: Speaker = Speaker.CALLER) -> None:
        self._say(TranscriptPartial, text, turn, speaker)

    def final(self, text: str, turn: int = 0, speaker: Speaker = Speaker.CALLER) -> None:
        self._say(TranscriptFinal, text, turn, speaker, started_at=NOW)

    def _say(
        self, kind: type[Event], text: str, turn: int, speaker: Speaker, **more: object
    ) -> None:
        values = {"call_id": "1.1", "speaker": speaker, "turn": turn, "text": text, **more}
        self._bus.publish(kind(at=NOW, start_ms=0, end_ms=900, **values))  # type: ignore[call-arg]

    async def told(self, count: int) -> list[EmergencyHeard]:
        """The alarms, once there are so many."""
        async with asyncio.timeout(10):
            while len(self.alarms) < count:
                await asyncio.sleep(0.01)
        return self.alarms


@pytest.fixture(scope="module")
def prefiller() -> Prefiller:
    return Prefiller()


@pytest.fixture
async def ears(prefiller: Prefiller) -> AsyncIterator[Ears]:
    bus = EventBus()
    ears = Ears(bus)
    tasks = [
        asyncio.create_task(LiveAlarm(bus, prefiller).run()),
        asyncio.create_task(ears.follow()),
    ]
    await asyncio.sleep(0)
    bus.publish(
        CallArrived(at=NOW, call_id="1.1", channel="c", caller="13800001111", dialled="12345")
    )
    yield ears
    bus.close()
    await asyncio.gather(*tasks)


async def test_given_a_danger_in_two_partials_when_the_sentence_goes_on_then_it_is_told(
    ears: Ears,
) -> None:
    ears.partial("喂我家")
    ears.partial("喂我家着火了")
    ears.partial("喂我家着火了你们快")
    [alarm] = await ears.told(1)
    assert (alarm.call_id, alarm.line, alarm.turn) == ("1.1", "119", 0)
    assert "着火" in alarm.words
    ears.final("喂我家着火了你们快来")
    ears.final("有人晕倒了没有呼吸", turn=1)
    alarms = await ears.told(2)
    assert [one.line for one in alarms] == ["119", "120"]


async def test_given_a_danger_with_more_words_after_it_when_in_one_partial_then_it_is_told(
    ears: Ears,
) -> None:
    ears.partial("喂我家着火了")
    ears.partial("有人晕倒了没有呼吸你们快来", turn=1)
    [alarm] = await ears.told(1)
    # the first was seen once, with nothing after it
    assert (alarm.line, alarm.turn) == ("120", 1)


async def test_given_a_danger_in_a_final_only_when_heard_then_it_is_told(ears: Ears) -> None:
    ears.final("我闻到煤气味很大厨房漏气了")
    [alarm] = await ears.told(1)
    assert alarm.line == "119"


async def test_given_what_turns_out_harmless_when_the_sentence_ends_then_nothing_is_told(
    ears: Ears,
) -> None:
    ears.partial("去年我家着火了")
    ears.final("去年我家着火了消防的人很好我想表扬", turn=0)
    ears.final("我给您转接幺幺九", turn=0, speaker=Speaker.AGENT)
    ears.partial("楼道里堆的东西多就怕着火了", turn=1)
    ears.final("楼道里堆的东西多就怕着火了", turn=1)
    ears.final("有人晕倒了没有呼吸", turn=2)
    [alarm] = await ears.told(1)
    assert alarm.line == "120"


async def test_given_a_swindle_in_two_sentences_when_the_money_is_named_then_it_is_told(
    ears: Ears,
) -> None:
    ears.final("刚才有个自称公安局的打电话说我涉嫌洗钱")
    ears.final("我刚刚给他转了六万块钱", turn=1)
    [alarm] = await ears.told(1)
    assert (alarm.line, alarm.urgent_only) == ("110", True)
