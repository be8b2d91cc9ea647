"""``agi://…/screening`` and ``…/inbound``: what happens to a call before it waits for a person."""

from ivr.inbound.handler import InboundHandler, Routing
from ivr.inbound.screening import ScreeningHandler
from ivr.inbound.standing import CallerStandings, Standing

__all__ = ["CallerStandings", "InboundHandler", "Routing", "ScreeningHandler", "Standing"]
