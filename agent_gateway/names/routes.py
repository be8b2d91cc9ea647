"""GET /api/names: what categories, departments, lines, queues and reasons are called."""

from __future__ import annotations

import asyncio

from pydantic import BaseModel

from agent_gateway.http.route import AnyRoute, Exchange, Nothing, Route
from asr.prefill.lexicon import lexicon
from asr.prefill.taxonomy import taxonomy


class NamesView(BaseModel):
    """Key -> name, in the order in which they are to be shown."""

    categories: dict[str, str]
    departments: dict[str, str]
    lines: dict[str, str]
    queues: dict[str, str]
    reject_reasons: dict[str, str]


def queue_names(queues: tuple[str, ...]) -> dict[str, str]:
    """Queues have no names of their own: the common one is simply the agents'."""
    names = {name: f"坐席队列 {name}" for name in queues}
    if queues:
        names[queues[0]] = "坐席队列"
    return names


async def names(exchange: Exchange[Nothing, Nothing]) -> NamesView:
    """All names."""
    context = exchange.context
    words = await asyncio.to_thread(lexicon)
    labels = await asyncio.to_thread(taxonomy)
    departments = {key: known[0] for key, known in words.departments.items()}
    queues: tuple[str, ...] = ()
    if context.targets is not None:
        directory = context.targets.directory
        departments |= {item.key: item.name for item in directory.departments}
        queues = context.targets.queues
    return NamesView(
        categories={key: item.name for key, item in words.categories.items()},
        departments=departments,
        lines=dict(context.line_names),
        queues=queue_names(queues),
        reject_reasons=dict(labels.reject_reasons),
    )


ROUTES: tuple[AnyRoute, ...] = (
    Route(
        "GET",
        "/api/names",
        names,
        "What categories, departments, lines, queues and reasons of refusal are called",
        "operation",
        Nothing,
        Nothing,
        NamesView,
    ),
)
