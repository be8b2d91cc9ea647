"""Does anybody speak SIP there?"""

from __future__ import annotations

import asyncio
import contextlib
import secrets

_TRY_S = 0.5


class _Answers(asyncio.DatagramProtocol):
    def __init__(self) -> None:
        self.answered = asyncio.Event()

    def datagram_received(self, data: bytes, addr: object) -> None:
        """Any answer of SIP's will do, a refusal as well."""
        if data.startswith(b"SIP/2.0 "):
            self.answered.set()


async def answers_sip(host: str, port: int, deadline_s: float = 3.0) -> bool:
    """Ask with OPTIONS (RFC 3261 section 11) over UDP until there is an answer or no time left."""
    loop = asyncio.get_running_loop()
    transport, answers = await loop.create_datagram_endpoint(_Answers, remote_addr=(host, port))
    try:
        own_host, own_port = transport.get_extra_info("sockname")[:2]
        end = loop.time() + deadline_s
        while not answers.answered.is_set() and loop.time() < end:
            transport.sendto(_options(f"{host}:{port}", f"{own_host}:{own_port}"))
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(answers.answered.wait(), _TRY_S)
        return answers.answered.is_set()
    finally:
        transport.close()


def _options(there: str, here: str) -> bytes:
    token = secrets.token_hex(8)
    lines = (
        f"OPTIONS sip:{there} SIP/2.0",
        f"Via: SIP/2.0/UDP {here};branch=z9hG4bK{token};rport",
        "Max-Forwards: 70",
        f"From: <sip:telephone@{here}>;tag={token}",
        f"To: <sip:{there}>",
        f"Call-ID: {token}",
        "CSeq: 1 OPTIONS",
        f"Contact: <sip:telephone@{here}>",
        "Content-Length: 0",
    )
    return "\r\n".join((*lines, "", "")).encode()
