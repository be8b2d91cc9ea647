"""Pre-filling the ticket while the call runs: every final turn may change the guess."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from typing import Any, Literal

import structlog

from asr.extractor.merging import merged
from asr.prefill.citing import Said, cited
from asr.prefill.prefiller import Prefiller, PrefillSession
from telephony.events import (
    CallArrived,
    CallEnded,
    Event,
    EventBus,
    ExtractionEnded,
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
    said: list[Said] = field(default_factory=list)
    session: PrefillSession | None = None
    model: Mapping[str, Any] = field(default_factory=dict)
    told: dict[str, Mapping[str, Any]] = field(default_factory=dict)

    def take(self, who: Literal["caller", "agent"], said: Said) -> dict[str, dict[str, Any]]:
        """What a page must be told after the turn; see :meth:`news`."""
        assert self.session is not None
        self.said.append(said)
        self.session.hear(who, said.text)
        return self.news()

    def news(self) -> dict[str, dict[str, Any]]:
        """The fields that are otherwise than they were told, title and summary included.

        A value that replaces another one that was told names it as ``previous``: people must see
        that it is another one.
        """
        if self.session is None:
            return {}
        wording = self.session.wording
        rules = {
            name: cited(guess, self.said) for name, guess in (self.session.fields | wording).items()
        }
        matter = wording["title"].value is not None
        changed = {}
        for name, guess in merged(rules, self.model).items():
            before = self.told.get(name)
            # what is so of every call ("accepted") is no guess before anything was asked for
            grounded = matter or bool(guess["evidence"])
            if guess == before or (before is None and (guess["value"] is None or not grounded)):
                continue
            self.told[name] = guess
            changed[name] = dict(guess)
            if before is not None and before["value"] not in (None, guess["value"]):
                changed[name]["previous"] = before["value"]
        return changed


class LivePrefill:
    """Publishes :class:`PrefillChanged` with the fields that a turn has changed in any way."""

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
            case ExtractionEnded(result="ok") if event.call_id in self._calls:
                call = self._calls[event.call_id]
                call.model = event.fields
                self._tell(event.call_id, await asyncio.to_thread(call.news))
            case _:
                pass

    async def _turn(self, call: _Call, event: TranscriptFinal) -> None:
        if call.session is None:
            call.session = self._prefiller.start(
                call.arrived_at.astimezone(self._zone), call.line, call.caller
            )
        # what a third party says comes from the office's side, as the agent's words do
        who: Literal["caller", "agent"] = "caller" if event.speaker is Speaker.CALLER else "agent"
        said = Said(event.speaker.value, event.turn, event.text)
        self._tell(event.call_id, await asyncio.to_thread(call.take, who, said))

    def _tell(self, call_id: str, changed: dict[str, dict[str, Any]]) -> None:
        if changed:
            self._bus.publish(PrefillChanged(at=datetime.now(UTC), call_id=call_id, fields=changed))
