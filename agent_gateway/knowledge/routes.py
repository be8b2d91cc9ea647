"""/api/knowledge: everybody reads, supervisors and administrators write."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from pydantic import BaseModel, Field

from agent_gateway.http.errors import not_found
from agent_gateway.http.route import LEADERS, AnyRoute, B, Exchange, Nothing, Route, Strict
from agent_gateway.knowledge.search import KnowledgeIndex
from agent_gateway.knowledge.views import (
    EntryAsRead,
    KnowledgeBody,
    KnowledgeChange,
    KnowledgeList,
    KnowledgeView,
)
from agent_gateway.store import KnowledgeEntry

if TYPE_CHECKING:
    from agent_gateway.http.context import GatewayContext


class KnowledgeQuery(Strict):
    """``q``: words to search for; entries that are not true today only with ``all``."""

    q: str = Field("", max_length=200)
    category: str = Field("", max_length=64)
    all: bool = False
    limit: int = Field(50, ge=1, le=500)
    offset: int = Field(0, ge=0, le=1_000_000)


class Removed(BaseModel):
    """The entry is gone; its title and text (its beginning) are in the audit trail."""

    id: int


async def list_knowledge(exchange: Exchange[KnowledgeQuery, Nothing]) -> KnowledgeList:
    """Entries, the latest change first, or the best matches."""
    query, context = exchange.query, exchange.context
    today = _today(context)
    rows = await context.store.knowledge.all(on=None if query.all else today)
    found: list[tuple[KnowledgeEntry, float | None]]
    if query.q:
        found = [
            *await asyncio.to_thread(
                lambda: KnowledgeIndex(rows).search(
                    query.q, category=query.category, limit=len(rows)
                )
            )
        ]
    else:
        found = [(row, None) for row in rows if query.category in ("", row.category)]
        found.sort(key=lambda one: one[0].updated_at, reverse=True)
    page = found[query.offset : query.offset + query.limit]
    return KnowledgeList(
        total=len(found),
        entries=[KnowledgeView.of(row, today=today, score=score) for row, score in page],
    )


async def get_knowledge(exchange: Exchange[Nothing, Nothing]) -> KnowledgeView:
    """One entry."""
    context = exchange.context
    row = await context.store.knowledge.get(exchange.number("number"))
    if row is None:
        raise not_found("知识条目", "knowledge entry")
    return KnowledgeView.of(row, today=_today(context))


async def add_knowledge(exchange: Exchange[Nothing, KnowledgeBody]) -> KnowledgeView:
    """A new entry."""
    context, who = exchange.context, exchange.user
    row = await context.store.knowledge.add(
        exchange.body.as_entry(), by=who.username, at=datetime.now(UTC)
    )
    await exchange.audit("knowledge.add", str(row.id), detail=row.title)
    return KnowledgeView.of(row, today=_today(context))


async def replace_knowledge(exchange: Exchange[Nothing, KnowledgeChange]) -> KnowledgeView:
    """Another wording."""
    body = exchange.body
    changing = exchange.context.store.knowledge.replace(
        exchange.number("number"),
        body.as_entry(),
        by=exchange.user.username,
        at=datetime.now(UTC),
        read=body.read,
    )
    return await _changed(exchange, "knowledge.change", changing)


async def retire_knowledge(exchange: Exchange[Nothing, EntryAsRead]) -> KnowledgeView:
    """Take an entry out of use and keep it."""
    retiring = exchange.context.store.knowledge.retire(
        exchange.number("number"),
        today=_today(exchange.context),
        by=exchange.user.username,
        at=datetime.now(UTC),
        read=exchange.body.read,
    )
    return await _changed(exchange, "knowledge.retire", retiring)


async def _changed(
    exchange: Exchange[Nothing, B], action: str, change: Awaitable[KnowledgeEntry | None]
) -> KnowledgeView:
    row = await change
    if row is None:
        raise not_found("知识条目", "knowledge entry")
    await exchange.audit(action, str(row.id), detail=row.title)
    return KnowledgeView.of(row, today=_today(exchange.context))


async def remove_knowledge(exchange: Exchange[EntryAsRead, Nothing]) -> Removed:
    """Take an entry away."""
    context = exchange.context
    number, read = exchange.number("number"), exchange.query.read
    row = await context.store.knowledge.remove(number, read=read)
    if row is None:
        raise not_found("知识条目", "knowledge entry")
    await exchange.audit("knowledge.remove", str(row.id), detail=f"{row.title}: {row.text}")
    return Removed(id=row.id)


def _today(context: GatewayContext) -> date:
    return datetime.now(context.settings.city.zone).date()


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
        personal=False,
    ),
    Route(
        *("POST", _ALL, add_knowledge, "A new entry"),
        *("knowledge", Nothing, KnowledgeBody, KnowledgeView),
        roles=LEADERS,
        personal=False,
    ),
    Route(
        *("GET", _ONE, get_knowledge, "An entry"),
        *("knowledge", Nothing, Nothing, KnowledgeView),
        personal=False,
    ),
    Route(
        *("PUT", _ONE, replace_knowledge, "Change an entry"),
        *("knowledge", Nothing, KnowledgeChange, KnowledgeView),
        roles=LEADERS,
        personal=False,
    ),
    Route(
        "POST",
        f"{_ONE}/retire",
        retire_knowledge,
        "Take an entry out of use from today on, and keep it",
        "knowledge",
        Nothing,
        EntryAsRead,
        KnowledgeView,
        roles=LEADERS,
        personal=False,
    ),
    Route(
        *("DELETE", _ONE, remove_knowledge, "Remove an entry"),
        *("knowledge", EntryAsRead, Nothing, Removed),
        roles=LEADERS,
    ),
)
