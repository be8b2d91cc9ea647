"""Free loopback ports for one Asterisk and one service."""

from __future__ import annotations

import socket
from contextlib import ExitStack
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Ports:
    """All the ports that an instance listens on; ``rtp_start`` begins a range of 200."""

    sip: int
    ami: int
    agi: int
    audiosocket: int
    web: int
    softphone: int
    rtp_start: int


def free_ports() -> Ports:
    """Ports that nobody uses now, each taken once."""
    with ExitStack() as stack:

        def tcp() -> int:
            return _bound(stack, socket.SOCK_STREAM)

        return Ports(
            sip=_bound(stack, socket.SOCK_DGRAM),
            ami=tcp(),
            agi=tcp(),
            audiosocket=tcp(),
            web=tcp(),
            softphone=tcp(),
            rtp_start=_free_range(),
        )


def _bound(stack: ExitStack, kind: socket.SocketKind) -> int:
    listener = stack.enter_context(socket.socket(socket.AF_INET, kind))
    listener.bind(("127.0.0.1", 0))
    return int(listener.getsockname()[1])


def _free_range() -> int:
    # below the kernel's range of ephemeral ports, in which any program may bind at any time
    for start in range(16000, 30000, 200):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            try:
                probe.bind(("127.0.0.1", start))
            except OSError:
                continue
            return start
    raise RuntimeError("no free range of RTP ports")
