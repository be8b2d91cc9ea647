"""Reading a recording: wire format or JSON, whole or torn, plain or gzip."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from datetime import UTC, datetime

from telephony.replay.clock import time_of_channel
from telephony.replay.jsonform import read_json
from telephony.replay.wireform import read_wire

SIZE_LIMIT = 512 << 20
"""Bytes of a recording after decompression."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class NotARecording(ValueError):  # noqa: N818  - named for what it is
    """The input holds no AMI messages; the text says what was looked for."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """One recorded message and when it happened; ``at`` is a lower bound if not ``timed``."""

    fields: dict[str, object]
    at: datetime
    timed: bool


@dataclass(frozen=True, slots=True)
class Recording:
    """All events of a recording.

    Attributes:
        messages: events in order.
        responses: how many responses to actions were among them.
        timed: whether the messages carry times; if not, only begins of channels are known.
    """

    messages: tuple[Recorded, ...]
    responses: int
    timed: bool


def read_recording(data: bytes) -> Recording:
    """Read a recording from bytes.

    Raises:
        NotARecording: nothing in it is an AMI message, or it is too big.
    """
    text = _text(_unpacked(data))
    found = read_json(text) or read_wire(text)
    messages: list[Recorded] = []
    responses = 0
    clock: datetime | None = None
    timed = 0
    for fields, told in found:
        names = {str(name).strip().lower(): name for name in fields}
        if "event" not in names:
            responses += 1
            continue
        at = told
        if at is None:
            begun = time_of_channel(fields)
            is_new = str(fields[names["event"]]).strip().lower() == "newchannel"
            if begun is not None and (clock is None or (is_new and begun > clock)):
                clock = begun
            at = clock
        else:
            timed += 1
            clock = at
        messages.append(Recorded(fields, at or _EPOCH, told is not None))
    if not messages and not responses:
        raise NotARecording(
            "no AMI message in it: neither a line 'Event: …' nor a JSON object with an 'event'"
        )
    return Recording(tuple(messages), responses, timed * 2 > len(messages))


def _unpacked(data: bytes) -> bytes:
    if data[:2] == b"\x1f\x8b":
        # An incomplete gzip file gives what is there.
        unpacker = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
        try:
            data = unpacker.decompress(data, SIZE_LIMIT + 1)
        except zlib.error as error:
            raise NotARecording(f"it begins like a gzip file but is damaged ({error})") from None
    if len(data) > SIZE_LIMIT:
        raise NotARecording(f"it is larger than {SIZE_LIMIT >> 20} MiB; cut it into parts")
    return data


def _text(data: bytes) -> str:
    for mark, encoding in ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if data.startswith(mark):
            return data.decode(encoding, "replace")
    return data.decode("utf-8-sig", "replace")
