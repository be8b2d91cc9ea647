"""When a recorded message happened, as far as the recording tells."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime

_EPOCH_IN_UNIQUEID = re.compile(r"(?:^|-)(\d{9,10})\.\d+$")
_KEYS = (
    "timestamp", "@timestamp", "$time", "_time", "time", "ts", "at", "received", "receivedat",
    "receivetime", "datetime", "date", "datereceived",
)  # fmt: skip
_EARLIEST = 315_532_800  # 1980: anything below is a counter, not a time
_MILLISECONDS = 10**11


def parse_time(value: object) -> datetime | None:
    """A time written as epoch seconds or milliseconds, or in ISO 8601; UTC if it has no zone."""
    if isinstance(value, bool) or value is None:
        return None
    text = str(value).strip()
    try:
        seconds = float(text)
    except ValueError:
        return _parse_iso(text)
    if seconds > _MILLISECONDS:
        seconds /= 1000
    if not _EARLIEST <= seconds <= _MILLISECONDS:
        return None
    return datetime.fromtimestamp(seconds, UTC)


def time_in(fields: Mapping[str, object]) -> datetime | None:
    """The time among the fields of a JSON object, under any of its usual names."""
    lowered = {str(name).lower().replace("_", ""): value for name, value in fields.items()}
    for key in _KEYS:
        found = parse_time(lowered.get(key.replace("_", "")))
        if found is not None:
            return found
    return None


def time_of_channel(fields: Mapping[str, object]) -> datetime | None:
    """When the channel began: a Uniqueid is epoch seconds, a dot, a counter."""
    for name, value in fields.items():
        if str(name).lower() in ("uniqueid", "destuniqueid", "linkedid"):
            match = _EPOCH_IN_UNIQUEID.search(str(value))
            if match:
                return parse_time(match.group(1))
    return None


def _parse_iso(text: str) -> datetime | None:
    try:
        parsed = datetime.fromisoformat(text.replace(",", "."))
    except ValueError:
        return None
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)
