from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from structlog.testing import capture_logs

from asr.attach import AudioAttacher, LiveParty, is_spy, spy_on
from asr.audiosocket import ExpectedStreams, StreamListener
from asr.streams import TranscriptionService
from config.settings import Settings
from telephony.ami import AmiAction, AmiDown, AmiResponse, AmiValueError
from telephony.events import (
    ANNOUNCEMENT_STEP,
    VOICEMAIL_STEP,
    CallAnswered,
    CallArrived,
    CallEnded,
    CallOffered,
    EventBus,
    HungUpBy,
    IvrStep,
    LinkState,
    LinkStateChanged,
    OfferEnded,
    OfferOutcome,
    PartyJoined,
    PartyLeft,
    Speaker,
    TargetStep,
    TransferTarget,
)
from tests.unit.asr.listeners import until
from tests.unit.asr.streams.engines import Scripted

CALLER = "PJSIP/trunk-00000001"
AGENT = "PJSIP/agent-8001-00000002"
OTHER_AGENT = "PJSIP/agent-8002-00000003"
DEPARTMENT = "PJSIP/trunk-00000004"


def now() -> datetime:
    return datetime.now(UTC)


class Asterisk:
    """Answers Originate by connecting the stream, as the real one does."""

    def __init__(self, expected: ExpectedStreams) -> None:
        self.streams: dict[str, list[StreamListener]] = {}
        self.attempts: list[str] = []
        self.failing: list[BaseException | None] = []
        self._expected = expected

    async def action(self, fields: AmiAction, *, timeout_s: float = 10.0) -> AmiResponse:
        given = fields.fields["Variable"]
        assert isinstance(given, list)
        variables = dict(str(item).split("=", 1) for item in given)
        channel = variables["__HL_SPY"]
        self.attempts.append(channel)
        fault = self.failing.pop(0) if self.failing else None
        if isinstance(fault, NotConnecting):
            return AmiResponse([])
        if fault is not None:
            raise fault
        listener = self._expected.claim(UUID(variables["__HL_STREAM"]))
        assert listener is not None
        listener.connected()
        self.streams.setdefault(channel, []).append(listener)
        return AmiResponse([])


class NotConnecting(Exception):  # noqa: N818 - no error of anybody's
    """Asterisk says yes and does not connect."""


class Live:
    """The model of live calls."""

    def __init__(self) -> None:
        self.now: list[LiveParty] = []

    def parties(self) -> Iterable[LiveParty]:
        return list(self.now)


class Desk:
    def __init__(
        self, bus: EventBus, asterisk: Asterisk, live: Live, expected: ExpectedStreams
    ) -> None:
        self.bus, self.asterisk, self.live, self.expected = bus, asterisk, live, expected

    def arrives(self) -> None:
        self.bus.publish(
            CallArrived(at=now(), call_id="c1", channel=CALLER, caller="13900000001", dialled="1")
        )
        self.live.now.append(LiveParty("c1", CALLER, Speaker.CALLER))

    def rings(self, channel: str) -> None:
        self.bus.publish(
            CallOffered(at=now(), call_id="c1", endpoint=channel[:16], channel=channel)
        )
        self.live.now.append(LiveParty("c1", channel))

    def answers(self, channel: str) -> None:
        self.bus.publish(
            CallAnswered(at=now(), call_id="c1", endpoint=channel[:16], channel=channel)
        )

    def speaker(self, channel: str) -> Speaker:
        return self.asterisk.streams[channel][-1].speaker  # type: ignore[attr-defined,no-any-return]

    async def attached(self, *channels: str) -> None:
        await until(lambda: all(channel in self.asterisk.streams for channel in channels))


@asynccontextmanager
async def serving(engine: Scripted | None = None, waiting: int = 0) -> AsyncIterator[Desk]:
    bus, expected, live = EventBus(), ExpectedStreams(), Live()
    asterisk = Asterisk(expected)
    service = TranscriptionService(bus, engine or Scripted(), Settings())
    await service.start()
    attacher = AudioAttacher(
        bus,
        asterisk,
        expected,
        service,
        live,
        backoff_s=(0.01, 0.02),
        connect_s=0.05,
        waiting=waiting,
    )
    before = asyncio.all_tasks()
    await attacher.start()
    await asyncio.sleep(0)
    try:
        yield Desk(bus, asterisk, live, expected)
    finally:
        await attacher.stop()
        assert asyncio.all_tasks() <= before
        await service.stop(drain_s=1)


