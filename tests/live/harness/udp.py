"""A UDP port of the loopback."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from tests.live.harness.trunk import LOOPBACK, Address


class LoopbackPort(asyncio.DatagramProtocol):
    """Gives every packet and its sender to ``take``; open between ``open`` and ``close``."""

    def __init__(self, take: Callable[[bytes, Address], None]) -> None:
        self._take = take
        self._transport: asyncio.DatagramTransport | None = None

    async def open(self) -> None:
        """Take packets from now on."""
        self._transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
            lambda: self, local_addr=(LOOPBACK, 0)
        )

    def close(self) -> None:
        """Take no more."""
        if self._transport is not None:
            self._transport.close()

    @property
    def number(self) -> int:
        """The port."""
        assert self._transport is not None
        return int(self._transport.get_extra_info("sockname")[1])

    def send(self, data: bytes, receiver: Address) -> None:
        """Send a packet from here."""
        assert self._transport is not None
        # what is still on its way when the port closes is lost
        if not self._transport.is_closing():
            self._transport.sendto(data, receiver)

    def datagram_received(self, data: bytes, addr: Address) -> None:
        """A packet came."""
        self._take(data, addr)
