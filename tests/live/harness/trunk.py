"""A trunk that can fail: SIP packets go through it to the telephones, or nowhere."""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Self

Address = tuple[str, int]
LOOPBACK = "127.0.0.1"


class Trunk(asyncio.DatagramProtocol):
    """A relay for one hotline. Use as ``async with``.

    Attributes:
        works: False: packets of the hotline are swallowed.
        invites: INVITEs that came through it, as text.
    """

    def __init__(self, port: int, telephones: int) -> None:
        self.works = True
        self.invites: list[str] = []
        self._port = port
        self._telephones = telephones
        self._hotline: Address | None = None
        self._transport: asyncio.DatagramTransport | None = None

    async def __aenter__(self) -> Self:
        self._transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
            lambda: self, local_addr=(LOOPBACK, self._port)
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

    def datagram_received(self, data: bytes, addr: Address) -> None:
        """Either side sent something."""
        assert self._transport is not None
        if addr[1] == self._telephones:
            if self._hotline is not None:
                self._transport.sendto(data, self._hotline)
        elif self.works:
            self._hotline = addr
            if data.startswith(b"INVITE "):
                self.invites.append(data.decode("utf-8", "replace"))
            self._transport.sendto(data, (LOOPBACK, self._telephones))
