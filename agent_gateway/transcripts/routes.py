"""GET /api/calls/{call_id}/transcript."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime

from pydantic import BaseModel

from agent_gateway.calls.access import visible_call
from agent_gateway.http.route import AnyRoute, Exchange, Nothing, Route, Strict
from agent_gateway.store import TranscriptTurn
from asr.text import mask, readable


class TranscriptQuery(Strict):
    """``masked``: telephone, identity and card numbers behind asterisks."""

    masked: bool = False


class TurnView(BaseModel):
    """One turn; ``start_ms`` and ``end_ms`` count from the start of the speaker's audio.

    ``text`` is as it was heard, ``readable`` the same with figures and
    punctuation. ``confidence`` is 0..1, or -1 when the engine gives none.
    """

    speaker: str
    turn: int
    text: str
    readable: str
    start_ms: int
    end_ms: int
    started_at: datetime
    confidence: float
    engine: str


class TranscriptView(BaseModel):
    """All final turns in the order in which they began."""

    call_id: str
    turns: list[TurnView]


async def get_transcript(exchange: Exchange[TranscriptQuery, Nothing]) -> TranscriptView:
    """The transcript of one call."""
    call = await visible_call(exchange, "transcript.view")
    turns = await exchange.context.store.calls.transcript(call.id)
    return TranscriptView(
        call_id=call.id,
        turns=await asyncio.to_thread(_views, turns, masked=exchange.query.masked),
    )


def _views(turns: Sequence[TranscriptTurn], *, masked: bool) -> list[TurnView]:
    shown = mask if masked else str
    return [
        TurnView(
            speaker=turn.speaker,
            turn=turn.turn,
            text=shown(turn.text),
            readable=shown(readable(turn.text)),
            start_ms=turn.start_ms,
            end_ms=turn.end_ms,
            started_at=turn.started_at,
            confidence=turn.confidence,
            engine=turn.engine,
        )
        for turn in turns
    ]


ROUTES: tuple[AnyRoute, ...] = (
    Route(
        "GET",
        "/api/calls/{call_id}/transcript",
        get_transcript,
        "What was said in a call",
        "calls",
        TranscriptQuery,
        Nothing,
        TranscriptView,
    ),
)
