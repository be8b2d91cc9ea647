"""Audio that comes to a port, for callers that are made of SIP messages alone."""

from __future__ import annotations

import struct
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import soundfile

from tests.live.harness.audio import Samples
from tests.live.harness.trunk import Address
from tests.live.harness.udp import LoopbackPort

_HEADER = 12
_ALAW = 8


class AudioPort:
    """Takes the A-law audio (RTP, payload type 8) of one call. Use as ``async with``.

    Attributes:
        packets: payloads by their place in the stream, as they came.
    """

    def __init__(self) -> None:
        self.packets: dict[int, bytes] = {}
        self._udp = LoopbackPort(self._packet)

    async def __aenter__(self) -> Self:
        await self._udp.open()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._udp.close()

    @property
    def port(self) -> int:
        """Where it listens, on the loopback."""
        return self._udp.number

    def _packet(self, data: bytes, _: Address) -> None:
        """RFC 3550 clause 5.1."""
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
