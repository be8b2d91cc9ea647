"""Any answer or message, with what is a person's masked: one place for REST, WebSocket and export.

Keys say what a text is: names and numbers are masked as such, in whatever people said or wrote
numbers of seven digits and more, and the caller's name wherever it is known.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from asr.text import mask
from asr.text.masking import mask_name, mask_number

_NUMBERS: Final = frozenset({"caller", "citizen", "number", "callback_phone", "connected"})
_NAMES: Final = frozenset({"caller_name"})
_TEXTS: Final = frozenset({
    "text", "readable", "words", "detail", "note", "value", "previous", "evidence", "location",
    "address", "target", "reason",
})  # fmt: skip
_SHORTEST_NAME: Final = 2
# written by the staff, to be told to everybody: numbers in it are to be read out
_PUBLIC: Final = frozenset({"knowledge"})
# 20260302 000001: a ticket's number is nobody's
_TICKET: Final = re.compile(r"20\d{12}")


def masked_json(data: Any) -> Any:
    """The same JSON value without names and personal numbers in full.

    Args:
        data: plain JSON values (``model_dump(mode="json")``).
    """
    names = sorted({one for one in _names(data) if len(one) >= _SHORTEST_NAME}, key=len)
    return _masked(data, "", tuple(reversed(names)))


def _masked(data: Any, key: str, names: tuple[str, ...]) -> Any:
    match data:
        case str() if data:
            return _text(data, key, names)
        case Mapping() if key in _NUMBERS | _NAMES:
            return {name: _of_person(one, name, key, names) for name, one in data.items()}
        case Mapping():
            return {
                name: one if name in _PUBLIC else _masked(one, name, names)
                for name, one in data.items()
            }
        case list():
            return [_masked(one, key, names) for one in data]
        case _:
            return data


def _of_person(data: Any, name: str, field: str, names: tuple[str, ...]) -> Any:
    """A ticket's field that is a name or a number: {value, evidence, previous, …}."""
    if name in ("value", "previous") and isinstance(data, str):
        return _text(data, field, names)
    if name == "evidence" and isinstance(data, list):
        # dictated in pieces, none of which is long enough to look like a number
        return [_hidden(one) for one in data]
    return _masked(data, name, names)


def _hidden(piece: Any) -> Any:
    if isinstance(piece, dict) and isinstance(words := piece.get("words"), str):
        return {**piece, "words": "*" * len(words)}
    return piece


def _text(data: str, key: str, names: tuple[str, ...]) -> str:
    if key in _NAMES:
        return mask_name(data)
    if key in _NUMBERS:
        return data if _TICKET.fullmatch(data) else mask_number(data)
    if key not in _TEXTS and key not in ("title", "summary"):
        return data
    for name in names:
        data = data.replace(name, mask_name(name))
    return mask(data)


def _names(data: Any) -> Iterator[str]:
    match data:
        case Mapping():
            for key, one in data.items():
                if key in _NAMES:
                    value = one.get("value") if isinstance(one, Mapping) else one
                    if isinstance(value, str):
                        yield value
                else:
                    yield from _names(one)
        case list():
            for one in data:
                yield from _names(one)
