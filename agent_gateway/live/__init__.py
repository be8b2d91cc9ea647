"""What happens now, on the screens: the hub behind the WebSocket."""

from agent_gateway.live.hub import LiveHub

__all__ = ["LiveHub"]
