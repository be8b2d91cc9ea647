"""GET /api/calls/{call_id}/quality."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel

from agent_gateway.calls.access import visible_call
from agent_gateway.http.route import LEADERS, AnyRoute, Exchange, Nothing, Route


class HintView(BaseModel):
    """A rule that a turn broke. ``detail``: the words, or how long."""

    at: datetime
    rule: str
    detail: str
    speaker: str
    turn: int
    text: str


class HintList(BaseModel):
    """All hints of a call in their order."""

    call_id: str
    hints: list[HintView]


async def get_quality(exchange: Exchange[Nothing, Nothing]) -> HintList:
    """What a supervisor should look at in a call."""
    call = await visible_call(exchange, "quality.view")
    events = await exchange.context.store.events.of_call(call.id)
    hints = [
        HintView.model_validate({**one.data, "at": one.at})
        for one in events
        if one.type == "QualityHint"
    ]
    return HintList(call_id=call.id, hints=hints)


ROUTES: tuple[AnyRoute, ...] = (
    Route(
        "GET",
        "/api/calls/{call_id}/quality",
        get_quality,
        "What a supervisor should look at in a call",
        "calls",
        Nothing,
        Nothing,
        HintList,
        roles=LEADERS,
    ),
)
