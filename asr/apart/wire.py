"""What goes between the service and the recogniser's process.

A request is one byte of operation, four bytes of stream number (big endian), and a payload; an
answer is one byte and JSON. Requests of one connection are answered in turn.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from enum import IntEnum
from typing import Any, Final

from asr.recogniser.interface import Hypothesis


class Operation(IntEnum):
    """What is asked."""

    OPEN = 1
    FEED = 2
    FEED_FINALS = 3
    FINISH = 4


class Answer(IntEnum):
    """What came of it."""

    HEARD = 1
    FAILED = 2
    UNKNOWN = 3
    """The stream belongs to an earlier process."""


_HEAD_BYTES: Final = 5


def request(operation: Operation, stream: int, payload: bytes = b"") -> bytes:
    """Bytes of a request."""
    return bytes((operation,)) + stream.to_bytes(4, "big") + payload


def parsed_request(data: bytes) -> tuple[Operation, int, bytes]:
    """Operation, stream number, payload.

    Raises:
        ValueError: no such operation.
    """
    return Operation(data[0]), int.from_bytes(data[1:_HEAD_BYTES], "big"), data[_HEAD_BYTES:]


def answer(kind: Answer, value: Any = None) -> bytes:
    """Bytes of an answer."""
    return bytes((kind,)) + json.dumps(value).encode()


def parsed_answer(data: bytes) -> tuple[Answer, Any]:
    """Kind and value."""
    return Answer(data[0]), json.loads(data[1:])


def heard_as_json(heard: list[Hypothesis]) -> list[dict[str, Any]]:
    """For an answer."""
    return [asdict(one) for one in heard]


def heard_from_json(rows: list[dict[str, Any]]) -> list[Hypothesis]:
    """From an answer."""
    return [Hypothesis(**row) for row in rows]
