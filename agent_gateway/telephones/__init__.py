"""Which telephone an agent has: the browser (WebRTC, straight to Asterisk) or one on the desk."""

from agent_gateway.telephones.telephones import TelephoneError, TelephoneKind, Telephones

__all__ = ["TelephoneError", "TelephoneKind", "Telephones"]
