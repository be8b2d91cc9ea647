"""The HTTP side: one typed route table, and the application made from it."""

from agent_gateway.http.app import build_app
from agent_gateway.http.context import GatewayContext
from agent_gateway.http.health import Component

__all__ = ["Component", "GatewayContext", "build_app"]
