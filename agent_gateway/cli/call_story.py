"""What the telephone saw of a call and what the system did with it, told as one story."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from agent_gateway.store import Call, CallEventRow, Store
from telephony.testphone import PhoneCall

_CLOCK_MARGIN = timedelta(seconds=10)
_POLL_S = 0.2
_DETAIL_LENGTH = 160
# Many a second; the finals say it all.
_NOISE = frozenset({"TranscriptPartial", "PrefillChanged"})


@dataclass(frozen=True, slots=True)
class StoryLine:
    """One line: ``offset_s`` from dialling; ``source`` is ``telephone`` or ``hotline``."""

    offset_s: float
    source: str
    kind: str
    detail: str = ""


@dataclass(slots=True)
class SystemSide:
    """What the database says about the call.

    Attributes:
        call_id: "" when the database knows nothing of the call.
        lines: its events.
        transcript: who said what.
        ticket: number of the draft ticket, "" without one.
        recording: path in the archive, "" while there is none.
    """

    call_id: str = ""
    disposition: str = ""
    lines: list[StoryLine] = field(default_factory=list)
    transcript: list[tuple[str, str]] = field(default_factory=list)
    ticket: str = ""
    recording: str = ""


def telephone_side(call: PhoneCall) -> list[StoryLine]:
    """The telephone's own timeline."""
    return [StoryLine(event.at_s, "telephone", event.kind, event.detail) for event in call.events]


async def system_side(url: str, call: PhoneCall, deadline_s: float) -> SystemSide:
    """Wait until the system is done with the call, and say what it did.

    Args:
        url: of the database.
        call: over; found again by its SIP Call-ID.
        deadline_s: how long to wait for the call's end, its recording and its ticket.

    Raises:
        SQLAlchemyError: the database does not answer.
    """
    store = Store(url)
    loop = asyncio.get_running_loop()
    end = loop.time() + deadline_s
    try:
        while True:
            record = await store.calls.by_sip_call_id(
                call.sip_call_id, since=call.began_at - _CLOCK_MARGIN
            )
            side = await _read(store, record, call.began_at) if record else SystemSide()
            if loop.time() > end or (record and _is_done(record, side, call.is_answered)):
                return side
            await asyncio.sleep(_POLL_S)
    finally:
        await store.close()


def _is_done(record: Call, side: SystemSide, was_recorded: bool) -> bool:
    """Nothing more will come: answered calls are recorded, those a person answered have tickets."""
    return (
        record.ended_at is not None
        and bool(side.recording or not was_recorded)
        and bool(side.ticket or record.answered_at is None)
    )


async def _read(store: Store, record: Call, began_at: datetime) -> SystemSide:
    rows, turns, ticket, recording = await asyncio.gather(
        store.events.of_call(record.id),
        store.calls.transcript(record.id),
        store.tickets.of_call(record.id),
        store.calls.recording(record.id),
    )
    return SystemSide(
        call_id=record.id,
        disposition=record.disposition,
        lines=_lines(rows, began_at),
        transcript=[(turn.speaker, turn.text) for turn in turns],
        ticket=ticket.number if ticket else "",
        recording=recording.path if recording else "",
    )


def _lines(rows: Sequence[CallEventRow], began_at: datetime) -> list[StoryLine]:
    return [
        StoryLine(
            round((row.at - began_at).total_seconds(), 3),
            "hotline",
            re.sub(r"(?<!^)(?=[A-Z])", " ", row.type).lower(),
            _detail(row.data),
        )
        for row in rows
        if row.type not in _NOISE
    ]


def _detail(data: dict[str, Any]) -> str:
    said = [f"{name} {value}" for name, value in data.items() if value not in ("", None, [], {})]
    text = ", ".join(said)
    return text if len(text) <= _DETAIL_LENGTH else f"{text[: _DETAIL_LENGTH - 1]}…"
