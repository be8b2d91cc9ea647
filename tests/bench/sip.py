"""The least of a SIP telephone (RFC 3261 over UDP): when does an INVITE come, when is one heard?"""

from __future__ import annotations

import asyncio
import contextlib
import re
import secrets
import struct
from types import TracebackType
from typing import Self

Address = tuple[str, int]
LOOPBACK = "127.0.0.1"
_COPIED = ("via", "from", "to", "call-id", "cseq")


class Busy(asyncio.DatagramProtocol):
    """A carrier at which everybody is busy; ``invites`` are the moments in which INVITEs came.

    Use as ``async with``. The moments are seconds of the event loop's clock.
    """

    def __init__(self, port: int) -> None:
        self.invites: asyncio.Queue[float] = asyncio.Queue()
        self._port = port
        self._transport: asyncio.DatagramTransport | None = None
        self._known: set[str] = set()

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
        """Note the moment, then say that it is busy."""
        now = asyncio.get_running_loop().time()
        text = data.decode("utf-8", "replace")
        if not text.startswith("INVITE "):
            return
        headers = [
            line for line in text.split("\r\n") if line.partition(":")[0].strip().lower() in _COPIED
        ]
        call = next(line for line in headers if line.lower().startswith("call-id"))
        if call not in self._known:
            self._known.add(call)
            self.invites.put_nowait(now)
        headers = [f"{one};tag=b" if one.lower().startswith("to:") else one for one in headers]
        answer = "\r\n".join(["SIP/2.0 486 Busy Here", *headers, "Content-Length: 0", "", ""])
        assert self._transport is not None
        self._transport.sendto(answer.encode(), addr)


class _Sound(asyncio.DatagramProtocol):
    """Waits for the first packet of sound."""

    def __init__(self) -> None:
        self.first: asyncio.Future[float] = asyncio.get_running_loop().create_future()

    def datagram_received(self, data: bytes, addr: object) -> None:
        """Twelve bytes of RTP header, then A-law, in which silence is 0xD5."""
        if not self.first.done() and len(data) > 12 and set(data[12:]) - {0xD5, 0x55}:
            self.first.set_result(asyncio.get_running_loop().time())


class _Dialogue(asyncio.DatagramProtocol):
    def __init__(self) -> None:
        self.answered: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    def datagram_received(self, data: bytes, addr: object) -> None:
        """Only the answer to the INVITE matters."""
        text = data.decode("utf-8", "replace")
        if re.match(r"SIP/2.0 [2-6]", text) and "INVITE" in text and not self.answered.done():
            self.answered.set_result(text)


async def _be_silent(media: asyncio.DatagramTransport, answer: str) -> None:
    """Send silence to where the answer wants it (RFC 3550, A-law, 20 ms a packet)."""
    wanted = re.search(r"^m=audio (\d+)", answer, re.MULTILINE)
    assert wanted is not None
    for number in range(1000):
        header = struct.pack(">BBHII", 0x80, 8, number, 160 * number, 1)
        media.sendto(header + b"\xd5" * 160, (LOOPBACK, int(wanted[1])))
        await asyncio.sleep(0.02)


async def until_heard(hotline: Address, number: str, deadline_s: float = 20.0) -> float:
    """Call; seconds from the INVITE to the first packet of sound; then hang up.

    Raises:
        TimeoutError: nothing was heard.
        AssertionError: the call was refused.
    """
    loop = asyncio.get_running_loop()
    media, sound = await loop.create_datagram_endpoint(_Sound, local_addr=(LOOPBACK, 0))
    wire, dialogue = await loop.create_datagram_endpoint(_Dialogue, remote_addr=hotline)
    port: int = wire.get_extra_info("sockname")[1]
    rtp: int = media.get_extra_info("sockname")[1]
    call, target = secrets.token_hex(8), f"sip:{number}@{hotline[0]}:{hotline[1]}"
    sdp = (
        f"v=0\r\no=- 1 1 IN IP4 {LOOPBACK}\r\ns=-\r\nc=IN IP4 {LOOPBACK}\r\nt=0 0\r\n"
        f"m=audio {rtp} RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\n"
    )

    def send(method: str, sequence: int, to: str, body: str = "") -> None:
        lines = (
            f"{method} {target} SIP/2.0",
            f"Via: SIP/2.0/UDP {LOOPBACK}:{port};branch=z9hG4bK{call}{method};rport",
            "Max-Forwards: 70",
            f"From: <sip:13900000043@{LOOPBACK}>;tag={call}",
            f"To: {to}",
            f"Call-ID: {call}",
            f"CSeq: {sequence} {method}",
            f"Contact: <sip:13900000043@{LOOPBACK}:{port}>",
            *(["Content-Type: application/sdp"] if body else []),
            f"Content-Length: {len(body)}",
        )
        wire.sendto(("\r\n".join((*lines, "", "")) + body).encode())

    try:
        async with asyncio.timeout(deadline_s):
            began = loop.time()
            send("INVITE", 1, f"<{target}>", sdp)
            answer = await dialogue.answered
            assert answer.startswith("SIP/2.0 200"), answer.partition("\r\n")[0]
            match = re.search(r"^To:\s*(.*?)\r$", answer, re.MULTILINE | re.IGNORECASE)
            assert match is not None
            send("ACK", 1, match[1])
            # an answered call that hears nothing is waited for by Asterisk, half a second
            speaking = asyncio.create_task(_be_silent(media, answer))
            try:
                heard = await sound.first
            finally:
                speaking.cancel()
            send("BYE", 2, match[1])
            return heard - began
    finally:
        with contextlib.suppress(OSError):
            media.close()
        wire.close()
