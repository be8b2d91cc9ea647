"""What a channel's name says, e.g. ``PJSIP/agent-8001-0000002a`` or ``Local/8001@agents-01;2``."""

from __future__ import annotations

import re
from dataclasses import dataclass

# Made by Asterisk for its own ends: no telephone is behind them. AsyncGoto, Surrogate, Bridge and
# Parked stand in for another channel until a masquerade gives them its name.
_INTERNAL = {
    "local", "cbann", "cbrec", "recorder", "announcer", "snoop", "unicastrtp", "multicastrtp",
    "audiosocket", "websocket", "message", "outgoingspoolfailed", "bucket", "test", "phonetest",
    "externalmedia", "confbridge", "surrogate", "asyncgoto", "bridge", "parked", "transfered",
    "parkingannouncer", "wakeup", "null", "feature",
}  # fmt: skip
_MARKS = re.compile(r"<(?:ZOMBIE|MASQ)>", re.I)
_LOCAL_HALF = re.compile(r"[;,]([12])$")
_SERIAL = re.compile(r"-[0-9A-Za-z]+$")


@dataclass(frozen=True, slots=True)
class ChannelName:
    """A channel's name taken apart.

    Attributes:
        full: as Asterisk gave it.
        technology: ``PJSIP``, ``SIP``, ``IAX2``, ``DAHDI`` …
        endpoint: technology/resource without the serial number: ``PJSIP/agent-8001``.
        half: "1" or "2" for the ends of a Local channel, else "".
        pair: same for both ends of a Local channel, else "".
        ghost: what is left of a channel after a masquerade; its end is nobody's hanging up.
    """

    full: str
    technology: str
    endpoint: str
    half: str
    pair: str
    ghost: bool

    @property
    def person(self) -> bool:
        """Whether a telephone or trunk is behind the channel."""
        if self.endpoint.lower().endswith("/pseudo"):
            return False
        return bool(self.technology) and self.technology.lower() not in _INTERNAL

    @property
    def resource(self) -> str:
        """The endpoint without its technology: ``agent-8001``."""
        return self.endpoint.partition("/")[2]


def parse_channel(name: str) -> ChannelName:
    """Take a channel's name apart; any text is accepted."""
    ghost = bool(_MARKS.search(name))
    plain = _MARKS.sub("", name).strip()
    half = _LOCAL_HALF.search(plain) if plain.lower().startswith("local/") else None
    pair = plain[: half.start()] if half else ""
    base = pair or plain
    technology, slash, _ = base.partition("/")
    endpoint = _SERIAL.sub("", base) if "-" in base.rpartition("/")[2] else base
    return ChannelName(
        full=name,
        technology=technology if slash else "",
        endpoint=endpoint,
        half=half.group(1) if half else "",
        pair=pair,
        ghost=ghost,
    )


def endpoint_of(interface: str) -> str:
    """A queue member's interface as an endpoint, without Local's options (``/n``)."""
    return (
        re.sub(r"/n[jbm]*$", "", interface) if interface.lower().startswith("local/") else interface
    )


def number_in(dial_string: str) -> str:
    """The number in what was dialled: ``trunk/138…``, ``138…@trunk``, ``SIP/138…``, ``8001``."""
    target = dial_string.partition(",")[0].partition("|")[0]
    for part in reversed(target.split("/")):
        number = part.partition("@")[0].rpartition(":")[2]
        if number:
            return number
    return target