async def test_given_a_call_when_an_agent_rings_then_caller_and_agent_are_attached_once() -> None:
    async with serving() as desk:
        desk.arrives()
        desk.rings(AGENT)
        await desk.attached(CALLER, AGENT)
        desk.answers(AGENT)
        desk.bus.publish(
            PartyJoined(at=now(), call_id="c1", channel=AGENT, endpoint="PJSIP/a", bridge="b")
        )
        desk.bus.publish(
            PartyJoined(at=now(), call_id="c1", channel=CALLER, endpoint="PJSIP/t", bridge="b")
        )
        desk.bus.publish(CallEnded(at=now(), call_id="none", hung_up_by=HungUpBy.CALLER))
        await asyncio.sleep(0.05)
        assert sorted(desk.asterisk.attempts) == [AGENT, CALLER]
        assert desk.speaker(CALLER) is Speaker.CALLER
        assert desk.speaker(AGENT) is Speaker.AGENT


async def test_given_a_call_when_nobody_rings_yet_then_nothing_is_attached() -> None:
    async with serving() as desk:
        desk.arrives()
        await asyncio.sleep(0.05)
        assert desk.asterisk.attempts == []


async def test_given_an_agent_in_the_call_when_a_department_is_rung_then_a_third_party() -> None:
    async with serving() as desk:
        desk.arrives()
        desk.rings(AGENT)
        desk.answers(AGENT)
        desk.rings(DEPARTMENT)
        await desk.attached(DEPARTMENT)
        assert desk.speaker(DEPARTMENT) is Speaker.THIRD


async def test_given_two_agents_rung_at_once_when_neither_has_answered_then_both_are_agents() -> (
    None
):
    async with serving() as desk:
        desk.arrives()
        desk.rings(AGENT)
        desk.rings(OTHER_AGENT)
        await desk.attached(AGENT, OTHER_AGENT)
        assert desk.speaker(OTHER_AGENT) is Speaker.AGENT


async def test_given_the_agent_left_when_another_is_rung_then_that_one_is_the_agent() -> None:
    async with serving() as desk:
        desk.arrives()
        desk.rings(AGENT)
        desk.answers(AGENT)
        desk.bus.publish(
            PartyLeft(at=now(), call_id="c1", channel=AGENT, endpoint="PJSIP/a", bridge="b")
        )
        desk.rings(OTHER_AGENT)
        await desk.attached(OTHER_AGENT)
        assert desk.speaker(OTHER_AGENT) is Speaker.AGENT


async def test_given_the_agent_left_when_a_department_is_rung_outside_then_a_third_party() -> None:
    async with serving() as desk:
        desk.arrives()
        desk.rings(AGENT)
        desk.answers(AGENT)
        desk.bus.publish(
            PartyLeft(at=now(), call_id="c1", channel=AGENT, endpoint="PJSIP/a", bridge="b")
        )
        told: Any = {"at": now(), "call_id": "c1", "channel": DEPARTMENT}
        desk.bus.publish(
            TransferTarget(**told, target="1", step=TargetStep.DIALLING, via="carrier-1")
        )
        desk.bus.publish(PartyJoined(**told, endpoint="PJSIP/carrier-1", bridge="b"))
        await desk.attached(DEPARTMENT)
        assert desk.speaker(DEPARTMENT) is Speaker.THIRD


async def test_given_a_live_channel_when_its_audio_breaks_off_then_attached_again() -> None:
    async with serving() as desk:
        desk.arrives()
        desk.rings(AGENT)
        await desk.attached(CALLER, AGENT)
        desk.asterisk.streams[CALLER][0].closed("connection lost")
        await until(lambda: len(desk.asterisk.streams[CALLER]) == 2)
        assert len(desk.asterisk.streams[AGENT]) == 1


async def test_given_a_channel_that_is_gone_when_its_audio_ends_then_it_is_left() -> None:
    async with serving() as desk:
        desk.arrives()
        desk.rings(AGENT)
        await desk.attached(AGENT)
        desk.live.now = [LiveParty("c1", CALLER)]
        desk.asterisk.streams[AGENT][0].closed("Asterisk closed it")
        await asyncio.sleep(0.1)
        assert desk.asterisk.attempts.count(AGENT) == 1


@pytest.mark.parametrize("fault", [AmiDown("not connected"), NotConnecting()])
async def test_given_asterisk_fails_when_attaching_then_tried_again_until_it_works(
    fault: Exception,
) -> None:
    async with serving() as desk:
        desk.asterisk.failing = [fault, fault, fault]
        desk.arrives()
        with capture_logs() as logs:
            desk.bus.publish(
                PartyJoined(at=now(), call_id="c1", channel=CALLER, endpoint="P/t", bridge="b")
            )
            await desk.attached(CALLER)
        failures = [entry for entry in logs if entry["event"] == "asr.not_attached"]
        assert len(failures) == 3
        assert all(entry["reason"] for entry in failures)
        assert len(desk.expected) == 0


