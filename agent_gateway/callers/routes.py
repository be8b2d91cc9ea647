"""/api/callers/…: who is turned away (blocked), put forward (priority), left alone (no-survey)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, TypeVar

from agent_gateway.callers.known import KnownCallers
from agent_gateway.callers.views import (
    Block,
    LeaveInPeace,
    ListedCallerPage,
    ListedCallerView,
    ListQuery,
    Prefer,
)
from agent_gateway.http.errors import not_found, refused_field
from agent_gateway.http.route import LEADERS, AnyRoute, Exchange, Nothing, Route, Strict
from agent_gateway.store import ListedCaller
from agent_gateway.store.callers import CallerList
from config.numberplan import EMERGENCY_NUMBERS

if TYPE_CHECKING:
    from agent_gateway.http.context import GatewayContext

_Body = TypeVar("_Body", bound=Strict)


def _list(
    name: CallerList,
) -> Callable[[Exchange[ListQuery, Nothing]], Awaitable[ListedCallerPage]]:
    async def listed(exchange: Exchange[ListQuery, Nothing]) -> ListedCallerPage:
        query, context = exchange.query, exchange.context
        await context.views.look(
            exchange.user, f"callers.{name}.list", query.model_dump_json(), exchange.ip
        )
        rows, total = await context.store.callers.page(
            name,
            in_force_at=datetime.now(UTC) if query.state == "in_force" else None,
            number=_known(context).number(query.number) or query.number,
            limit=query.limit,
            offset=query.offset,
        )
        return ListedCallerPage(total=total, callers=[ListedCallerView.of(row) for row in rows])

    return listed


def _remove(
    name: CallerList,
) -> Callable[[Exchange[Nothing, Nothing]], Awaitable[ListedCallerView]]:
    async def remove(exchange: Exchange[Nothing, Nothing]) -> ListedCallerView:
        context = exchange.context
        known = _known(context)
        row = await context.store.callers.remove(
            name,
            exchange.number("id"),
            at=datetime.now(UTC),
            by=exchange.user.username,
            ip=exchange.ip,
        )
        if row is None:
            raise not_found("名单条目", "entry in force")
        known.listed(row)
        return ListedCallerView.of(row)

    return remove


async def block(exchange: Exchange[Nothing, Block]) -> ListedCallerView:
    """Put a number on the blocking list, for a time."""
    days = exchange.context.settings.callers.longest_block_days
    body = exchange.body
    if body.until > datetime.now(UTC) + timedelta(days=days):
        raise refused_field(
            422,
            "too_long",
            "until",
            f"最长只能限制 {days} 天",
            f"a number can be blocked for {days} days",
        )
    return await _add(exchange, "blocked", body.number, body.reason, body.until, 0)


async def prefer(exchange: Exchange[Nothing, Prefer]) -> ListedCallerView:
    """Put a number on the priority list."""
    body = exchange.body
    return await _add(exchange, "priority", body.number, body.reason, body.until, body.priority)


async def leave_in_peace(exchange: Exchange[Nothing, LeaveInPeace]) -> ListedCallerView:
    """Put a number on the list of those that are not rung for the survey."""
    body = exchange.body
    return await _add(exchange, "no_survey", body.number, body.reason, body.until, 0)


async def _add(
    exchange: Exchange[Nothing, Block]
    | Exchange[Nothing, LeaveInPeace]
    | Exchange[Nothing, Prefer],
    name: CallerList,
    raw: str,
    reason: str,
    until: datetime | None,
    priority: int,
) -> ListedCallerView:
    context, now = exchange.context, datetime.now(UTC)
    known = _known(context)
    number = known.number(raw)
    if len(number) < 3 or number in EMERGENCY_NUMBERS or number in context.line_names:
        raise refused_field(
            422,
            "not_a_caller",
            "number",
            "这不是可以登记的来电号码（应急号码、本热线的号码不能登记）",
            "this is no caller's number that can be listed (emergency lines and lines of this "
            "hotline cannot)",
        )
    if until is not None and until <= now:
        raise refused_field(422, "in_the_past", "until", "截止时间已经过去", "until is in the past")
    row = ListedCaller(
        list=name,
        number=number,
        reason=reason,
        priority=priority,
        until=until,
        created_at=now,
        created_by=exchange.user.username,
        removed_at=None,
        removed_by="",
    )
    try:
        row = await context.store.callers.add(row, ip=exchange.ip)
    except ValueError as error:
        raise refused_field(
            409, "listed", "number", "该号码已在名单中，请先移除", str(error)
        ) from error
    known.listed(row)
    return ListedCallerView.of(row)


def _known(context: GatewayContext) -> KnownCallers:
    if context.callers is None:
        raise not_found("名单", "list of callers")
    return context.callers


def _adding(
    name: CallerList,
    add: Callable[[Exchange[Nothing, _Body]], Awaitable[ListedCallerView]],
    body: type[_Body],
    summary: str,
) -> AnyRoute:
    path = _path(name)
    return Route(
        "POST", path, add, summary, "callers", Nothing, body, ListedCallerView, roles=LEADERS
    )


def _path(name: CallerList) -> str:
    return f"/api/callers/{name.replace('_', '-')}"


def _routes(name: CallerList, what: str, adding: AnyRoute) -> tuple[AnyRoute, ...]:
    path = _path(name)
    return (
        Route(
            "GET",
            path,
            _list(name),
            f"{what}, newest first",
            "callers",
            ListQuery,
            Nothing,
            ListedCallerPage,
            roles=LEADERS,
        ),
        adding,
        Route(
            "DELETE",
            path + "/{id}",
            _remove(name),
            "Take an entry off the list",
            "callers",
            Nothing,
            Nothing,
            ListedCallerView,
            roles=LEADERS,
        ),
    )


ROUTES: tuple[AnyRoute, ...] = (
    *_routes(
        "blocked",
        "Blocked numbers",
        _adding("blocked", block, Block, "Block a number for a time, with a reason"),
    ),
    *_routes(
        "priority",
        "Numbers that are put forward",
        _adding("priority", prefer, Prefer, "Put a number forward, with a reason"),
    ),
    *_routes(
        "no_survey",
        "Numbers that are not rung for the survey",
        _adding(
            "no_survey", leave_in_peace, LeaveInPeace, "Ring a number for no survey, with a reason"
        ),
    ),
)
