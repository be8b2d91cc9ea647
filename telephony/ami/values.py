"""What may be written into an action. Text from outside must not become a header or an action."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from telephony.ami.errors import AmiValueError

FieldValue = str | int | Sequence[str]

LINE_LIMIT = 1000
"""Bytes; Asterisk throws away an action with a line over 1,024 and goes on with its remainder."""

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,39}")
_FORBIDDEN = re.compile(r"[\r\n\0]")


def checked_fields(fields: Mapping[str, FieldValue]) -> list[tuple[str, str]]:
    """The action's headers, one pair a line.

    Raises:
        AmiValueError: an unfit name, a line break or NUL in a value, a line too long, or a comma
            in a ``Variable`` (Asterisk would read it as the start of another variable).
    """
    lines: list[tuple[str, str]] = []
    for name, value in fields.items():
        if not _NAME.fullmatch(name):
            raise AmiValueError(f"{name!r} is not a header name")
        values = [str(value)] if isinstance(value, str | int) else list(value)
        lines.extend((name, _checked(name, item)) for item in values)
    return lines


def variable(name: str, value: str) -> str:
    """``name=value`` for the header ``Variable``.

    Raises:
        AmiValueError: the name is not one word, or the value would be cut or spread.
    """
    if not re.fullmatch(r"_{0,2}[A-Za-z][A-Za-z0-9_()]*", name):
        raise AmiValueError(f"{name!r} is not a variable's name")
    return _checked("Variable", f"{name}={value}")


def _checked(name: str, value: str) -> str:
    if _FORBIDDEN.search(value):
        raise AmiValueError(f"{name} holds a line break or NUL: {value[:60]!r}")
    if len(name) + len(value.encode("utf-8", "replace")) > LINE_LIMIT:
        raise AmiValueError(f"{name} is longer than {LINE_LIMIT} bytes")
    if name.lower() == "variable" and "," in value:
        raise AmiValueError(f"{name} holds a comma, which begins another variable: {value[:60]!r}")
    return value
