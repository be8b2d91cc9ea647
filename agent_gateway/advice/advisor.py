"""Looks things up while the caller speaks, a moment after the ticket's guesses have changed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any, Final

import structlog
from sqlalchemy.exc import SQLAlchemyError

from agent_gateway.advice.duplicates import duplicates, value_of
from agent_gateway.advice.views import AdviceMessage, LikeTicket, SuggestedDepartment, Tip
from agent_gateway.knowledge.search import KnowledgeIndex
from agent_gateway.store import Store
from telephony.events import (
    CallArrived,
    CallEnded,
    Event,
    EventBus,
    PrefillChanged,
    Speaker,
    TranscriptFinal,
)

log = structlog.get_logger(__name__)

QUIET_S: Final = 0.3
LOOKED_BACK: Final = timedelta(days=30)
KNOWLEDGE_LASTS_S: Final = 30.0
"""Seconds for which the entries are kept in memory: one changed elsewhere is found this late."""
LEAST_CONFIDENCE: Final = 0.5
"""A category that is guessed with less suggests no department."""
_WORDS_KEPT: Final = 600
_NOBODY: Final = frozenset({"anonymous", "unknown", "unavailable", "restricted"})


@dataclass(slots=True)
class _Call:
    caller: str
    fields: dict[str, Any] = field(default_factory=dict)
    words: str = ""
    told: AdviceMessage | None = None


@dataclass(frozen=True, slots=True)
class Names:
    """Key → name, of departments and of categories."""

    departments: Mapping[str, str]
    categories: Mapping[str, str]


class CallAdvisor:
    """Follows the bus and tells each call's advice when it has changed."""

    def __init__(
        self,
        bus: EventBus,
        store: Store,
        names: Names,
        zone: tzinfo,
        tell: Callable[[AdviceMessage], None],
    ) -> None:
        """Nothing happens before :meth:`run`.

        Args:
            bus: heard.
            store: tickets and knowledge.
            names: for people to read.
            zone: the city's, by whose days knowledge is true.
            tell: gets what has changed.
        """
        self._bus = bus
        self._store = store
        self._names = names
        self._zone = zone
        self._tell = tell
        self._calls: dict[str, _Call] = {}
        self._changed: dict[str, None] = {}
        self._wake = asyncio.Event()
        self._index = KnowledgeIndex([])
        self._index_until = 0.0
        self._index_of = -1

    async def run(self) -> None:
        """Follow the bus until it closes or the task is cancelled."""
        looking = asyncio.create_task(self._look(), name="advice-look")
        try:
            with self._bus.subscribe("advice") as events:
                async for event in events:
                    self._heard(event)
        finally:
            looking.cancel()
            await asyncio.gather(looking, return_exceptions=True)

    def _heard(self, event: Event) -> None:
        match event:
            case CallArrived():
                caller = "" if event.caller.lower() in _NOBODY else event.caller
                self._calls.setdefault(event.call_id, _Call(caller))
            case CallEnded():
                self._calls.pop(event.call_id, None)
            case TranscriptFinal(speaker=Speaker.CALLER) if event.call_id in self._calls:
                call = self._calls[event.call_id]
                call.words = (call.words + event.text)[-_WORDS_KEPT:]
                self._plan(event.call_id)
            case PrefillChanged() if event.call_id in self._calls:
                self._calls[event.call_id].fields |= event.fields
                self._plan(event.call_id)

    def _plan(self, call_id: str) -> None:
        self._changed[call_id] = None
        self._wake.set()

    async def _look(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            # several fields change in one turn: one look serves them all
            await asyncio.sleep(QUIET_S)
            changed, self._changed = list(self._changed), {}
            for call_id in changed:
                if (call := self._calls.get(call_id)) is None:
                    continue
                try:
                    advice = await self._advice(call_id, call)
                except (SQLAlchemyError, OSError) as error:
                    log.warning("advice.failed", call_id=call_id, reason=str(error)[:300])
                except Exception:
                    log.exception("advice.failed", call_id=call_id)
                else:
                    if advice != call.told:
                        call.told = advice
                        self._tell(advice)

    async def _advice(self, call_id: str, call: _Call) -> AdviceMessage:
        category = value_of(call.fields, "category")
        open_tickets = await self._store.tickets.alike(
            caller=call.caller,
            # a place or party alone is no likeness, but with another one it may be
            fields={
                name: value_of(call.fields, name) for name in ("category", "address", "target")
            },
            since=datetime.now(UTC) - LOOKED_BACK,
            besides=call_id,
        )
        index = await self._knowledge()
        found = await asyncio.to_thread(index.search, call.words, category=category)
        return AdviceMessage(
            call_id=call_id,
            duplicates=[
                LikeTicket(
                    number=one.ticket.number,
                    score=one.score,
                    reasons=list(one.reasons),
                    status=one.ticket.status,
                    created_at=one.ticket.created_at,
                    address=value_of(one.ticket.fields, "address"),
                    target=value_of(one.ticket.fields, "target"),
                )
                for one in duplicates(call.caller, call.fields, open_tickets)
            ],
            knowledge=[
                Tip(id=row.id, title=row.title, text=row.text, score=score) for row, score in found
            ],
            department=self._department(call.fields),
        )

    def _department(self, fields: Mapping[str, Any]) -> SuggestedDepartment | None:
        key, category = value_of(fields, "department"), value_of(fields, "category")
        if not key or not category:
            return None
        guess = fields["category"]
        if float(guess.get("confidence") or 0.0) < LEAST_CONFIDENCE:
            return None
        words = [one["words"] for one in guess.get("evidence") or [] if one.get("words")]
        return SuggestedDepartment(
            key=key,
            name=self._names.departments.get(key, key),
            category=category,
            category_name=self._names.categories.get(category, category),
            words=list(dict.fromkeys(words)),
            confidence=float(guess.get("confidence") or 0.0),
        )

    async def _knowledge(self) -> KnowledgeIndex:
        now, changes = asyncio.get_running_loop().time(), self._store.knowledge.changes
        if now >= self._index_until or changes != self._index_of:
            today = datetime.now(self._zone).date()
            rows = await self._store.knowledge.all(on=today)
            self._index = await asyncio.to_thread(KnowledgeIndex, rows)
            self._index_until, self._index_of = now + KNOWLEDGE_LASTS_S, changes
        return self._index
