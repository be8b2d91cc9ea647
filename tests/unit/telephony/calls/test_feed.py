"""From a manager interface to the bus and the book."""

from __future__ import annotations

import asyncio

from telephony.ami import AmiMessage
from telephony.calls import CallFeed
from telephony.events import (
    CallArrived,
    CallEnded,
    Event,
    EventBus,
    HungUpBy,
    LinkState,
    LinkStateChanged,
)
from tests.unit.telephony.ami.fake_asterisk import FakeAsterisk, fake_asterisk, frame

CHANNEL = {
    "Channel": "PJSIP/trunk-01",
    "ChannelState": "4",
    "CallerIDNum": "5550100",
    "Exten": "12345",
    "Uniqueid": "1.1",
    "Linkedid": "1.1",
}


def listed() -> str:
    return frame({"Event": "CoreShowChannel", "ActionID": "@ID@", **CHANNEL})


async def collect(server: FakeAsterisk, bus: EventBus, stop_at: type[Event]) -> list[Event]:
    """Events until the first of a kind."""
    got: list[Event] = []
    with bus.subscribe("test") as subscription:
        feed = CallFeed(bus, host="127.0.0.1", port=server.port, user="u", password="p")
        await feed.start()
        try:
            async with asyncio.timeout(10):
                async for event in subscription:
                    got.append(event)
                    if isinstance(event, stop_at):
                        break
        finally:
            await feed.stop()
    return got


async def test_given_a_call_in_progress_when_the_link_comes_up_then_it_is_told_before_up() -> None:
    async with fake_asterisk() as server:
        server.channels = [listed()]
        events = await collect(server, EventBus(), LinkStateChanged)
    assert [type(e) for e in events] == [CallArrived, LinkStateChanged]
    assert isinstance(events[1], LinkStateChanged)
    assert events[1].state is LinkState.UP


async def test_given_an_end_that_was_not_heard_when_the_channels_are_asked_anew_then_it_ends() -> (
    None
):
    async with fake_asterisk() as server:
        server.channels = [listed()]
        bus = EventBus()
        with bus.subscribe("test") as subscription:
            feed = CallFeed(
                bus,
                host="127.0.0.1",
                port=server.port,
                user="u",
                password="p",
                resync_interval_s=0.05,
            )
            await feed.start()
            try:
                async with asyncio.timeout(10):
                    async for event in subscription:
                        if isinstance(event, LinkStateChanged):
                            server.channels = []
                        if isinstance(event, CallEnded):
                            break
            finally:
                await feed.stop()
        assert dict(feed.book.calls) == {}
        assert [t for t in asyncio.all_tasks() if t.get_name().startswith("ami-")] == []


async def test_given_a_lost_link_when_it_is_back_then_calls_that_ended_meanwhile_are_ended() -> (
    None
):
    async with fake_asterisk() as server:
        server.channels = [listed()]
        bus = EventBus()
        got: list[Event] = []
        raw: list[str] = []

        async def on_raw(message: AmiMessage, _: object) -> None:
            raw.append(message.event)

        with bus.subscribe("test") as subscription:
            feed = CallFeed(
                bus, host="127.0.0.1", port=server.port, user="u", password="p", on_raw=on_raw
            )
            await feed.start()
            try:
                async with asyncio.timeout(10):
                    async for event in subscription:
                        got.append(event)
                        states = [e.state for e in got if isinstance(e, LinkStateChanged)]
                        if states == [LinkState.UP] and server.channels:
                            assert list(feed.book.calls) == ["1.1"]
                            server.channels = []
                            server.drop()
                        if states == [LinkState.UP, LinkState.DOWN, LinkState.UP]:
                            break
                assert dict(feed.book.calls) == {}
            finally:
                await feed.stop()
    kinds = [type(e) for e in got]
    assert kinds == [CallArrived, LinkStateChanged, LinkStateChanged, CallEnded, LinkStateChanged]
    assert isinstance(got[3], CallEnded)
    assert got[3].hung_up_by is HungUpBy.UNKNOWN
    assert "FullyBooted" in raw
