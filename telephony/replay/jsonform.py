"""AMI messages kept as JSON: a list, an object holding one, objects line by line."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from datetime import datetime

from telephony.replay.clock import time_in
from telephony.replay.wireform import Found, read_wire

_WRAPPERS = (
    "event", "headers", "message", "data", "payload", "fields", "ami", "body", "params", "raw",
)  # fmt: skip
_LISTS = ("events", "messages", "items", "records", "log", "entries", "data")
_NAMES = ("event", "eventname", "eventtype", "type", "name")
_DEPTH = 6


def read_json(text: str) -> list[Found]:
    """Every message in JSON text; empty if there is none (then it may be wire format)."""
    head = text.lstrip()[:1]
    if head not in ("{", "["):
        return []
    return [found for value in _values(text) for found in _messages(value, None, 0)]


def _values(text: str) -> Iterator[object]:
    """JSON values one after the other; an unfinished or broken one costs only itself."""
    decoder = json.JSONDecoder()
    stripped = text.strip()
    try:
        yield decoder.decode(stripped)
    except (ValueError, RecursionError):
        pass
    else:
        return
    position = 0
    while (position := stripped.find("{", position)) >= 0:
        try:
            value, position = decoder.raw_decode(stripped, position)
        except (ValueError, RecursionError):
            end = stripped.find("\n", position)
            line = stripped[position : end if end >= 0 else len(stripped)].rstrip(" ,\r]")
            position += 1
            value = _python_literal(line)
            if value is None:
                continue
            position += len(line) - 1
        yield value


def _python_literal(line: str) -> object:
    """A dictionary as Python prints it."""
    if not line.startswith("{'") or len(line) > 100_000:
        return None
    try:
        value: object = ast.literal_eval(line)
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        return None
    return value


def _messages(value: object, outer: datetime | None, depth: int) -> Iterator[Found]:
    if depth > _DEPTH:
        return
    if isinstance(value, str):
        for fields, at in read_wire(value):
            yield fields, at or outer
    elif isinstance(value, list):
        if _is_pairs(value):
            yield from _messages({str(k): v for k, v in value}, outer, depth + 1)
        elif value and all(isinstance(line, str) and ":" in line for line in value):
            yield from _messages("\n".join(value), outer, depth + 1)
        else:
            for item in value:
                yield from _messages(item, outer, depth + 1)
    elif isinstance(value, dict):
        yield from _from_object(value, outer, depth)


def _from_object(value: dict[str, object], outer: datetime | None, depth: int) -> Iterator[Found]:
    at = time_in(value) or outer
    lowered = {str(name).lower().replace("_", ""): item for name, item in value.items()}
    inner = next((lowered[w] for w in _WRAPPERS if isinstance(lowered.get(w), dict)), None)
    name = next((lowered[n] for n in _NAMES if isinstance(lowered.get(n), str)), "")
    if isinstance(inner, dict):
        within = {str(n).lower() for n in inner}
        if within & {"event", "response"} or not name:
            yield from _messages(inner, at, depth + 1)
        else:
            yield {**inner, "Event": _plain_name(str(name))}, time_in(inner) or at
        return
    if isinstance(lowered.get("event"), str):
        fields: dict[str, object] = {n: v for n, v in value.items() if not isinstance(v, dict)}
        yield _renamed(fields, _plain_name(str(lowered["event"]))), at
        return
    for key in (*_LISTS, *_WRAPPERS):
        if isinstance(lowered.get(key), list | str) and key != "response":
            found = list(_messages(lowered[key], at, depth + 1))
            if found:
                yield from found
                return
    if "response" in lowered:
        yield value, at
    elif name and {"channel", "uniqueid", "queue", "channel1", "destchannel"} & set(lowered):
        yield {**value, "Event": _plain_name(str(name))}, at


def _renamed(fields: dict[str, object], name: str) -> dict[str, object]:
    return {n: v for n, v in fields.items() if str(n).lower() != "event"} | {"Event": name}


def _plain_name(name: str) -> str:
    """``NewChannelEvent``, as some libraries call it, is ``NewChannel``."""
    name = name.strip()
    if name.lower().endswith("event") and name.lower() not in ("userevent", "event"):
        return name[: -len("event")]
    return name


def _is_pairs(value: list[object]) -> bool:
    return bool(value) and all(
        isinstance(pair, list) and len(pair) == 2 and isinstance(pair[0], str) for pair in value
    )
