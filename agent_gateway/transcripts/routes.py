"""GET /api/calls/{call_id}/transcript."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel

from agent_gateway.calls.access import visible_call
from agent_gateway.http.route import AnyRoute, Exchange, Nothing, Route


class TurnView(BaseModel):
    """One turn; ``start_ms`` and ``end_ms`` count from the start of the speaker's audio.

    ``confidence`` is 0..1, or -1 when the engine gives none.
    """

    speaker: str
    turn: int
    text: str
    start_ms: int
    end_ms: int
    started_at: datetime
    confidence: float
    engine: str


class TranscriptView(BaseModel):
    """All final turns in the order in which they began."""

    call_id: str
    turns: list[TurnView]


async def get_transcript(exchange: Exchange[Nothing, Nothing]) -> TranscriptView:
    """The transcript of one call."""
    call = await visible_call(exchange, "transcript.view")
    turns = await exchange.context.store.calls.transcript(call.id)
    return TranscriptView(
        call_id=call.id,
        turns=[TurnView.model_validate(turn, from_attributes=True) for turn in turns],
    )


ROUTES: tuple[AnyRoute, ...] = (
    Route(
        "GET",
        "/api/calls/{call_id}/transcript",
        get_transcript,
        "What was said in a call",
        "calls",
        Nothing,
        Nothing,
        TranscriptView,
    ),
)
