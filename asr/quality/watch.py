"""Follows what is said and tells what a supervisor should look at."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

import structlog

from asr.recogniser.text import bare
from config.quality import QualityRules
from telephony.background import Tasks
from telephony.events import (
    CallAnswered,
    CallEnded,
    CallEvent,
    CallHeld,
    CallQueued,
    CallResumed,
    Event,
    EventBus,
    PartyLeft,
    QualityHint,
    Speaker,
    TranscriptDelayed,
    TranscriptFinal,
    TranscriptPartial,
    TransferChanged,
)
from telephony.transfers import TransferState

log = structlog.get_logger(__name__)

_REMEMBERED: Final = 6
LOOKED_EVERY_S: Final = 1.0
WORDS_TAKE: Final = timedelta(seconds=3)
"""Words that come later than so long after they were said are announced as delayed."""
_TALKING: Final = frozenset(
    {
        TransferState.TOGETHER,
        TransferState.THREE_WAY_RINGING,
        TransferState.THREE_WAY,
        TransferState.HANDED_OVER,
    }
)
_PAIR: Final = 2


@dataclass(slots=True)
class _Call:
    agent_turns: int = 0
    greeted: bool = False
    spoken_until: datetime | None = None
    # Who was put on hold or handed on since somebody last spoke was not silent.
    excused: bool = False
    turns: list[TranscriptFinal] = field(default_factory=list)
    # From here on nothing was heard, not even the beginning of a sentence.
    quiet_since: datetime | None = None
    silence_told: bool = False
    holding: set[str] = field(default_factory=set)
    away: TransferState | None = None
    """Why caller and agent do not talk."""
    late: set[Speaker] = field(default_factory=set)

    def quiet_from(self, at: datetime) -> None:
        self.quiet_since = at if self.quiet_since is None else max(self.quiet_since, at)


class QualityWatch:
    """Publishes :class:`QualityHint` for each rule that is broken by a turn, or by none."""

    def __init__(
        self,
        bus: EventBus,
        rules: QualityRules,
        listening: Callable[[str], Collection[Speaker]] = lambda _call_id: (),
    ) -> None:
        """Nothing happens before :meth:`run`.

        Args:
            bus: heard and published on.
            rules: which; see ``config/defaults/quality.toml``.
            listening: whose audio of a call comes in now. Who is not listened to may be speaking.
        """
        self._bus = bus
        self._rules = rules
        self._listening = listening
        self._calls: dict[str, _Call] = {}
        self._forbidden = _any_of(rules.forbidden.says) if rules.forbidden else None
        self._greeting = _any_of(rules.greeting.says) if rules.greeting else None

    async def run(self) -> None:
        """Follow the bus and the time until the bus closes or the task is cancelled."""
        looking = Tasks("quality")
        looking.start(self._look(), "quality-look")
        try:
            with self._bus.subscribe("quality") as events:
                async for event in events:
                    try:
                        for hint in self.heard(event):
                            self._bus.publish(hint)
                    except Exception:
                        log.exception("quality.event_failed", event_type=type(event).__name__)
        finally:
            await looking.stop()

    async def _look(self) -> None:
        while True:
            await asyncio.sleep(LOOKED_EVERY_S)
            try:
                for hint in self.unheard(datetime.now(UTC)):
                    self._bus.publish(hint)
            except Exception:
                log.exception("quality.look_failed")

    def heard(self, event: Event) -> Iterator[QualityHint]:
        """What one event gives cause for."""
        if not isinstance(event, CallEvent):
            return
        if isinstance(event, CallEnded):
            self._calls.pop(event.call_id, None)
        elif isinstance(event, CallAnswered):
            # before a person answers nobody is judged
            _answered(self._calls.setdefault(event.call_id, _Call(spoken_until=event.at)), event.at)
        elif (call := self._calls.get(event.call_id)) is not None:
            if isinstance(event, TranscriptFinal):
                yield from self._turn(call, event)
            else:
                _follow(call, event)

    def unheard(self, now: datetime) -> Iterator[QualityHint]:
        """The silences that last too long now, each once."""
        if self._rules.silence is None:
            return
        least = timedelta(seconds=self._rules.silence.seconds) + WORDS_TAKE
        for call_id, call in self._calls.items():
            if call.silence_told or call.holding or call.away or call.late:
                continue
            if call.quiet_since is None or now - call.quiet_since < least:
                continue
            if len(self._listening(call_id)) >= _PAIR:
                call.silence_told = True
                last = call.turns[-1] if call.turns else None
                yield QualityHint(
                    at=now,
                    call_id=call_id,
                    rule="silence",
                    detail=f"{(now - call.quiet_since).total_seconds():.0f} s",
                    speaker=last.speaker if last else Speaker.AGENT,
                    turn=last.turn if last else 0,
                    text=last.text if last else "",
                )

    def _turn(self, call: _Call, said: TranscriptFinal) -> Iterator[QualityHint]:
        yield from self._silence(call, said)
        if said.speaker is Speaker.AGENT:
            words = bare(said.text)
            if self._forbidden is not None:
                for found in self._forbidden.finditer(words):
                    yield _hint(said, "forbidden", found[0])
            yield from self._missing_greeting(call, said, words)
        yield from self._interruption(call, said)
        call.turns = [*call.turns, said][-_REMEMBERED:]
        call.excused = False
        end = _end(said)
        call.spoken_until = end if call.spoken_until is None else max(call.spoken_until, end)
        call.quiet_from(end)
        call.silence_told = False

    def _missing_greeting(
        self, call: _Call, said: TranscriptFinal, words: str
    ) -> Iterator[QualityHint]:
        if self._greeting is None or self._rules.greeting is None:
            return
        call.agent_turns += 1
        call.greeted = call.greeted or self._greeting.search(words) is not None
        if call.agent_turns == self._rules.greeting.within_turns and not call.greeted:
            yield _hint(said, "greeting", said.text)

    def _silence(self, call: _Call, said: TranscriptFinal) -> Iterator[QualityHint]:
        """Where it could not be told while it lasted: the words were late."""
        if self._rules.silence is None or call.spoken_until is None:
            return
        if call.excused or call.silence_told:
            return
        gap = (said.started_at - call.spoken_until).total_seconds()
        if gap >= self._rules.silence.seconds:
            yield _hint(said, "silence", f"{gap:.0f} s")

    def _interruption(self, call: _Call, said: TranscriptFinal) -> Iterator[QualityHint]:
        """Whichever turn is recognised first: the other one may come later."""
        if self._rules.interruption is None:
            return
        least = timedelta(milliseconds=self._rules.interruption.overlap_ms)
        for other in call.turns:
            pair = {said.speaker: said, other.speaker: other}
            caller, agent = pair.get(Speaker.CALLER), pair.get(Speaker.AGENT)
            if caller is None or agent is None or agent.started_at <= caller.started_at:
                continue
            overlap = min(_end(caller), _end(agent)) - agent.started_at
            if overlap >= least:
                yield _hint(agent, "interruption", f"{overlap.total_seconds():.1f} s")


def _answered(call: _Call, at: datetime) -> None:
    if call.away is TransferState.RETURNED:
        call.away = None
    call.quiet_from(at)


def _follow(call: _Call, event: CallEvent) -> None:
    """Whether somebody is speaking, or not there to speak."""
    match event:
        case TranscriptPartial():
            call.quiet_from(event.at)
        case TranscriptDelayed():
            (call.late.add if event.behind_ms else call.late.discard)(event.speaker)
            call.quiet_from(event.at)
        case CallHeld():
            call.holding.add(event.channel)
            call.excused = True
        case CallResumed() | PartyLeft() if event.channel in call.holding:
            call.holding.discard(event.channel)
            _talk_again(call, event.at)
        case TransferChanged():
            state = TransferState(event.state)
            call.away = None if state in _TALKING else state
            _talk_again(call, event.at)
        case CallQueued():
            call.away = TransferState.RETURNED
            call.excused = True
        case _:
            pass


def _talk_again(call: _Call, at: datetime) -> None:
    call.excused = True
    call.silence_told = False
    call.quiet_from(at)


def _any_of(expressions: Sequence[str]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{one})" for one in expressions))


def _end(said: TranscriptFinal) -> datetime:
    return said.started_at + timedelta(milliseconds=said.end_ms - said.start_ms)


def _hint(said: TranscriptFinal, rule: str, detail: str) -> QualityHint:
    return QualityHint(
        at=datetime.now(UTC),
        call_id=said.call_id,
        rule=rule,
        detail=detail,
        speaker=said.speaker,
        turn=said.turn,
        text=said.text,
    )
