"""Where to reach, from this machine, what is bound to an address."""

from __future__ import annotations

_LOOPBACK = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - compared, not bound


def reachable(host: str) -> str:
    """The address to connect to: to a wildcard nobody can."""
    return _LOOPBACK.get(host, host)


def local_url(host: str, port: int) -> str:
    """``http://…`` of an HTTP server that is bound to the host."""
    to = reachable(host)
    return f"http://[{to}]:{port}" if ":" in to else f"http://{to}:{port}"
