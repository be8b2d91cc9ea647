"""Bytes from the wire into messages. Pure: no input or output happens here.

A frame is a block of lines ended by an empty line, every line by CR LF. Text is decoded only when
a frame is complete, so that no character is torn by the edge of a TCP segment.
"""

from __future__ import annotations

from telephony.ami.errors import FrameTooLong
from telephony.ami.message import AmiMessage

FRAME_LIMIT = 1 << 20
"""Bytes a frame may have. The longest seen, a command's output, is about a hundredth of it."""

_END = b"\r\n\r\n"
_BANNER = b"Asterisk Call Manager"
_END_OF_COMMAND = "--END COMMAND--"


class FrameSplitter:
    """Cuts a stream of bytes into frames.

    Attributes:
        banner: the greeting, e.g. ``Asterisk Call Manager/12.0.0``; "" until it came.
    """

    def __init__(self, limit: int = FRAME_LIMIT) -> None:
        self.banner = ""
        self._limit = limit
        self._buffer = bytearray()
        self._scanned = 0
        self._greeted = False

    def push(self, data: bytes) -> list[bytes]:
        """Add what arrived; returns the frames that are complete now, without their end.

        Raises:
            FrameTooLong: more than the limit without an end of frame.
        """
        self._buffer += data
        if not self._greeted:
            self._take_banner()
        frames: list[bytes] = []
        while (end := self._end_of_frame()) >= 0:
            frame = bytes(self._buffer[:end])
            del self._buffer[: end + len(_END)]
            self._scanned = 0
            if frame.strip():
                frames.append(frame)
        if len(self._buffer) > self._limit:
            raise FrameTooLong(f"{len(self._buffer)} bytes without an end of message")
        return frames

    def _take_banner(self) -> None:
        if _BANNER[: len(self._buffer)] != self._buffer[: len(_BANNER)]:
            self._greeted = True
            return
        end = self._buffer.find(b"\r\n")
        if end >= 0:
            self.banner = self._buffer[:end].decode("ascii", "replace")
            del self._buffer[: end + 2]
            self._greeted = True

    def _end_of_frame(self) -> int:
        end = self._buffer.find(_END, self._scanned)
        self._scanned = max(0, len(self._buffer) - len(_END) + 1) if end < 0 else 0
        if end >= 0 and self._buffer[:18].lower().startswith(b"response: follows"):
            # Before Asterisk 14 a command's output is raw text that may contain empty lines.
            mark = self._buffer.find(_END_OF_COMMAND.encode())
            if mark < 0:
                self._scanned = 0
                return -1
            return self._buffer.find(_END, mark)
        return end


def parse_frame(frame: bytes) -> tuple[AmiMessage | None, int]:
    """The message in a frame, and how many of its lines were not headers.

    Returns None for the message when the frame is neither an event nor a response.
    """
    return parse_lines(frame.decode("utf-8", "replace").split("\r\n"))


def parse_lines(lines: list[str]) -> tuple[AmiMessage | None, int]:
    """As :func:`parse_frame`, from text lines without their ends."""
    fields: list[tuple[str, str]] = []
    output: list[str] = []
    malformed = 0
    follows = bool(lines) and lines[0].lower().replace(" ", "") == "response:follows"
    for line in lines:
        name, colon, value = line.partition(":")
        if follows and len(fields) >= 1 and name.lower() not in ("privilege", "actionid"):
            output.extend(line.removesuffix(_END_OF_COMMAND).splitlines())
        elif colon and name.strip() and " " not in name.strip():
            fields.append((name.strip(), value.strip()))
        elif line.strip():
            malformed += 1
    message = AmiMessage(fields, output)
    if "event" in message or "response" in message:
        return message, malformed
    return None, malformed
