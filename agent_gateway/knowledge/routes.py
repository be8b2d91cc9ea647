"""/api/knowledge: everybody reads, supervisors and administrators write."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from pydantic import BaseModel, Field

from agent_gateway.http.errors import not_found
from agent_gateway.http.route import LEADERS, AnyRoute, Exchange, Nothing, Route, Strict
from agent_gateway.knowledge.search import KnowledgeIndex
from agent_gateway.knowledge.views import KnowledgeBody, KnowledgeList, KnowledgeView


class KnowledgeQuery(Strict):
    """``q``: words to search for; entries that are not true today only with ``all``."""

    q: str = Field("", max_length=200)
    category: str = Field("", max_length=64)
    all: bool = False
    limit: int = Field(50, ge=1, le=500)


class Removed(BaseModel):
    """The entry is gone; what it said is in the audit trail."""

    id: int


async def list_knowledge(exchange: Exchange[KnowledgeQuery, Nothing]) -> KnowledgeList:
    """Entries, or the best matches."""
    query, context = exchange.query, exchange.context
    today = None if query.all else datetime.now(context.settings.city.zone).date()
    rows = await context.store.knowledge.all(on=today)
    if query.q:
        found = await asyncio.to_thread(
            lambda: KnowledgeIndex(rows).search(query.q, category=query.category, limit=query.limit)
        )
        return KnowledgeList(entries=[KnowledgeView.of(row, score) for row, score in found])
    wanted = [row for row in rows if query.category in ("", row.category)]
    return KnowledgeList(entries=[KnowledgeView.of(row) for row in wanted[: query.limit]])


async def add_knowledge(exchange: Exchange[Nothing, KnowledgeBody]) -> KnowledgeView:
    """A new entry."""
    context, who = exchange.context, exchange.user
    row = await context.store.knowledge.add(
        exchange.body.as_entry(), by=who.username, at=datetime.now(UTC)
    )
    await context.store.audit.add(
        who.username, "knowledge.add", str(row.id), detail=row.title, ip=exchange.ip
    )
    return KnowledgeView.of(row)


async def replace_knowledge(exchange: Exchange[Nothing, KnowledgeBody]) -> KnowledgeView:
    """Another wording."""
    context, who = exchange.context, exchange.user
    row = await context.store.knowledge.replace(
        _number(exchange.path("number")),
        exchange.body.as_entry(),
        by=who.username,
        at=datetime.now(UTC),
    )
    if row is None:
        raise not_found("知识条目", "knowledge entry")
    await context.store.audit.add(
        who.username, "knowledge.change", str(row.id), detail=row.title, ip=exchange.ip
    )
    return KnowledgeView.of(row)


async def remove_knowledge(exchange: Exchange[Nothing, Nothing]) -> Removed:
    """Take an entry away."""
    context, who = exchange.context, exchange.user
    number = _number(exchange.path("number"))
    if not await context.store.knowledge.remove(number):
        raise not_found("知识条目", "knowledge entry")
    await context.store.audit.add(who.username, "knowledge.remove", str(number), ip=exchange.ip)
    return Removed(id=number)


def _number(text: str) -> int:
    # no database takes a greater number
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


_ALL, _ONE = "/api/knowledge", "/api/knowledge/{number}"

ROUTES: tuple[AnyRoute, ...] = (
    Route(
        "GET",
        _ALL,
        list_knowledge,
        "What agents may tell callers; with q the best matches",
        "knowledge",
        KnowledgeQuery,
        Nothing,
        KnowledgeList,
    ),
    Route(
        "POST",
        _ALL,
        add_knowledge,
        "A new entry",
        "knowledge",
        Nothing,
        KnowledgeBody,
        KnowledgeView,
        roles=LEADERS,
    ),
    Route(
        "PUT",
        _ONE,
        replace_knowledge,
        "Change an entry",
        "knowledge",
        Nothing,
        KnowledgeBody,
        KnowledgeView,
        roles=LEADERS,
    ),
    Route(
        "DELETE",
        _ONE,
        remove_knowledge,
        "Remove an entry",
        "knowledge",
        Nothing,
        Nothing,
        Removed,
        roles=LEADERS,
    ),
)
