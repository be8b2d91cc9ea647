"""Keeps every party of every live call attached to the recogniser.

Asterisk ends the audio when a channel ends; when the audio ends and the channel has not, it is
attached again. Nothing here can touch the call itself: the worst case is a call without transcript.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol
from uuid import UUID, uuid4

import structlog

from asr.attach.spy import TIMEOUT_MS, AmiActions, is_spy, spy_on
from asr.audiosocket import ExpectedStreams
from asr.streams import TranscriptionService
from telephony.agents import AGENT_ENDPOINT
from telephony.ami import AmiError
from telephony.calls import by_agent
from telephony.events import (
    ANNOUNCEMENT_STEP,
    HANDED_ON_STEPS,
    VOICEMAIL_STEP,
    CallAnswered,
    CallArrived,
    CallEnded,
    CallOffered,
    CallQueued,
    Event,
    EventBus,
    IvrStep,
    LinkState,
    LinkStateChanged,
    OfferEnded,
    OfferOutcome,
    PartyJoined,
    PartyLeft,
    Speaker,
    TransferTarget,
)

log = structlog.get_logger(__name__)

ANSWER_S: Final = TIMEOUT_MS / 1000 + 2.0
CONNECT_S: Final = 3.0
STEADY_S: Final = 5.0
"""Audio that lasted so long was no failure: the next attempt comes soon."""
OUTSIDE: Final = "carrier-"
"""What the names of endpoints for calls to the outside begin with."""
BACKOFF_S: Final = (0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
"""Pauses before attempts after the first; the last one repeats while the channel lives."""


@dataclass(frozen=True, slots=True)
class LiveParty:
    """A channel that takes part in a call now. ``speaker`` is None if only its call is known."""

    call_id: str
    channel: str
    speaker: Speaker | None = None


class LiveCalls(Protocol):
    """Who is in a call now, from the model of live calls."""

    def parties(self) -> Iterable[LiveParty]:
        """All channels of callers and of those who talk to them or are being rung."""


@dataclass(slots=True)
class _Call:
    caller: str = ""
    agents: set[str] = field(default_factory=set)
    """Channels that were offered the call as agents and are not gone."""
    answered: set[str] = field(default_factory=set)
    outside: set[str] = field(default_factory=set)
    """Telephones that a transfer rang outside the house."""
    theirs: bool = False
    """The dialplan has handed it on; it is not a conversation of the hotline."""
    attached: dict[str, _Attachment] = field(default_factory=dict)


@dataclass(slots=True, eq=False)
class _Attachment:
    """One channel's way to the recogniser."""

    call_id: str
    channel: str
    speaker: Speaker
    task: asyncio.Task[None] | None = None


