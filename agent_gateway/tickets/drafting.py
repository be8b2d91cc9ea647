"""A draft ticket for every answered call and every message left.

The transcript's last words arrive after the hang-up, so a draft waits until it has been quiet for a
moment, and is filled again when words come later still. What a person touched stays. Calls that
were missed (the service or the database was away) are found by a sweep.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from typing import Any

import structlog
from sqlalchemy.exc import SQLAlchemyError

from agent_gateway.store import Call, Store, TranscriptTurn
from agent_gateway.tickets.prefiller import Prefiller
from asr.extractor.merging import merged
from telephony.background import InBackground, Work
from telephony.calls import is_outward
from telephony.events import (
    CallEnded,
    CallEvent,
    EventBus,
    ExtractionEnded,
    Speaker,
    TicketDrafted,
    TranscriptFinal,
)

log = structlog.get_logger(__name__)

_REMEMBERED = 1000


class TicketDrafter(InBackground):
    """Makes the drafts. Use as ``async with``; give ``noticed`` to the journal.

    Args:
        store: where tickets are.
        bus: gets ``TicketDrafted`` for a new draft and for each time the machine fills it anew.
        prefiller: guesses the fields; None: drafts without guesses.
        zone: the city's; its days number the tickets.
        quiet_s: seconds without a new final turn after which the transcript counts as whole.
        deadline_s: seconds after which a draft is made even while turns keep coming.
        sweep_s: seconds between two looks for calls that were missed.
    """

    def __init__(
        self,
        store: Store,
        bus: EventBus,
        prefiller: Prefiller | None,
        zone: tzinfo,
        *,
        quiet_s: float = 1.0,
        deadline_s: float = 5.0,
        sweep_s: float = 60.0,
    ) -> None:
        self._store = store
        self._bus = bus
        self._prefiller = prefiller
        self._zone = zone
        self._quiet_s = quiet_s
        self._deadline_s = deadline_s
        self._sweep_s = sweep_s
        self._due: dict[str, tuple[float, float]] = {}
        self._ended: OrderedDict[str, None] = OrderedDict()
        self._wake = asyncio.Event()

    def _work(self) -> Mapping[str, Work]:
        # What is not drafted when the block ends is found by the next start's sweep.
        return {"ticket-drafts": self._run(), "ticket-sweep": self._sweep()}

    def noticed(self, events: Sequence[CallEvent]) -> None:
        """Take note of events that are in the store now."""
        for event in events:
            if isinstance(event, CallEnded):
                self._ended[event.call_id] = None
                if len(self._ended) > _REMEMBERED:
                    self._ended.popitem(last=False)
                self.plan(event.call_id)
            elif event.call_id in self._ended and isinstance(
                event, TranscriptFinal | ExtractionEnded
            ):
                self.plan(event.call_id)

    def plan(self, call_id: str) -> None:
        """Draft the call's ticket as soon as its transcript is quiet."""
        now = time.monotonic()
        _, deadline = self._due.get(call_id, (0.0, now + self._deadline_s))
        self._due[call_id] = (min(now + self._quiet_s, deadline), deadline)
        self._wake.set()

    async def draft(self, call_id: str) -> str | None:
        """Make or renew the draft now.

        Returns:
            The ticket's number; None for a call without an end, or with neither answer nor message.

        Raises:
            SQLAlchemyError: the store does not answer.
        """
        call = await self._store.calls.get(call_id)
        if call is None or call.ended_at is None:
            return None
        if call.answered_at is None and call.disposition != "voicemail":
            return None
        placed = await self._store.callbacks.get(call_id) if is_outward(call_id) else None
        if placed is not None and placed.ticket:
            return None  # about a ticket that exists
        turns = await self._store.calls.transcript(call_id)
        ticket, new = await self._store.tickets.fill(
            call,
            day=datetime.now(self._zone).date(),
            guesses=await self._guesses(call, turns),
            transcript=[_turn(turn) for turn in turns],
        )
        log.info("ticket.drafted", call_id=call_id, ticket=ticket.number, new=new)
        self._bus.publish(
            TicketDrafted(at=datetime.now(UTC), call_id=call_id, ticket_number=ticket.number)
        )
        return ticket.number

    async def _guesses(
        self, call: Call, turns: Sequence[TranscriptTurn]
    ) -> dict[str, Mapping[str, Any]]:
        if self._prefiller is None or not turns:
            return {}
        row = {
            "id": call.id,
            "call_date": call.arrived_at.astimezone(self._zone).isoformat(),
            "dialled": call.line or call.dialled,
            "cli": call.caller,
            "turns": [
                {
                    "who": _who(turn.speaker),
                    "text": turn.text,
                    "speaker": turn.speaker,
                    "turn": turn.turn,
                }
                for turn in turns
            ],
        }
        try:
            fields = await asyncio.to_thread(self._prefiller.prefill, row)
            rules = {str(name): _field(value) for name, value in fields.items()}
            return merged(rules, await self._store.events.extracted(call.id))
        except Exception:  # a ticket without guesses is better than none
            log.exception("ticket.prefill_failed", call_id=call.id)
            return {}

    async def _run(self) -> None:
        while True:
            now = time.monotonic()
            for call_id in [one for one, (at, _) in self._due.items() if at <= now]:
                del self._due[call_id]
                try:
                    await self.draft(call_id)
                except (SQLAlchemyError, OSError) as error:
                    # The sweep finds it again.
                    log.warning("ticket.draft_failed", call_id=call_id, reason=str(error)[:300])
            self._wake.clear()
            next_at = min((at for at, _ in self._due.values()), default=None)
            pause = None if next_at is None else max(0.0, next_at - time.monotonic())
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._wake.wait()

    async def _sweep(self) -> None:
        while True:
            try:
                for call_id in await self._store.calls.without_ticket():
                    if call_id not in self._due:
                        self.plan(call_id)
            except (SQLAlchemyError, OSError) as error:
                log.warning("ticket.sweep_failed", reason=str(error)[:300])
            await asyncio.sleep(self._sweep_s)


def _who(speaker: str) -> str:
    # A third party speaks from the office's side: nothing it says is the caller's own statement.
    return "caller" if speaker == Speaker.CALLER else "agent"


def _turn(turn: TranscriptTurn) -> dict[str, Any]:
    return {
        "who": turn.speaker,
        "turn": turn.turn,
        "text": turn.text,
        "start_ms": turn.start_ms,
        "end_ms": turn.end_ms,
    }


def _field(value: Any) -> Mapping[str, Any]:
    if isinstance(value, Mapping) and "value" in value:
        return value
    return {"value": value, "evidence": None, "confidence": None}
