"""Pre-filling the ticket while the call runs: every final turn may change the guess."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from typing import Literal

import structlog

from asr.prefill.model import FieldGuess
from asr.prefill.prefiller import Prefiller, PrefillSession
from telephony.events import (
    CallArrived,
    CallEnded,
    Event,
    EventBus,
    LineIdentified,
    PrefillChanged,
    Speaker,
    TranscriptFinal,
)

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class _Call:
    arrived_at: datetime
    caller: str
    line: str = ""
    texts: list[str] = field(default_factory=list)
    session: PrefillSession | None = None
    wording: dict[str, FieldGuess] = field(default_factory=dict)

    def add_turn(self, who: Literal["caller", "agent"], text: str) -> dict[str, FieldGuess]:
        """What the turn has changed, title and summary included."""
        assert self.session is not None
        changed = self.session.add_turn(who, text)
        worded, before = self.session.wording, self.wording
        self.wording = worded
        known = {name: one.value for name, one in before.items()}
        return changed | {name: one for name, one in worded.items() if one.value != known.get(name)}


class LivePrefill:
    """Publishes :class:`PrefillChanged` with the fields that a turn has changed."""

    def __init__(self, bus: EventBus, prefiller: Prefiller, zone: tzinfo) -> None:
        """Nothing happens before :meth:`run`.

        Args:
            bus: heard and published on.
            prefiller: the rules.
            zone: the city's, in which days are meant.
        """
        self._bus = bus
        self._prefiller = prefiller
        self._zone = zone
        self._calls: dict[str, _Call] = {}

    async def run(self) -> None:
        """Follow the bus until it closes or the task is cancelled."""
        with self._bus.subscribe("live-prefill") as events:
            async for event in events:
                try:
                    await self._heard(event)
                except Exception:
                    # the draft at the end of the call reads the whole transcript again
                    log.exception("prefill.turn_failed", event_type=type(event).__name__)

    async def _heard(self, event: Event) -> None:
        match event:
            case CallArrived():
                self._calls.setdefault(event.call_id, _Call(event.at, event.caller))
            case LineIdentified() if event.call_id in self._calls:
                self._calls[event.call_id].line = event.line
            case CallEnded():
                self._calls.pop(event.call_id, None)
            case TranscriptFinal() if event.call_id in self._calls:
                await self._turn(self._calls[event.call_id], event)
            case _:
                pass

    async def _turn(self, call: _Call, event: TranscriptFinal) -> None:
        if call.session is None:
            call.session = self._prefiller.start(
                call.arrived_at.astimezone(self._zone), call.line, call.caller
            )
        # what a third party says comes from the office's side, as the agent's words do
        who: Literal["caller", "agent"] = "caller" if event.speaker is Speaker.CALLER else "agent"
        call.texts.append(event.text)
        changed = await asyncio.to_thread(call.add_turn, who, event.text)
        if changed:
            self._bus.publish(
                PrefillChanged(
                    at=datetime.now(UTC),
                    call_id=event.call_id,
                    fields={
                        name: _with_words(guess, call.texts) for name, guess in changed.items()
                    },
                )
            )


def _with_words(guess: FieldGuess, texts: Sequence[str]) -> dict[str, object]:
    """The guess, each piece of evidence with the words themselves: turns are counted here only."""
    evidence = [
        {**one.as_dict(), "words": texts[one.turn][one.start : one.end]} for one in guess.evidence
    ]
    return {**guess.as_dict(), "evidence": evidence}
