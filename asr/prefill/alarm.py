"""The alarm: words of danger are told while they are being said, not when the sentence is over."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime

import structlog

from asr.prefill.prefiller import Prefiller
from asr.prefill.text import Utterance
from asr.prefill.urgency import Danger
from telephony.events import (
    CallArrived,
    CallEnded,
    EmergencyHeard,
    Event,
    EventBus,
    Speaker,
    TranscriptFinal,
    TranscriptPartial,
)

log = structlog.get_logger(__name__)

# Sentences of the caller in which the parts of one danger may be.
REMEMBERED_TURNS = 6
# A fall that "was last week" is known by its end: partials are believed when they say it twice.
SIGHTINGS = 2
# So many characters that were said after the danger, and took nothing of it back, are as good.
FOLLOWED_BY = 4


@dataclass(slots=True)
class _Call:
    turns: list[Utterance] = field(default_factory=list)
    count: int = 0
    seen: dict[str, int] = field(default_factory=dict)
    told: set[str] = field(default_factory=set)


class LiveAlarm:
    """Publishes :class:`EmergencyHeard`, once a call and emergency line.

    Partials are looked at as they come: what a recogniser holds for a danger twice running, or
    with more words after it, is told at once, so an agent sees it before the sentence is over.
    """

    def __init__(self, bus: EventBus, prefiller: Prefiller) -> None:
        """Nothing happens before :meth:`run`.

        Args:
            bus: heard and published on.
            prefiller: its words of danger.
        """
        self._bus = bus
        self._prefiller = prefiller
        self._calls: dict[str, _Call] = {}

    async def run(self) -> None:
        """Follow the bus until it closes or the task is cancelled."""
        with self._bus.subscribe("live-alarm") as events:
            async for event in events:
                try:
                    await self._heard(event)
                except Exception:
                    # the pre-filled urgency is a second look at every final turn
                    log.exception("alarm.turn_failed", event_type=type(event).__name__)

    async def _heard(self, event: Event) -> None:
        match event:
            case CallArrived():
                self._calls.setdefault(event.call_id, _Call())
            case CallEnded():
                self._calls.pop(event.call_id, None)
            # what the agent says is no alarm: the agent knows
            case (
                TranscriptPartial(speaker=Speaker.CALLER) | TranscriptFinal(speaker=Speaker.CALLER)
            ):
                if (call := self._calls.get(event.call_id)) is not None:
                    alarm = await asyncio.to_thread(self._listen, call, event)
                    if alarm is not None:
                        self._bus.publish(alarm)

    def _listen(
        self, call: _Call, event: TranscriptPartial | TranscriptFinal
    ) -> EmergencyHeard | None:
        final = isinstance(event, TranscriptFinal)
        said = self._prefiller.read(call.count, "caller", event.text)
        # a swindle and the money that was sent may be in two sentences, other dangers are in one
        danger = self._prefiller.danger([said], whole=final) or self._prefiller.danger(
            [*call.turns, said], whole=final
        )
        if danger is not None and said.index not in {one.turn for one in danger.evidence}:
            danger = None
        if final:
            call.turns = [*call.turns, said][-REMEMBERED_TURNS:]
            call.count += 1
        if danger is None:
            if final:
                call.seen.clear()
            return None
        call.seen[danger.line] = call.seen.get(danger.line, 0) + 1
        end = max(one.end for one in danger.evidence if one.turn == said.index)
        followed = sum(char.isalnum() for char in event.text[end:]) >= FOLLOWED_BY
        believed = final or followed or call.seen[danger.line] >= SIGHTINGS
        if danger.line in call.told or not believed:
            return None
        call.told.add(danger.line)
        return _alarm(danger, said, event)


def _alarm(
    danger: Danger, said: Utterance, event: TranscriptPartial | TranscriptFinal
) -> EmergencyHeard:
    words = [event.text[one.start : one.end] for one in danger.evidence if one.turn == said.index]
    log.warning("alarm.heard", call_id=event.call_id, line=danger.line, kind=danger.kind)
    return EmergencyHeard(
        at=datetime.now(UTC),
        call_id=event.call_id,
        line=danger.line,
        kind=danger.kind,
        words=words[0] if words else event.text,
        urgent_only=danger.urgent_only,
        speaker=event.speaker,
        turn=event.turn,
    )
