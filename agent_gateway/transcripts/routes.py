"""GET /api/calls/{call_id}/transcript."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from pydantic import BaseModel

from agent_gateway.calls.access import visible_call
from agent_gateway.http.route import AnyRoute, Exchange, Nothing, Route, Strict
from agent_gateway.store import SecondPass, SecondTurn, TranscriptTurn
from asr.text import mask, readable

Which = Literal["live", "second"]

BETTER_FROM = 0.5
"""Of the live transcript's length: a second one that is shorter has missed something."""


class TranscriptQuery(Strict):
    """``masked``: telephone, identity and card numbers behind asterisks.

    ``which``: the transcript of the call as it went on (``live``), the one made afterwards from the
    recording (``second``), or the better of the two.
    """

    masked: bool = False
    which: Literal["best", "live", "second"] = "best"


class TurnView(BaseModel):
    """One turn; ``start_ms`` and ``end_ms`` count from the start of the speaker's audio.

    Of a second transcript they count from the start of the recording. ``text`` is as it was heard,
    ``readable`` the same with figures and punctuation. ``confidence`` is 0..1, or -1 when the
    engine gives none.
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


class SecondPassView(BaseModel):
    """How it stands with hearing the call again.

    ``state``: none (the line's calls are not), waiting, done, or failed for that ``reason``.
    """

    state: str
    engine: str = ""
    reason: str = ""
    ended_at: datetime | None = None


class TranscriptView(BaseModel):
    """All final turns in the order in which they began; ``which`` transcript they are."""

    call_id: str
    which: Which
    second: SecondPassView
    turns: list[TurnView]


async def get_transcript(exchange: Exchange[TranscriptQuery, Nothing]) -> TranscriptView:
    """The transcript of one call."""
    call = await visible_call(exchange, "transcript.view")
    store, query = exchange.context.store, exchange.query
    live = await store.calls.transcript(call.id)
    known = await store.second.of_call(call.id)
    done = known is not None and known.state == "done"
    second = await store.second.transcript(call.id) if done else []
    which = _better(live, second) if query.which == "best" else query.which
    turns: Sequence[TranscriptTurn | SecondTurn] = live if which == "live" else second
    return TranscriptView(
        call_id=call.id,
        which=which,
        second=_standing(known),
        turns=await asyncio.to_thread(_views, turns, masked=query.masked),
    )


def _better(live: Sequence[TranscriptTurn], second: Sequence[SecondTurn]) -> Which:
    """The second, unless there is none or it has lost much."""
    lengths = [sum(len(turn.text) for turn in turns) for turns in (live, second)]
    return "second" if second and lengths[1] >= BETTER_FROM * lengths[0] else "live"


def _standing(known: SecondPass | None) -> SecondPassView:
    if known is None:
        return SecondPassView(state="none")
    return SecondPassView(
        state=known.state, engine=known.engine, reason=known.reason, ended_at=known.ended_at
    )


def _views(turns: Sequence[TranscriptTurn | SecondTurn], *, masked: bool) -> list[TurnView]:
    shown = mask if masked else str
    return [
        TurnView(
            speaker=turn.speaker,
            turn=turn.turn,
            text=shown(turn.text),
            readable=shown(turn.readable if isinstance(turn, SecondTurn) else readable(turn.text)),
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
