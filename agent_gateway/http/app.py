"""The web application: all routes, the WebSocket, the static page, and what guards them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from urllib.parse import urlsplit

import structlog
from aiohttp import web

from agent_gateway.agents.routes import ROUTES as AGENT_ROUTES
from agent_gateway.auth.routes import ROUTES as AUTH_ROUTES
from agent_gateway.callbacks.routes import ROUTES as CALLBACK_ROUTES
from agent_gateway.callers.routes import ROUTES as CALLER_ROUTES
from agent_gateway.calls.routes import ROUTES as CALL_ROUTES
from agent_gateway.configuration.routes import ROUTES as CONFIGURATION_ROUTES
from agent_gateway.http.context import GatewayContext
from agent_gateway.http.dispatch import MAX_BODY_BYTES, handler_for
from agent_gateway.http.errors import ApiError
from agent_gateway.http.health import ROUTES as HEALTH_ROUTES
from agent_gateway.http.operation import metrics_route, openapi_route
from agent_gateway.http.route import AnyRoute
from agent_gateway.knowledge.routes import ROUTES as KNOWLEDGE_ROUTES
from agent_gateway.live.endpoint import live_handler
from agent_gateway.missed.routes import ROUTES as MISSED_ROUTES
from agent_gateway.names.routes import ROUTES as NAME_ROUTES
from agent_gateway.numbers.answering import ROUTES as ANSWERING_ROUTES
from agent_gateway.numbers.routes import ROUTES as NUMBER_ROUTES
from agent_gateway.pinned.routes import ROUTES as PINNED_ROUTES
from agent_gateway.prompts.routes import ROUTES as PROMPT_ROUTES
from agent_gateway.quality.routes import ROUTES as QUALITY_ROUTES
from agent_gateway.recordings.routes import ROUTES as RECORDING_ROUTES
from agent_gateway.supervision.routes import ROUTES as SUPERVISION_ROUTES
from agent_gateway.survey.routes import ROUTES as SURVEY_ROUTES
from agent_gateway.telephones.routes import ROUTES as TELEPHONE_ROUTES
from agent_gateway.tickets.routes import ROUTES as TICKET_ROUTES
from agent_gateway.transcripts.routes import ROUTES as TRANSCRIPT_ROUTES
from agent_gateway.transfers.routes import ROUTES as TRANSFER_ROUTES
from agent_gateway.web import add_pages
from config.settings import SoftphoneSettings

log = structlog.get_logger(__name__)

_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "media-src 'self'; connect-src {connect}; manifest-src 'self'; base-uri 'none'; "
        "form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(self)",
}

ROUTES: tuple[AnyRoute, ...] = (
    *AUTH_ROUTES,
    *CALL_ROUTES,
    *TRANSCRIPT_ROUTES,
    *RECORDING_ROUTES,
    *TICKET_ROUTES,
    *MISSED_ROUTES,
    *KNOWLEDGE_ROUTES,
    *QUALITY_ROUTES,
    *SURVEY_ROUTES,
    *CALLBACK_ROUTES,
    *AGENT_ROUTES,
    *TELEPHONE_ROUTES,
    *SUPERVISION_ROUTES,
    *NUMBER_ROUTES,
    *NAME_ROUTES,
    *ANSWERING_ROUTES,
    *CALLER_ROUTES,
    *CONFIGURATION_ROUTES,
    *PROMPT_ROUTES,
    *TRANSFER_ROUTES,
    *PINNED_ROUTES,
    *HEALTH_ROUTES,
)


def build_app(context: GatewayContext) -> web.Application:
    """The application for an ``AppRunner``; see :class:`GatewayContext` for its surroundings."""
    app = web.Application(middlewares=[_plain_errors], client_max_size=MAX_BODY_BYTES)
    for route in (*ROUTES, metrics_route(), openapi_route(ROUTES)):
        app.router.add_route(route.method, route.path, handler_for(route, context))
    app.router.add_get("/ws", live_handler(context))
    add_pages(app, context.settings.softphone_dir)
    app.on_response_prepare.append(_guard(context.settings.softphone))

    async def listen(_app: web.Application) -> AsyncIterator[None]:
        async with (
            context.live.running(),
            context.metrics.running(),
            context.pinned.running(),
        ):
            yield

    async def hang_up(_app: web.Application) -> None:
        await context.live.close_all()

    app.cleanup_ctx.append(listen)
    app.on_shutdown.append(hang_up)
    return app


def _guard(
    softphone: SoftphoneSettings,
) -> Callable[[web.Request, web.StreamResponse], Awaitable[None]]:
    asterisk = urlsplit(softphone.address)
    connect = f"'self' {asterisk.scheme}://{asterisk.netloc}" if softphone.enabled else "'self'"
    headers = {name: value.replace("{connect}", connect) for name, value in _HEADERS.items()}

    async def guard_headers(request: web.Request, response: web.StreamResponse) -> None:
        # what runs here, and in which version, is nobody's business
        response.headers["Server"] = "hotline"
        for name, value in headers.items():
            response.headers.setdefault(name, value)
        if request.path.startswith("/api/"):
            response.headers.setdefault("Cache-Control", "no-store")

    return guard_headers


@web.middleware
async def _plain_errors(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Whatever goes wrong, the client gets a plain JSON error and the log gets the cause."""
    try:
        return await handler(request)
    except web.HTTPException as error:
        if error.status < 400:
            raise
        code = error.reason.lower().replace(" ", "_")
        message = {
            404: "没有此页面或接口",
            405: "此接口不支持该方法",
            413: "请求内容过大",
        }.get(error.status, "请求无法处理")
        headers = {"Allow": error.headers["Allow"]} if "Allow" in error.headers else {}
        return ApiError(error.status, code, message, error.reason, headers=headers).response()
    except ApiError as error:
        return error.response()
    except Exception:
        log.exception("http.handler_failed", method=request.method, path=request.path)
        return ApiError(
            500, "internal", "服务内部错误，已记录", "an internal error; it is in the log"
        ).response()