class AudioAttacher:
    """Attaches parties when they are rung or join, and again whenever their audio breaks off."""

    def __init__(
        self,
        bus: EventBus,
        ami: AmiActions,
        expected: ExpectedStreams,
        service: TranscriptionService,
        live: LiveCalls,
        *,
        waiting: int = 0,
        backoff_s: Sequence[float] = BACKOFF_S,
        connect_s: float = CONNECT_S,
        new_id: Callable[[], UUID] = uuid4,
    ) -> None:
        """Nothing happens before :meth:`start`.

        Args:
            bus: where calls are announced.
            ami: sends actions to Asterisk.
            expected: the AudioSocket server's register.
            service: takes the audio.
            live: asked after the link came up, and before attaching again.
            waiting: how many callers at most are attached before anybody is rung for them.
            backoff_s: pauses between attempts; the last repeats.
            connect_s: how long Asterisk may take to connect after its answer.
            new_id: makes stream ids.
        """
        self._bus = bus
        self._ami = ami
        self._expected = expected
        self._service = service
        self._live = live
        self._waiting = waiting
        self._backoff_s = tuple(backoff_s)
        self._connect_s = connect_s
        self._new_id = new_id
        self._calls: dict[str, _Call] = {}
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to follow calls; does nothing when there is no recogniser."""
        if self._service.available:
            self._task = asyncio.create_task(self._follow(), name="asr-attach")

    async def stop(self) -> None:
        """Follow no more calls. Open streams end with the AudioSocket server."""
        tasks = [task for task in self._all_tasks() if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._calls.clear()
        self._task = None

    def _all_tasks(self) -> Iterable[asyncio.Task[None] | None]:
        yield self._task
        for call in self._calls.values():
            for attachment in call.attached.values():
                yield attachment.task

    async def _follow(self) -> None:
        with self._bus.subscribe("audio-attach") as events:
            async for event in events:
                try:
                    self._heard(event)
                except Exception:
                    log.exception("asr.attach_failed", event_type=type(event).__name__)

    def _heard(self, event: Event) -> None:
        if isinstance(event, LinkStateChanged):
            if event.state is LinkState.UP:
                self._attach_live()
        elif isinstance(event, CallEnded):
            self._forget_call(event.call_id)
        elif isinstance(event, CallArrived | CallOffered | CallAnswered | PartyJoined):
            self._party_came(event, self._calls.setdefault(event.call_id, _Call()))
        elif isinstance(event, TransferTarget):
            if event.via.startswith(OUTSIDE) and event.call_id in self._calls:
                self._calls[event.call_id].outside.add(event.channel)
        elif isinstance(event, IvrStep) and event.step == VOICEMAIL_STEP:
            call = self._calls.setdefault(event.call_id, _Call())
            self._attach(event.call_id, call, call.caller)
        elif isinstance(event, IvrStep) and event.step in HANDED_ON_STEPS:
            # what is said at an office behind a number is not the hotline's conversation
            call = self._calls.setdefault(event.call_id, _Call())
            call.theirs = event.step != HANDED_ON_STEPS[-1]
        elif isinstance(event, IvrStep) and event.step == ANNOUNCEMENT_STEP:
            # before the answer nobody is listened to: the call may not become the hotline's at all
            pass
        elif isinstance(event, IvrStep | CallQueued):
            self._attach_waiting(event.call_id)
        elif isinstance(event, OfferEnded | PartyLeft) and event.call_id in self._calls:
            self._party_went(event, self._calls[event.call_id])

    def _attach_waiting(self, call_id: str) -> None:
        """Listen to a caller whom nobody has been rung for yet, if few enough are."""
        call = self._calls.get(call_id)
        if call is None or call.theirs or call.caller in call.attached:
            return
        listened = sum(
            one.caller in one.attached and not one.agents and not one.answered
            for one in self._calls.values()
        )
        if listened < self._waiting:
            self._attach(call_id, call, call.caller)

    def _party_came(
        self, event: CallArrived | CallOffered | CallAnswered | PartyJoined, call: _Call
    ) -> None:
        if isinstance(event, CallArrived):
            call.caller = event.channel
            return
        if isinstance(event, CallOffered):
            # the caller is attached while the first agent is rung, in time for the first word
            self._attach(event.call_id, call, call.caller)
        else:
            call.answered.add(event.channel)
        self._attach(event.call_id, call, event.channel)

    def _party_went(self, event: OfferEnded | PartyLeft, call: _Call) -> None:
        if isinstance(event, PartyLeft):
            # it may only have moved: its audio goes on while the channel lives
            call.answered.discard(event.channel)
            call.agents.discard(event.channel)
        elif event.outcome is not OfferOutcome.ANSWERED:
            self._detach(call, event.channel)

    def _attach_live(self) -> None:
        for party in self._live.parties():
            call = self._calls.setdefault(party.call_id, _Call())
            if party.speaker is Speaker.CALLER:
                call.caller = party.channel
            self._attach(party.call_id, call, party.channel, party.speaker)

    def _attach(
        self, call_id: str, call: _Call, channel: str, speaker: Speaker | None = None
    ) -> None:
        if not channel or is_spy(channel) or call.theirs:
            return
        existing = call.attached.get(channel)
        if existing is not None:
            speaker = existing.speaker
        if by_agent(call_id):
            # the agent's channel carries the call; whoever else is there is the citizen
            ours = channel.startswith(AGENT_ENDPOINT)
            speaker = Speaker.AGENT if ours else Speaker.CALLER
        speaker = speaker or _speaker_of(call, channel)
        if speaker is Speaker.AGENT:
            call.agents.add(channel)
        if existing is not None and existing.task is not None and not existing.task.done():
            return
        attachment = _Attachment(call_id, channel, speaker)
        call.attached[channel] = attachment
        attachment.task = asyncio.create_task(
            self._keep_attached(attachment), name=f"asr-attach {channel}"
        )

    def _detach(self, call: _Call, channel: str) -> None:
        call.agents.discard(channel)
        call.answered.discard(channel)
        attachment = call.attached.pop(channel, None)
        if attachment is not None and attachment.task is not None:
            attachment.task.cancel()

    def _forget_call(self, call_id: str) -> None:
        call = self._calls.pop(call_id, None)
        if call is not None:
            for channel in list(call.attached):
                self._detach(call, channel)

    async def _keep_attached(self, attachment: _Attachment) -> None:
        attempt = 0
        while True:
            try:
                lasted_s = await self._attached_once(attachment)
            except Exception:
                # a fault here costs one party's transcript some seconds, never the rest
                log.exception("asr.attach_failed", call_id=attachment.call_id)
                lasted_s = 0.0
            attempt = 0 if lasted_s >= STEADY_S else attempt + 1
            await asyncio.sleep(self._backoff_s[min(attempt, len(self._backoff_s) - 1)])
            if not self._lives(attachment):
                return
            log.info(
                "asr.attach_again",
                call_id=attachment.call_id,
                speaker=attachment.speaker,
                channel=attachment.channel,
            )

    async def _attached_once(self, attachment: _Attachment) -> float:
        """Attach, and wait until the audio ends; returns how long it lasted, in seconds."""
        closed = asyncio.Event()
        stream = self._service.open(
            attachment.call_id,
            attachment.speaker,
            on_closed=lambda _: closed.set(),
        )
        stream_id = self._new_id()
        try:
            self._expected.announce(stream_id, stream)
            reason = await self._originate(attachment.channel, stream_id)
            try:
                # also after a failure: an action without an answer may have been carried out
                # not wait_for: before Python 3.12 it may swallow a cancellation
                async with asyncio.timeout(self._connect_s):
                    await stream.opened.wait()
            except TimeoutError:
                log.warning(
                    "asr.not_attached",
                    call_id=attachment.call_id,
                    speaker=attachment.speaker,
                    reason=reason or "Asterisk did not open the audio stream",
                )
                return 0.0
            began = asyncio.get_running_loop().time()
            await closed.wait()
            return asyncio.get_running_loop().time() - began
        finally:
            self._expected.withdraw(stream_id)

    async def _originate(self, channel: str, stream_id: UUID) -> str:
        """Ask Asterisk for the audio; returns why it failed, or nothing."""
        try:
            await self._ami.action(spy_on(channel, stream_id), timeout_s=ANSWER_S)
        except (AmiError, ValueError) as error:
            return str(error)
        return ""

    def _lives(self, attachment: _Attachment) -> bool:
        return any(
            party.call_id == attachment.call_id and party.channel == attachment.channel
            for party in self._live.parties()
        )


def _speaker_of(call: _Call, channel: str) -> Speaker:
    if channel == call.caller:
        return Speaker.CALLER
    if channel in call.outside:
        return Speaker.THIRD
    if channel in call.agents:
        return Speaker.AGENT
    # several agents may be rung at once; who comes after one has answered is a third party
    taken = (call.agents & call.answered) - {channel}
    return Speaker.THIRD if taken else Speaker.AGENT
