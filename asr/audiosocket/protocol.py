"""Asterisk's AudioSocket wire format, as bytes only.

A frame is one byte of type, two bytes of payload length (big endian), the payload. Source:
Asterisk's documentation, "AudioSocket" (docs.asterisk.org, Configuration / Channel Drivers), and
what Asterisk 22 was seen to send.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Final
from uuid import UUID

HEADER_BYTES: Final = 3
UUID_BYTES: Final = 16
SAMPLE_BYTES: Final = 2
SAMPLE_RATE_HZ: Final = 8000
FRAME_BYTES: Final = 320
"""20 ms of 16-bit samples at 8 kHz, which is what Asterisk sends."""
MAX_PAYLOAD_BYTES: Final = 16_000
"""One second at 8 kHz; Asterisk never sends more than some tens of milliseconds in one frame."""

AUDIO_RATES_HZ: Final = {
    0x10: 8_000,
    0x11: 12_000,
    0x12: 16_000,
    0x13: 24_000,
    0x14: 32_000,
    0x15: 44_100,
    0x16: 48_000,
    0x17: 96_000,
    0x18: 192_000,
}


class FrameType(IntEnum):
    """The types of a frame; audio at 8 kHz is the only audio Asterisk's application sends."""

    HANGUP = 0x00
    UUID = 0x01
    DTMF = 0x03
    AUDIO = 0x10
    ERROR = 0xFF


_EXACT_LENGTHS: Final = {
    FrameType.HANGUP.value: 0,
    FrameType.UUID.value: UUID_BYTES,
    FrameType.DTMF.value: 1,
}


class ProtocolError(Exception):
    """The peer does not speak AudioSocket; the connection cannot be resynchronised."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame: its type byte and its payload."""

    type: int
    payload: bytes

    @property
    def is_audio(self) -> bool:
        """Whether the payload is PCM, at whatever rate."""
        return self.type in AUDIO_RATES_HZ

    @property
    def stream_id(self) -> UUID:
        """The UUID in a UUID frame."""
        return UUID(bytes=self.payload)

    def encode(self) -> bytes:
        """The frame as it goes over the wire."""
        return bytes((self.type,)) + len(self.payload).to_bytes(2, "big") + self.payload


SILENCE: Final = Frame(FrameType.AUDIO, bytes(FRAME_BYTES)).encode()
"""An encoded 20 ms frame of silence."""


class FrameParser:
    """Cuts a byte stream, arriving in pieces of any size, into frames.

    A header is judged as soon as it is there, so that no more than one frame's payload is ever
    kept, whatever the peer announces.
    """

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._position = 0

    def push(self, data: bytes) -> None:
        """Append what was received."""
        if self._position:
            del self._buffer[: self._position]
            self._position = 0
        self._buffer += data

    def next_frame(self) -> Frame | None:
        """The next complete frame; None when more bytes are needed.

        Raises:
            ProtocolError: unknown type or impossible length. Every further call raises it again.
        """
        start = self._position
        if len(self._buffer) - start < HEADER_BYTES:
            return None
        kind = self._buffer[start]
        length = int.from_bytes(self._buffer[start + 1 : start + HEADER_BYTES], "big")
        _check_header(kind, length)
        end = start + HEADER_BYTES + length
        if len(self._buffer) < end:
            return None
        self._position = end
        return Frame(kind, bytes(self._buffer[start + HEADER_BYTES : end]))

    @property
    def pending(self) -> int:
        """Bytes received that do not make a frame yet."""
        return len(self._buffer) - self._position


def _check_header(kind: int, length: int) -> None:
    if kind in AUDIO_RATES_HZ:
        if length % SAMPLE_BYTES:
            raise ProtocolError(f"audio payload of {length} bytes cuts a 16-bit sample in two")
    elif kind in _EXACT_LENGTHS:
        if length != _EXACT_LENGTHS[kind]:
            name = FrameType(kind).name
            raise ProtocolError(f"{name} frame of {length} bytes, not {_EXACT_LENGTHS[kind]}")
    elif kind != FrameType.ERROR:
        raise ProtocolError(f"unknown frame type 0x{kind:02x}; not AudioSocket")
    if length > MAX_PAYLOAD_BYTES:
        raise ProtocolError(f"frame of {length} bytes; at most {MAX_PAYLOAD_BYTES} are accepted")
