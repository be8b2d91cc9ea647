"""FastAGI: the dialplan asks, the service answers, and no failure of either stops the other."""

from ivr.fastagi.errors import AgiError, AgiProtocolError, AgiRefused, CallerGone
from ivr.fastagi.server import AgiServer, Handler
from ivr.fastagi.session import AgiSession, Keys, PlaybackFailed

__all__ = [
    "AgiError",
    "AgiProtocolError",
    "AgiRefused",
    "AgiServer",
    "AgiSession",
    "CallerGone",
    "Handler",
    "Keys",
    "PlaybackFailed",
]
