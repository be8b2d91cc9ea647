"""A bad network between a caller and the hotline: speech comes late, in disorder, or not at all."""

from __future__ import annotations

import asyncio
import re
import struct
from random import Random
from types import TracebackType
from typing import Self

from tests.live.harness.trunk import LOOPBACK, Address
from tests.live.harness.udp import LoopbackPort

_MEDIA = re.compile(rb"^m=audio ([0-9]+) ", re.MULTILINE)
_LENGTH = re.compile(rb"^(Content-Length|l): *[0-9]+", re.MULTILINE | re.IGNORECASE)

# Longer than a packet.
_OVERTAKEN_S = 0.03


class RoughWay:
    """Carries one call's SIP and audio both ways; the caller's audio as such a network would.

    Use as ``async with``; telephones take ``address`` for the hotline's.

    Args:
        hotline: SIP address.
        seed: of what happens to which packet.
        first_number: RTP number of the caller's first packet. A telephone begins anywhere in 16
            bits (RFC 3550 clause 5.1), the test telephones only in the lower half.
        delay_s: each packet waits up to so long, and those behind it with it.
        loss: share of the packets that never arrive.
        stray: share of those that take another way and are overtaken.
        apart: each packet waits by itself, and may overtake others.

    Attributes:
        sent: packets of the caller that were not dropped.
        lost: those that were.
        overtaken: packets of the caller that arrived after a later one.
    """

    def __init__(
        self,
        hotline: Address,
        *,
        seed: int,
        first_number: int,
        delay_s: float = 0.08,
        loss: float = 0.01,
        stray: float = 0.02,
        apart: bool = False,
    ) -> None:
        self.sent = 0
        self.lost = 0
        self.overtaken = 0
        self._hotline = hotline
        self._chance = Random(seed)
        self._delay_s = delay_s
        self._loss = loss
        self._stray = stray
        self._apart = apart
        self._first_number = first_number
        self._shift: int | None = None
        self._last_due = 0.0
        self._newest = 0
        self._telephone: Address | None = None
        self._to_hotline: Address | None = None
        self._to_telephone: Address | None = None
        self._sip = LoopbackPort(self._signalling)
        self._by_hotline = LoopbackPort(self._heard)
        self._by_telephone = LoopbackPort(self._spoken)

    async def __aenter__(self) -> Self:
        for port in (self._sip, self._by_hotline, self._by_telephone):
            await port.open()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for port in (self._sip, self._by_hotline, self._by_telephone):
            port.close()

    @property
    def address(self) -> Address:
        """Where the hotline seems to be."""
        return LOOPBACK, self._sip.number

    def _signalling(self, data: bytes, sender: Address) -> None:
        from_hotline = sender == self._hotline
        if not from_hotline:
            self._telephone = sender
        if media := _MEDIA.search(data):
            there = LOOPBACK, int(media[1])
            if from_hotline:
                self._to_hotline, here = there, self._by_telephone.number
            else:
                self._to_telephone, here = there, self._by_hotline.number
            head, _, body = data.partition(b"\r\n\r\n")
            body = _MEDIA.sub(b"m=audio %d " % here, body)
            data = _LENGTH.sub(rb"\1: %d" % len(body), head) + b"\r\n\r\n" + body
        receiver = self._telephone if from_hotline else self._hotline
        if receiver is not None:
            self._sip.send(data, receiver)

    def _heard(self, data: bytes, _: Address) -> None:
        if self._to_telephone is not None:
            self._by_telephone.send(data, self._to_telephone)

    def _spoken(self, data: bytes, _: Address) -> None:
        data = self._numbered(data)
        if self._chance.random() < self._loss:
            self.lost += 1
            return
        self.sent += 1
        loop = asyncio.get_running_loop()
        due = loop.time() + self._chance.uniform(0, self._delay_s)
        if not self._apart:
            due = max(self._last_due, due)
        if self._chance.random() < self._stray:
            due += _OVERTAKEN_S
        else:
            self._last_due = due
        loop.call_at(due, self._arrives, data, self.sent)

    def _numbered(self, data: bytes) -> bytes:
        number: int = struct.unpack_from(">H", data, 2)[0]
        if self._shift is None:
            self._shift = self._first_number - number
        return data[:2] + struct.pack(">H", (number + self._shift) % 0x10000) + data[4:]

    def _arrives(self, data: bytes, place: int) -> None:
        self.overtaken += place < self._newest
        self._newest = max(self._newest, place)
        if self._to_hotline is not None:
            self._by_hotline.send(data, self._to_hotline)
