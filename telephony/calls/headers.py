"""Reading an AMI message whatever its version: names in any case, values in any state."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

_UNKNOWN = {"<unknown>", "unknown", "<none>", "(none)", "none", "(null)", "n/a"}
_STATES = {
    "down": 0, "rsrvd": 1, "reserved": 1, "offhook": 2, "dialing": 3, "ring": 4, "ringing": 5,
    "up": 6, "busy": 7, "dialing offhook": 8, "pre-ring": 9,
}  # fmt: skip


class Headers:
    """A message's headers, lower-case names, text values."""

    __slots__ = ("values",)

    def __init__(self, message: Mapping[str, object]) -> None:
        self.values: dict[str, str] = {}
        for name, value in message.items():
            self.values.setdefault(str(name).strip().lower(), _text(value))

    def get(self, *names: str) -> str:
        """The first of these headers that is there and not empty; else ""."""
        for name in names:
            value = self.values.get(name)
            if value:
                return value
        return ""

    def known(self, *names: str) -> str:
        """As :meth:`get`, but Asterisk's ways to say "unknown" count as empty."""
        for name in names:
            value = self.values.get(name, "")
            if value and value.lower() not in _UNKNOWN:
                return value
        return ""

    def has(self, name: str) -> bool:
        """Whether the header is there at all, empty or not."""
        return name in self.values

    def number(self, *names: str) -> int:
        """The header as a whole number; 0 when absent or odd."""
        try:
            return int(float(self.get(*names) or 0))
        except (ValueError, OverflowError):
            return 0

    def flag(self, *names: str) -> bool:
        """The header as yes or no."""
        return self.get(*names).lower() in ("1", "yes", "true", "on")

    @property
    def event(self) -> str:
        """Name of the event, lower-case."""
        return self.get("event").lower()

    def state(self, prefix: str = "") -> int | None:
        """The channel's state (ast_channel_state: 4 ring, 5 ringing, 6 up), None when not told."""
        value = self.get(prefix + "channelstate", prefix + "state").lower()
        if value.isdigit():
            return int(value)
        described = self.get(prefix + "channelstatedesc").lower()
        return _STATES.get(value, _STATES.get(described))

    def caller(self, prefix: str = "") -> str:
        """The calling number of the channel."""
        number = self.known(prefix + "calleridnum", prefix + "callerid", prefix + "callerid#")
        # Asterisk 1.2 and some of 1.4: CallerID: "Name" <number>
        if number.endswith(">") and "<" in number:
            return number.rpartition("<")[2].rstrip(">")
        return number


def time_of(headers: Headers, arrived: datetime) -> datetime:
    """The message's own time (``timestampevents=yes``), else its arrival's."""
    stamp = headers.get("timestamp")
    if stamp:
        try:
            return datetime.fromtimestamp(float(stamp), UTC)
        except (ValueError, OverflowError, OSError):
            return arrived
    return arrived


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        return _text(value[0]) if value else ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()
