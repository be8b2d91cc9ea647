"""Writing call events and the records folded from them, in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from agent_gateway.store.engine import Engine
from agent_gateway.store.models import Call, CallAgent, CallEventRow, RecordingRow, TranscriptTurn
from agent_gateway.store.surveys import keep_answer
from agent_gateway.store.types import storable
from telephony.events import (
    CallEvent,
    ExtractionEnded,
    RecordingSealed,
    SurveyAnswered,
    TranscriptFinal,
    event_from_json,
    event_to_json,
)

Fold = Callable[[Call, CallEvent], str | None]
"""Changes the record by one event; returns the extension of an agent who took part, or None."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An event and its place in its call's order (rising integers, unique within the call)."""

    seq: int
    event: CallEvent


class Events:
    """The journal's side of the store."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def append(self, entries: Sequence[Entry], fold: Fold) -> None:
        """Keep the events and bring the calls, transcripts and recordings up to date.

        All or nothing; entries that are there already are passed over, so that a batch can be
        given again after a crash.

        Raises:
            SQLAlchemyError: nothing was written.
        """
        async with self._engine.write() as session:
            known = await _known(session, entries)
            calls: dict[str, Call] = {}
            for entry in entries:
                if (entry.event.call_id, entry.seq) in known:
                    continue
                await self._one(session, calls, entry, fold)
            await session.flush()

    async def of_call(self, call_id: str) -> list[CallEventRow]:
        """All events of a call in their order."""
        query = (
            select(CallEventRow).where(CallEventRow.call_id == call_id).order_by(CallEventRow.seq)
        )
        async with self._engine.read() as session:
            return list((await session.scalars(query)).all())

    async def extracted(self, call_id: str) -> Mapping[str, Any]:
        """What a language model has found in the call at last; empty when none was asked."""
        query = (
            select(CallEventRow.data)
            .where(CallEventRow.call_id == call_id, CallEventRow.type == ExtractionEnded.__name__)
            .order_by(CallEventRow.seq.desc())
        )
        async with self._engine.read() as session:
            for data in await session.scalars(query):
                if data["result"] == "ok":
                    found: Mapping[str, Any] = data["fields"]
                    return found
        return {}

    async def _one(
        self, session: AsyncSession, calls: dict[str, Call], entry: Entry, fold: Fold
    ) -> None:
        data = storable(event_to_json(entry.event))
        # From here on exactly what a database can keep, whatever came from outside.
        event = event_from_json(data)
        assert isinstance(event, CallEvent)
        name = data.pop("type")
        data.pop("call_id")
        data.pop("at")
        session.add(
            CallEventRow(call_id=event.call_id, seq=entry.seq, at=event.at, type=name, data=data)
        )
        call = calls.get(event.call_id) or await session.get(Call, event.call_id)
        if call is None:
            call = Call(id=event.call_id, arrived_at=event.at, path=[], disposition="in_progress")
            session.add(call)
            await session.flush()
        calls[event.call_id] = call
        if agent := fold(call, event):
            await session.merge(CallAgent(call_id=event.call_id, extension=agent))
        match event:
            case TranscriptFinal():
                await session.merge(_turn(event))
            case RecordingSealed():
                await self._sealed(session, event)
            case SurveyAnswered():
                await keep_answer(session, call, event)

    async def _sealed(self, session: AsyncSession, event: RecordingSealed) -> None:
        row = await session.get(RecordingRow, event.recording_id)
        if row is None:
            row = RecordingRow(call_id=event.recording_id)
            session.add(row)
        row.sha256, row.path = event.sha256, event.path
        row.duration_ms, row.size = event.duration_ms, event.size
        row.retain_until, row.sealed_at = event.retain_until, event.at


def _turn(event: TranscriptFinal) -> TranscriptTurn:
    return TranscriptTurn(
        call_id=event.call_id,
        speaker=event.speaker.value,
        turn=event.turn,
        text=event.text,
        start_ms=event.start_ms,
        end_ms=event.end_ms,
        started_at=event.started_at,
        confidence=event.confidence,
        engine=event.engine[:128],
    )


async def _known(session: AsyncSession, entries: Iterable[Entry]) -> set[tuple[str, int]]:
    keys = [(entry.event.call_id, entry.seq) for entry in entries]
    query = select(CallEventRow.call_id, CallEventRow.seq).where(
        tuple_(CallEventRow.call_id, CallEventRow.seq).in_(keys)
    )
    return {(call_id, seq) for call_id, seq in (await session.execute(query)).all()}
