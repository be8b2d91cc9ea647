"""AMI as it goes over the wire, and as people paste it into files."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime

from telephony.replay.clock import parse_time

Found = tuple[dict[str, object], datetime | None]

_STAMP = re.compile(
    r"^\s*\[?(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,6})?\d*(?:Z|[+-]\d\d:?\d\d)?)"
    r"\]?[\s:|>-]*"
)
_QUOTE = re.compile(r"^[\s>|#*]*(?:<--?|-->?|<<|>>)?\s*(?=[A-Za-z\[])")
_HEADER = re.compile(r"^([A-Za-z][A-Za-z0-9_-]*(?:\([^)]*\))?)\s*:(?: |\t|$)\s*(.*)$")
_PRINTED = re.compile(r"^\s*\[([A-Za-z][\w-]*)\] => (.*)$")
_STARTS = ("event", "response", "action")


def read_wire(text: str) -> list[Found]:
    """Every event and response in the text, with its time where it has one.

    Lines that are not headers (log lines, banners) are passed over; a message also ends where
    another begins, so lost empty lines do no harm.
    """
    return list(_messages(text))


def _messages(text: str) -> Iterator[Found]:
    fields: dict[str, object] = {}
    stamp: datetime | None = None
    for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n"):
        if not line.strip():
            yield from _finished(fields, stamp)
            fields, stamp = {}, None
            continue
        seen, rest = _stamped(line)
        header = _HEADER.match(_QUOTE.sub("", rest, count=1)) or _PRINTED.match(rest)
        if header is None:
            continue
        name, value = header.group(1), header.group(2).strip()
        if _begins_another(name.lower(), fields):
            yield from _finished(fields, stamp)
            fields, stamp = {}, None
        stamp = stamp or seen
        fields.setdefault(_known_name(fields, name), value)
    yield from _finished(fields, stamp)


def _stamped(line: str) -> tuple[datetime | None, str]:
    match = _STAMP.match(line)
    if match is None:
        return None, line
    return parse_time(match.group(1)), line[match.end() :]


def _known_name(fields: dict[str, object], name: str) -> str:
    """The name under which this header was met first: later ones do not count."""
    lowered = name.lower()
    return next((known for known in fields if known.lower() == lowered), name)


def _begins_another(name: str, fields: dict[str, object]) -> bool:
    if name not in _STARTS or not fields:
        return False
    present = {known.lower(): value for known, value in fields.items()}
    if name == "response" and str(present.get("event", "")).lower() == "originateresponse":
        return "response" in present
    return any(start in present for start in _STARTS)


def _finished(fields: dict[str, object], stamp: datetime | None) -> Iterator[Found]:
    lowered = {name.lower(): value for name, value in fields.items()}
    if "event" in lowered or ("response" in lowered and "action" not in lowered):
        own = parse_time(lowered.get("timestamp"))
        yield fields, own or stamp
