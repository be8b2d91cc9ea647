"""Follows what is said and tells what a supervisor should look at."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

import structlog

from asr.recogniser.text import bare
from config.quality import QualityRules
from telephony.events import (
    CallAnswered,
    CallEnded,
    CallEvent,
    CallHeld,
    CallResumed,
    Event,
    EventBus,
    QualityHint,
    Speaker,
    TranscriptFinal,
    TransferChanged,
)

log = structlog.get_logger(__name__)

_REMEMBERED: Final = 6


@dataclass(slots=True)
class _Call:
    agent_turns: int = 0
    greeted: bool = False
    spoken_until: datetime | None = None
    # Who was put on hold or handed on since somebody last spoke was not silent.
    excused: bool = False
    turns: list[TranscriptFinal] = field(default_factory=list)


class QualityWatch:
    """Publishes :class:`QualityHint` for each rule that a turn breaks."""

    def __init__(self, bus: EventBus, rules: QualityRules) -> None:
        """Nothing happens before :meth:`run`.

        Args:
            bus: heard and published on.
            rules: which; see ``config/defaults/quality.toml``.
        """
        self._bus = bus
        self._rules = rules
        self._calls: dict[str, _Call] = {}
        self._forbidden = _any_of(rules.forbidden.says) if rules.forbidden else None
        self._greeting = _any_of(rules.greeting.says) if rules.greeting else None

    async def run(self) -> None:
        """Follow the bus until it closes or the task is cancelled."""
        with self._bus.subscribe("quality") as events:
            async for event in events:
                try:
                    for hint in self.heard(event):
                        self._bus.publish(hint)
                except Exception:
                    log.exception("quality.event_failed", event_type=type(event).__name__)

    def heard(self, event: Event) -> Iterator[QualityHint]:
        """What one event gives cause for."""
        if not isinstance(event, CallEvent):
            return
        if isinstance(event, CallEnded):
            self._calls.pop(event.call_id, None)
        elif isinstance(event, CallAnswered):
            # before a person answers nobody is judged
            self._calls.setdefault(event.call_id, _Call(spoken_until=event.at))
        elif (call := self._calls.get(event.call_id)) is not None:
            if isinstance(event, CallHeld | CallResumed | TransferChanged):
                call.excused = True
            elif isinstance(event, TranscriptFinal):
                yield from self._turn(call, event)

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
        if self._rules.silence is None or call.spoken_until is None or call.excused:
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
