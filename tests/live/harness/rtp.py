"""Audio that comes to a port, for callers that are made of SIP messages alone."""

from __future__ import annotations

import asyncio
import struct
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import soundfile

from tests.live.harness.audio import Samples

_HEADER = 12
_ALAW = 8


class AudioPort(asyncio.DatagramProtocol):
    """Takes the A-law audio (RTP, payload type 8) of one call. Use as ``async with``.

    Attributes:
        packets: payloads by their place in the stream, as they came.
    """

    def __init__(self) -> None:
        self.packets: dict[int, bytes] = {}
        self._transport: asyncio.DatagramTransport | None = None

    async def __aenter__(self) -> Self:
        self._transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
            lambda: self, local_addr=("127.0.0.1", 0)
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._transport is not None:
            self._transport.close()

    @property
    def port(self) -> int:
        """Where it listens, on the loopback."""
        assert self._transport is not None
        return int(self._transport.get_extra_info("sockname")[1])

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """A packet came (RFC 3550 clause 5.1)."""
        if len(data) > _HEADER and data[1] & 0x7F == _ALAW:
            self.packets[struct.unpack(">H", data[2:4])[0]] = data[_HEADER:]

    @property
    def heard(self) -> Samples:
        """All that was heard, in the order of the stream, -1..1 at 8 kHz."""
        raw = b"".join(self.packets[number] for number in sorted(self.packets))
        if not raw:
            return np.zeros(0)
        with tempfile.NamedTemporaryFile(suffix=".al") as file:
            Path(file.name).write_bytes(raw)
            data, _ = soundfile.read(
                file.name, samplerate=8000, channels=1, format="RAW", subtype="ALAW"
            )
        return np.asarray(data, dtype=np.float64)
