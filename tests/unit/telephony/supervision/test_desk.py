"""A supervisor's telephone and a call: what is ordered, and what is told of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from telephony.calls import CallBook, Translator
from telephony.events import (
    CallArrived,
    CallEnded,
    CallSupervised,
    EventBus,
    HungUpBy,
    LinkState,
    LinkStateChanged,
    PartyJoined,
    SupervisionChanged,
    SupervisionMode,
)
from telephony.supervision import Spying, SupervisionDesk, SupervisionError

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
LISTEN, WHISPER = SupervisionMode.LISTEN, SupervisionMode.WHISPER
AGENT_CHANNEL = "PJSIP/agent-8001-00000002"


class Control:
    """Asterisk, as far as supervision asks for it."""

    def __init__(self) -> None:
        self.rung: list[Spying] = []
        self.done: list[str] = []
        self.found: list[tuple[Spying, SupervisionMode]] = []
        self.away = False

    async def ring(self, spying: Spying, mode: SupervisionMode) -> None:
        self.rung.append(spying)
        if self.away:
            raise ConnectionError("no such endpoint")

    async def switch(self, spying: Spying, mode: SupervisionMode) -> None:
        if self.away:
            raise ConnectionError("link down")
        self.done.append(mode.value)

    async def hangup(self, spying: Spying) -> None:
        self.done.append("hangup")

    async def present(self) -> Sequence[tuple[Spying, SupervisionMode]]:
        return self.found


class Floor:
    """A desk, and agent 8001 in a call."""

    def __init__(self) -> None:
        self.bus, self.book, self.control = EventBus(), CallBook(), Control()
        self.desk = SupervisionDesk(self.bus, self.book, self.control)
        arrived = CallArrived(at=NOW, call_id="c1", channel="PJSIP/trunk-1", caller="", dialled="")
        self.book.apply(arrived)
        self.book.apply(
            PartyJoined(
                at=NOW, call_id="c1", channel=AGENT_CHANNEL, endpoint="PJSIP/agent-8001", bridge="b"
            )
        )
        self.told: list[tuple[str, str]] = []
        publish = self.bus.publish

        def note(event: object) -> None:
            if isinstance(event, SupervisionChanged):
                self.told.append((event.state, event.reason))
                publish(event)

        self.bus.publish = note  # type: ignore[method-assign]  # a wire-tap for the test

    async def start(self, mode: SupervisionMode = LISTEN, agent: str = "8001") -> None:
        await self.desk.start("8009", agent, "c1", mode, by="banzhang")
        await self.settle()

    async def settle(self) -> None:
        await self.desk._tasks.settled()

    def is_in(self, mode: SupervisionMode) -> None:
        self.desk.apply(
            CallSupervised(at=NOW, call_id="c1", supervisor="8009", agent="8001", mode=mode)
        )

    def gone(self, cause: int) -> None:
        channel = self.control.rung[-1].channel_id
        self.desk.heard({"Event": "Hangup", "Uniqueid": channel, "Cause": str(cause)})


@pytest.fixture
async def floor() -> Floor:
    return Floor()


async def test_given_a_talk_when_heard_and_left_then_each_step_is_told(floor: Floor) -> None:
    await floor.start()
    assert floor.control.rung[0].channel == AGENT_CHANNEL
    floor.is_in(LISTEN)
    await floor.start(WHISPER)
    assert len(floor.control.rung) == 1
    floor.is_in(WHISPER)
    await floor.desk.end("8009")
    floor.gone(16)
    assert floor.control.done == ["whisper", "hangup"]
    assert floor.told == [("ringing", ""), ("listen", ""), ("whisper", ""), ("over", "")]
    assert not floor.desk.going_on


@pytest.mark.parametrize(
    ("cause", "reason"),
    [(17, "busy"), (21, "refused"), (19, "no_answer"), (16, "no_answer"), (20, "unreachable")],
)
async def test_given_a_telephone_that_does_not_answer_then_why(
    floor: Floor, cause: int, reason: str
) -> None:
    await floor.start()
    floor.gone(cause)
    assert floor.told[-1] == ("over", reason)


async def test_given_no_such_telephone_then_unreachable_and_another_try_is_free(
    floor: Floor,
) -> None:
    floor.control.away = True
    await floor.start()
    assert floor.told[-1] == ("over", "unreachable")
    floor.control.away = False
    await floor.start()
    assert floor.told[-1] == ("ringing", "")


async def test_given_nobody_to_hear_or_no_telephone_then_refused(floor: Floor) -> None:
    for supervisor, agent, call_id in (
        ("", "8001", "c1"), ("8001", "8001", "c1"), ("8009", "8002", "c1"), ("8009", "8001", ""),
    ):  # fmt: skip
        with pytest.raises(SupervisionError):
            await floor.desk.start(supervisor, agent, call_id, LISTEN, by="x")
    await floor.start()
    with pytest.raises(SupervisionError, match="answer"):
        await floor.start(WHISPER)
    floor.is_in(LISTEN)
    floor.control.away = True
    with pytest.raises(SupervisionError, match="link down"):
        await floor.start(WHISPER)


async def test_given_a_supervisor_who_is_rung_when_the_call_ends_then_the_ringing_ends(
    floor: Floor,
) -> None:
    await floor.start()
    floor.desk.apply(CallEnded(at=NOW, call_id="c1", hung_up_by=HungUpBy.CALLER))
    await floor.settle()
    assert floor.control.done == ["hangup"]


async def test_given_a_new_service_then_it_knows_who_listens(floor: Floor) -> None:
    spying = Spying("id", "8009", "8001", "c1", AGENT_CHANNEL, "banzhang")
    floor.control.found = [(spying, WHISPER)]
    up = LinkStateChanged(at=NOW, state=LinkState.UP)
    floor.desk.apply(up)
    await floor.settle()
    assert floor.told == [("whisper", "")]
    floor.control.found = []
    floor.desk.apply(up)
    await floor.settle()
    assert floor.told[-1] == ("over", "")


def test_given_a_supervisors_channel_then_it_is_no_call_whatever_it_does() -> None:
    translator = Translator(lenient=False)
    channel = {"Channel": "PJSIP/agent-8009-00000009", "Uniqueid": "9", "Linkedid": "9"}
    seen = []
    for event, more in (
        ("Newchannel", {"ChannelState": "0"}),
        ("NewAccountCode", {"AccountCode": "supervision"}),
        ("Newstate", {"ChannelState": "5"}),
        ("Newstate", {"ChannelState": "6"}),
        ("BridgeEnter", {"BridgeUniqueid": "b", "BridgeTechnology": "softmix"}),
        ("BridgeLeave", {"BridgeUniqueid": "b"}),
        ("Hangup", {"Cause": "16"}),
    ):
        message = {"Event": event, "AccountCode": "supervision", **channel, **more}
        seen += translator.feed(message, at=NOW)
    assert seen == []
    assert translator.channels == 0
