"""/metrics and /openapi.json."""

from __future__ import annotations

import asyncio
import ipaddress
import json
from collections.abc import Sequence
from functools import cache

from aiohttp import web
from prometheus_client import generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from agent_gateway.auth import Role
from agent_gateway.http.errors import forbidden
from agent_gateway.http.openapi import openapi
from agent_gateway.http.route import AnyRoute, Exchange, Nothing, Route


def metrics_route() -> AnyRoute:
    """Prometheus figures, for this machine and for administrators."""

    async def metrics(exchange: Exchange[Nothing, Nothing]) -> web.Response:
        if not _loopback(exchange.ip):
            who = await exchange.context.auth.principal(exchange.token)
            if who is None or who.role is not Role.ADMIN:
                raise forbidden()
        # gathering reads plain numbers only; the text is long enough to leave the loop for it
        text = await asyncio.to_thread(generate_latest, exchange.context.metrics.registry)
        return web.Response(body=text, headers={"Content-Type": CONTENT_TYPE_LATEST})

    return Route(
        "GET",
        "/metrics",
        metrics,
        "Figures for Prometheus; open on the loopback address and to administrators",
        "operation",
        Nothing,
        Nothing,
        media="text/plain",
        roles=None,
    )


def openapi_route(routes: Sequence[AnyRoute]) -> AnyRoute:
    """The document of these routes, made when it is first asked for: that takes a while."""

    @cache
    def text() -> str:
        return json.dumps(openapi([*routes, metrics_route()]), ensure_ascii=False)

    async def document(_exchange: Exchange[Nothing, Nothing]) -> web.Response:
        return web.json_response(text=await asyncio.to_thread(text))

    return Route(
        "GET",
        "/openapi.json",
        document,
        "This document",
        "operation",
        Nothing,
        Nothing,
        roles=None,
        documented=False,
    )


def _loopback(ip: str) -> bool:
    try:
        return ipaddress.ip_address(ip).is_loopback
    except ValueError:
        return False
