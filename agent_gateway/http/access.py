"""Who sends a request, and whether their browser was tricked into it."""

from __future__ import annotations

from urllib.parse import urlsplit

from aiohttp import web

from agent_gateway.http.errors import ApiError

COOKIE = "hotline_session"
_HARMLESS = frozenset({"GET", "HEAD", "OPTIONS"})


def token_of(request: web.Request) -> tuple[str, bool]:
    """The session token, and whether a cookie brought it. ("", False) when there is none."""
    scheme, _, value = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer" and value.strip():
        return value.strip(), False
    return (cookie, True) if (cookie := request.cookies.get(COOKIE, "")) else ("", False)


def check_origin(request: web.Request, *, by_cookie: bool, upgrade: bool = False) -> None:
    """Refuse what another site makes a browser send.

    A cookie goes along with requests that other sites cause, so then the browser must say that the
    page is ours (Origin, or Sec-Fetch-Site where there is no Origin). An Origin of another site is
    refused in any case.

    Args:
        request: the request.
        by_cookie: the session came by cookie.
        upgrade: a WebSocket, which counts as a change although it is a GET.

    Raises:
        ApiError: 403.
    """
    if request.method in _HARMLESS and not upgrade:
        return
    origin = request.headers.get("Origin")
    if origin is not None:
        ours = _host(origin) == request.host.lower()
    else:
        ours = not by_cookie or request.headers.get("Sec-Fetch-Site") == "same-origin"
    if not ours:
        raise ApiError(
            403,
            "foreign_origin",
            "请求来自其他网站，已拒绝",
            "the request comes from another site; with a cookie an Origin header of this host is "
            "needed",
        )


def _host(origin: str) -> str:
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return ""
