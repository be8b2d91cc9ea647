"""GET, POST /api/pinned-targets; GET …/all, …/{number}/calls; POST …/{number}/withdraw."""

from __future__ import annotations

from datetime import UTC, datetime

from pydantic import Field

from agent_gateway.auth import Role
from agent_gateway.http.errors import in_both, no_telephony, not_found, refused_field
from agent_gateway.http.route import AnyRoute, Exchange, Nothing, Route, Strict
from agent_gateway.pinned.views import (
    NewPinnedTarget,
    PinnedCall,
    PinnedCalls,
    PinnedList,
    PinnedPage,
    PinnedRecord,
    PinnedView,
)
from agent_gateway.store import PinnedTarget
from telephony.transfers import DialRole, TargetError

STAFF = frozenset({Role.SUPERVISOR, Role.ADMIN})


class PinnedQuery(Strict):
    """Which page."""

    limit: int = Field(50, ge=1, le=200)
    offset: int = Field(0, ge=0, le=1_000_000)


async def current(exchange: Exchange[Nothing, Nothing]) -> PinnedList:
    """What is on the desks now."""
    return PinnedList(pinned=exchange.context.pinned.views)


async def everything(exchange: Exchange[PinnedQuery, Nothing]) -> PinnedPage:
    """All that ever were, with their uses."""
    store, query = exchange.context.store.pinned, exchange.query
    rows, total = await store.page(limit=query.limit, offset=query.offset)
    uses = await store.uses([row.id for row in rows])
    return PinnedPage(
        total=total, pinned=[PinnedRecord.full(row, uses.get(row.id, 0)) for row in rows]
    )


async def pin(exchange: Exchange[Nothing, NewPinnedTarget]) -> PinnedRecord:
    """Put a target on all desks for a time."""
    context, who, body = exchange.context, exchange.user, exchange.body
    if context.targets is None:
        raise no_telephony()
    now = datetime.now(UTC)
    if body.ends_at <= now:
        raise refused_field(409, "over", "ends_at", "结束时间已过", "ends_at is in the past")
    extensions = [user.extension or "" for user in await context.store.users.agents()]
    try:
        context.targets.check(body.target, DialRole.SUPERVISOR, extensions)
    except TargetError as error:
        raise refused_field(403, "target_refused", "target", *in_both(error)) from error
    await exchange.audit(
        f"pinned.{body.kind}",
        body.title,
        detail=f"{body.target} {body.starts_at.isoformat()} {body.ends_at.isoformat()}",
    )
    row = await context.store.pinned.add(
        PinnedTarget(**body.model_dump(), created_by=who.username, created_at=now, withdrawn_by="")
    )
    await context.pinned.refresh()
    return PinnedRecord.full(row, 0)


async def withdraw(exchange: Exchange[Nothing, Nothing]) -> PinnedRecord:
    """Take a target off the desks before its time."""
    context, who = exchange.context, exchange.user
    number = exchange.number("number")
    await exchange.audit("pinned.withdraw", str(number))
    row = await context.store.pinned.withdraw(number, at=datetime.now(UTC), by=who.username)
    if row is None:
        raise not_found("限时目标", "pinned target")
    await context.pinned.refresh()
    uses = await context.store.pinned.uses([row.id])
    return PinnedRecord.full(row, uses.get(row.id, 0))


async def calls(exchange: Exchange[Nothing, Nothing]) -> PinnedCalls:
    """The calls that were handed to it."""
    context, number = exchange.context, exchange.number("number")
    row = await context.store.pinned.get(number)
    if row is None:
        raise not_found("限时目标", "pinned target")
    await context.views.look(exchange.user, "pinned.calls", str(number), exchange.ip)
    found = []
    for use, call in await context.store.pinned.calls(number):
        known = {
            name: getattr(call, name)
            for name in ("line", "caller", "disposition", "talk_seconds")
            if call is not None
        }
        found.append(
            PinnedCall(call_id=use.call_id, at=use.at, by=use.by, transfer=use.transfer, **known)
        )
    return PinnedCalls(pinned=PinnedView.of(row), calls=found)


_PATH = "/api/pinned-targets"
ROUTES: tuple[AnyRoute, ...] = (
    Route(
        "GET",
        _PATH,
        current,
        "Targets that are on all desks now: leaders on duty, topics of the day",
        "transfers",
        Nothing,
        Nothing,
        PinnedList,
    ),
    Route(
        "GET",
        f"{_PATH}/all",
        everything,
        "All pinned targets, newest first, with the number of their uses",
        "transfers",
        PinnedQuery,
        Nothing,
        PinnedPage,
        roles=STAFF,
    ),
    Route(
        "POST",
        _PATH,
        pin,
        "Put a target on all desks for a time",
        "transfers",
        Nothing,
        NewPinnedTarget,
        PinnedRecord,
        roles=STAFF,
    ),
    Route(
        "POST",
        f"{_PATH}/{{number}}/withdraw",
        withdraw,
        "Take a pinned target off the desks",
        "transfers",
        Nothing,
        Nothing,
        PinnedRecord,
        roles=STAFF,
    ),
    Route(
        "GET",
        f"{_PATH}/{{number}}/calls",
        calls,
        "Calls that were handed to a pinned target",
        "transfers",
        Nothing,
        Nothing,
        PinnedCalls,
        roles=STAFF,
    ),
)
