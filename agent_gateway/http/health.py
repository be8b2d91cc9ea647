"""Whether the service is fit for work."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import structlog
from aiohttp import web
from pydantic import BaseModel
from sqlalchemy.exc import SQLAlchemyError

from agent_gateway.http.route import AnyRoute, Exchange, Nothing, Route

log = structlog.get_logger(__name__)

Status = Literal["ok", "degraded", "down"]
DATABASE_TIMEOUT_S = 2.0
MIN_FREE_BYTES = 500 << 20


@dataclass(frozen=True, slots=True)
class Component:
    """One part of the service. A part that is not ``ok`` but not ``vital`` costs features only."""

    ok: bool
    detail: str = ""
    vital: bool = True


class ComponentView(BaseModel):
    """One part."""

    ok: bool
    detail: str


class HealthView(BaseModel):
    """``down`` comes with status 503: a vital part has failed."""

    status: Status
    components: dict[str, ComponentView]


async def health(exchange: Exchange[Nothing, Nothing]) -> web.Response:
    """Ask every part."""
    context = exchange.context
    parts = {name: _ask(name, check) for name, check in context.checks.items()}
    parts["database"] = await _database(exchange)
    parts["disk"] = await _disk(exchange)
    if context.journal is not None:
        status = context.journal.status
        parts["journal"] = Component(
            ok=not status.spooling and status.lost == 0,
            detail=f"pending {status.pending}, spooling {status.spooling}, lost {status.lost}",
            vital=False,
        )
    if any(not part.ok and part.vital for part in parts.values()):
        overall: Status = "down"
    else:
        overall = "ok" if all(part.ok for part in parts.values()) else "degraded"
    components = {
        name: ComponentView(ok=part.ok, detail=part.detail) for name, part in parts.items()
    }
    view = HealthView(status=overall, components=components)
    return web.json_response(text=view.model_dump_json(), status=503 if overall == "down" else 200)


def _ask(name: str, check: Callable[[], Component]) -> Component:
    try:
        return check()
    except Exception as error:  # a broken check must not take the others' answers away
        log.exception("health.check_failed", component=name)
        return Component(ok=False, detail=type(error).__name__)


async def _database(exchange: Exchange[Nothing, Nothing]) -> Component:
    try:
        async with asyncio.timeout(DATABASE_TIMEOUT_S):
            await exchange.context.store.ping()
    except (SQLAlchemyError, OSError, TimeoutError) as error:
        return Component(ok=False, detail=type(error).__name__)
    return Component(ok=True)


async def _disk(exchange: Exchange[Nothing, Nothing]) -> Component:
    try:
        usage = await asyncio.to_thread(shutil.disk_usage, exchange.context.settings.data_dir)
    except OSError as error:
        return Component(ok=False, detail=error.strerror or "unreadable")
    return Component(ok=usage.free >= MIN_FREE_BYTES, detail=f"{usage.free >> 20} MiB free")


ROUTES: tuple[AnyRoute, ...] = (
    Route(
        "GET",
        "/healthz",
        health,
        "Whether the service is fit for work; 503 when a vital part is not",
        "operation",
        Nothing,
        Nothing,
        HealthView,
        roles=None,
    ),
)
