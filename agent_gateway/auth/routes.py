"""POST /api/login, POST /api/logout, GET /api/me."""

from __future__ import annotations

import math

from aiohttp import web
from pydantic import BaseModel, Field

from agent_gateway.auth.principal import Principal, Role
from agent_gateway.auth.service import BadLoginError, TooManyTriesError
from agent_gateway.http.access import COOKIE
from agent_gateway.http.errors import ApiError
from agent_gateway.http.route import AnyRoute, Exchange, Nothing, Route, Strict
from config.settings import Settings


class LoginRequest(Strict):
    """Name and password."""

    username: str = Field(min_length=1, max_length=64)
    password: str = Field(min_length=1, max_length=256)


class UserView(BaseModel):
    """Who is logged in."""

    username: str
    display_name: str
    role: Role
    extension: str
    break_reasons: list[str] = []
    city: str = ""
    language: str = "zh"


class LoginReply(BaseModel):
    """``token`` is for programs (``Authorization: Bearer``); browsers get it as a cookie."""

    token: str
    user: UserView


async def login(exchange: Exchange[Nothing, LoginRequest]) -> web.Response:
    """Check the password and set the cookie."""
    auth = exchange.context.auth
    try:
        token, who = await auth.login(exchange.body.username, exchange.body.password, exchange.ip)
    except BadLoginError as error:
        raise ApiError(401, "bad_login", "用户名或密码错误", "wrong name or password") from error
    except TooManyTriesError as error:
        wait_s = math.ceil(error.wait_s)
        raise ApiError(
            429,
            "too_many_tries",
            f"尝试次数过多，请在 {wait_s} 秒后重试",
            f"too many tries; try again in {wait_s} s",
            headers={"Retry-After": str(wait_s)},
        ) from error
    reply = LoginReply(token=token, user=_view(exchange.context.settings, who))
    response = web.json_response(text=reply.model_dump_json())
    response.set_cookie(
        COOKIE,
        token,
        max_age=int(auth.lifetime.total_seconds()),
        httponly=True,
        samesite="Strict",
        secure=exchange.context.settings.web.secure_cookies,
        path="/",
    )
    return response


async def logout(exchange: Exchange[Nothing, Nothing]) -> web.Response:
    """End the session and take the cookie away."""
    await exchange.context.auth.logout(exchange.token, exchange.user, exchange.ip)
    exchange.context.live.forget_token(exchange.token)
    response = web.Response(status=204)
    response.del_cookie(COOKIE, path="/")
    return response


async def me(exchange: Exchange[Nothing, Nothing]) -> UserView:
    """Who the session belongs to."""
    return _view(exchange.context.settings, exchange.user)


def _view(settings: Settings, who: Principal) -> UserView:
    return UserView(
        username=who.username,
        display_name=who.display_name,
        role=who.role,
        extension=who.extension,
        break_reasons=list(settings.agents.break_reasons),
        city=settings.city.name,
        language=settings.city.language,
    )


ROUTES: tuple[AnyRoute, ...] = (
    Route(
        "POST",
        "/api/login",
        login,
        "Log in",
        "session",
        Nothing,
        LoginRequest,
        LoginReply,
        roles=None,
    ),
    Route("POST", "/api/logout", logout, "Log out", "session", Nothing, Nothing, status=204),
    Route("GET", "/api/me", me, "Who am I", "session", Nothing, Nothing, UserView),
)