async def test_given_a_call_that_ended_when_its_audio_ends_then_never_attached_again() -> None:
    async with serving() as desk:
        desk.arrives()
        desk.rings(AGENT)
        await desk.attached(CALLER, AGENT)
        desk.bus.publish(CallEnded(at=now(), call_id="c1", hung_up_by=HungUpBy.CALLER))
        await asyncio.sleep(0.02)
        for streams in desk.asterisk.streams.values():
            streams[0].closed("Asterisk closed it")
        await asyncio.sleep(0.05)
        assert len(desk.asterisk.attempts) == 2


async def test_given_an_agent_who_does_not_answer_then_detached_and_later_rung_again() -> None:
    async with serving() as desk:
        desk.arrives()
        desk.rings(AGENT)
        await desk.attached(AGENT)
        desk.bus.publish(
            OfferEnded(
                at=now(),
                call_id="c1",
                endpoint="PJSIP/a",
                channel=AGENT,
                outcome=OfferOutcome.NO_ANSWER,
            )
        )
        desk.rings(OTHER_AGENT)
        await desk.attached(OTHER_AGENT)
        assert desk.speaker(OTHER_AGENT) is Speaker.AGENT


async def test_given_calls_in_progress_when_the_link_comes_up_then_all_parties_are_attached() -> (
    None
):
    async with serving() as desk:
        desk.live.now = [
            LiveParty("c1", CALLER, Speaker.CALLER),
            LiveParty("c1", AGENT, Speaker.AGENT),
            LiveParty("c2", DEPARTMENT, Speaker.CALLER),
        ]
        desk.bus.publish(LinkStateChanged(at=now(), state=LinkState.UP))
        await desk.attached(CALLER, AGENT, DEPARTMENT)
        assert desk.speaker(AGENT) is Speaker.AGENT
        desk.bus.publish(LinkStateChanged(at=now(), state=LinkState.UP))
        await asyncio.sleep(0.05)
        assert len(desk.asterisk.attempts) == 3


async def test_given_no_recogniser_when_calls_come_then_asterisk_is_left_alone() -> None:
    bus, expected = EventBus(), ExpectedStreams()
    service = TranscriptionService(bus, None, Settings())
    asterisk = Asterisk(expected)
    attacher = AudioAttacher(bus, asterisk, expected, service, Live())
    await attacher.start()
    bus.publish(CallOffered(at=now(), call_id="c1", endpoint="PJSIP/a", channel=AGENT))
    await asyncio.sleep(0.02)
    assert asterisk.attempts == []
    await attacher.stop()


@pytest.mark.parametrize(
    "name",
    ["PJSIP/a,b-1", "PJSIP/a\r\nAction: Command", "PJSIP/${SHELL(id)}", "", "x", "PJSIP/a b", "-"],
)
def test_given_a_name_that_would_change_the_dialplan_when_spied_on_then_refused(name: str) -> None:
    with pytest.raises((ValueError, AmiValueError)):
        spy_on(name, UUID(int=1))


def test_given_a_channel_when_spied_on_then_the_originate_names_it_and_the_stream() -> None:
    action = spy_on(AGENT, UUID(int=1))
    assert action.fields == {
        "Action": "Originate",
        "Channel": "Local/spy@hotline-asr/n",
        "Context": "hotline-asr",
        "Exten": "as",
        "Priority": "1",
        "Async": "true",
        "Timeout": 5000,
        "Variable": [
            f"__HL_SPY={AGENT}",
            "__HL_STREAM=00000000-0000-0000-0000-000000000001",
        ],
    }


def test_given_our_own_channels_when_judged_then_known_as_spies() -> None:
    assert is_spy("Local/spy@hotline-asr-00000001;2")
    assert not is_spy(AGENT)


async def test_given_a_waiting_caller_when_a_message_is_left_then_the_caller_is_heard() -> None:
    async with serving() as desk:
        desk.arrives()
        desk.bus.publish(IvrStep(at=now(), call_id="c1", step="queue"))
        desk.bus.publish(IvrStep(at=now(), call_id="c1", step=VOICEMAIL_STEP))
        await desk.attached(CALLER)
        assert desk.asterisk.attempts == [CALLER]
        assert desk.speaker(CALLER) is Speaker.CALLER


async def test_given_an_announced_call_when_it_is_greeted_then_heard_only_from_there() -> None:
    async with serving(waiting=1) as desk:
        desk.arrives()
        desk.bus.publish(IvrStep(at=now(), call_id="c1", step=ANNOUNCEMENT_STEP))
        await asyncio.sleep(0.05)
        assert desk.asterisk.attempts == []
        desk.bus.publish(IvrStep(at=now(), call_id="c1", step="greeting"))
        await desk.attached(CALLER)
        assert desk.asterisk.attempts == [CALLER]
