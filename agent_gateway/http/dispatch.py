"""From a declared route to an aiohttp handler."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable

import structlog
from aiohttp import web
from pydantic import BaseModel, ValidationError
from sqlalchemy.exc import SQLAlchemyError

from agent_gateway.auth import Principal
from agent_gateway.http.access import check_origin, token_of
from agent_gateway.http.conflicts import (
    AsRead,
    changed_meanwhile,
    lacks_read,
    read_missing,
    shared_by,
)
from agent_gateway.http.context import GatewayContext
from agent_gateway.http.errors import ApiError, details_of, forbidden, not_logged_in, unavailable
from agent_gateway.http.route import AnyRoute, Exchange, Nothing
from agent_gateway.privacy import UNMASK_ACTION, UNMASK_HEADER, masked_json, unmask_reason
from agent_gateway.store import ChangedMeanwhileError

log = structlog.get_logger(__name__)

# Not logged in, not allowed: worth a line, for it may be somebody trying doors.
_STRANGERS = frozenset({401, 403})

REQUEST_TIMEOUT_S = 30.0
MAX_BODY_BYTES = 64 << 10


def handler_for(
    route: AnyRoute, context: GatewayContext
) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """The handler which checks, calls the route's own handler and answers."""

    async def handle(request: web.Request) -> web.StreamResponse:
        began = time.monotonic()
        response = await _answer(route, context, request)
        context.metrics.seconds.labels(route.path).observe(time.monotonic() - began)
        context.metrics.requests.labels(route.path, str(response.status)).inc()
        return response

    return handle


async def _answer(
    route: AnyRoute, context: GatewayContext, request: web.Request
) -> web.StreamResponse:
    try:
        async with asyncio.timeout(REQUEST_TIMEOUT_S):
            exchange = await _exchange(route, context, request)
            masks = route.personal and await _masks(exchange, request)
            reply = await route.handler(exchange)
    except ApiError as error:
        if error.status in _STRANGERS and route.roles is not None:
            log.warning(
                "http.refused",
                method=request.method,
                path=request.path[:200],
                status=error.status,
                code=error.body.code,
                ip=request.remote,
            )
        return error.response()
    except ChangedMeanwhileError as error:
        thing = shared_by(route)
        if thing is None:
            raise
        return changed_meanwhile(thing, error.by).response()
    except TimeoutError:
        log.warning("http.timeout", method=request.method, path=request.path)
        return ApiError(
            503, "timeout", "处理超时，请稍后重试", "the request took too long; try again later"
        ).response()
    except (SQLAlchemyError, OSError) as error:
        log.warning(
            "http.store_failed", method=request.method, path=request.path, reason=str(error)[:300]
        )
        return unavailable().response()
    if isinstance(reply, BaseModel):
        text = await asyncio.to_thread(_masked_text, reply) if masks else reply.model_dump_json()
        return web.json_response(text=text, status=route.status)
    return reply


async def _masks(exchange: Exchange[BaseModel, BaseModel], request: web.Request) -> bool:
    """Whether the answer is masked; who wants to see all of it gives a reason, which is kept."""
    who, context = exchange.who, exchange.context
    if who is None or who.role not in context.settings.privacy.masked_roles:
        return False
    try:
        reason = unmask_reason(request.headers.get(UNMASK_HEADER))
    except ValidationError as error:
        raise ApiError(
            422,
            "no_reason",
            "查看完整个人信息须说明原因（2 至 200 字）",
            f"{UNMASK_HEADER} must tell why, in 2 to 200 characters",
        ) from error
    if reason:
        await context.store.audit.add(
            who.username, UNMASK_ACTION, request.path[:200], detail=reason, ip=exchange.ip
        )
    return not reason


def _masked_text(reply: BaseModel) -> str:
    return json.dumps(masked_json(reply.model_dump(mode="json")), ensure_ascii=False)


async def _exchange(
    route: AnyRoute, context: GatewayContext, request: web.Request
) -> Exchange[BaseModel, BaseModel]:
    token, by_cookie = token_of(request)
    check_origin(request, by_cookie=by_cookie)
    who = await _allowed(route, context, token)
    return Exchange(
        context=context,
        request=request,
        query=_query(route.query, request),
        body=await _body(route.body, request),
        who=who,
        ip=request.remote or "",
        token=token,
    )


async def _allowed(route: AnyRoute, context: GatewayContext, token: str) -> Principal | None:
    if route.roles is None:
        return None
    who = context.live.known(token) if route.urgent else None
    who = who or await context.auth.principal(token)
    if who is None:
        raise not_logged_in()
    if who.role not in route.roles:
        raise forbidden()
    return who


def _query(model: type[BaseModel], request: web.Request) -> BaseModel:
    if model is Nothing:
        # a stray parameter (a cache breaker, say) is no reason to refuse
        return Nothing()
    try:
        return model.model_validate(dict(request.query))
    except ValidationError as error:
        raise _invalid(model, error) from error


async def _body(model: type[BaseModel], request: web.Request) -> BaseModel:
    if model is Nothing:
        return Nothing()
    if request.content_type != "application/json":
        raise ApiError(
            415,
            "not_json",
            "请求体必须是 JSON（Content-Type: application/json）",
            "the body must be JSON (Content-Type: application/json)",
        )
    raw = await request.read()
    try:
        return model.model_validate_json(raw)
    except ValidationError as error:
        raise _invalid(model, error) from error


def _invalid(model: type[BaseModel], error: ValidationError) -> ApiError:
    faults = error.errors(include_url=False)
    if issubclass(model, AsRead) and lacks_read(faults):
        return read_missing(model.of)
    return ApiError(
        422,
        "invalid",
        "请求内容有误，请检查",
        "the request has faults; see details",
        details=details_of(faults),
    )
