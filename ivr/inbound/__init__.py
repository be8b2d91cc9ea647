"""``agi://…/inbound``: what happens to a call before it waits for a person."""

from ivr.inbound.handler import InboundHandler, Routing

__all__ = ["InboundHandler", "Routing"]
