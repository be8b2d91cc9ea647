"""Whether the ports that are to be opened can be opened."""

from __future__ import annotations

import errno
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from config.settings import Settings


@dataclass(frozen=True, slots=True)
class PortUse:
    """A port that is going to be listened on.

    Attributes:
        setting: name of the setting that changes the port, ``asterisk.sip_port``.
        bind_setting: name of the setting that changes the address.
    """

    protocol: Literal["udp", "tcp"]
    host: str
    port: int
    setting: str
    bind_setting: str


def telephone_ports(settings: Settings) -> tuple[PortUse, ...]:
    """The ports which Asterisk listens on (RTP's, opened per call, left aside)."""
    asterisk, softphone = settings.asterisk, settings.softphone
    sockets = (PortUse("tcp", softphone.host, softphone.port, "softphone.port", "softphone.host"),)
    return (
        PortUse(
            "udp", asterisk.sip_bind, asterisk.sip_port, "asterisk.sip_port", "asterisk.sip_bind"
        ),
        PortUse(
            "tcp", asterisk.ami_host, asterisk.ami_port, "asterisk.ami_port", "asterisk.ami_host"
        ),
        *(sockets if softphone.enabled else ()),
    )


def service_ports(settings: Settings) -> tuple[PortUse, ...]:
    """The ports which the service listens on."""
    agi, audio, web = settings.agi, settings.audiosocket, settings.web
    return (
        PortUse("tcp", agi.host, agi.port, "agi.port", "agi.host"),
        PortUse("tcp", audio.host, audio.port, "audiosocket.port", "audiosocket.host"),
        PortUse("tcp", web.host, web.port, "web.port", "web.host"),
    )


def port_troubles(uses: Iterable[PortUse]) -> list[str]:
    """One sentence per port that cannot be listened on, saying which setting to change."""
    return [trouble for use in uses if (trouble := _trouble(use))]


def _trouble(use: PortUse) -> str | None:
    family = socket.AF_INET6 if ":" in use.host else socket.AF_INET
    kind = socket.SOCK_DGRAM if use.protocol == "udp" else socket.SOCK_STREAM
    place = f"{use.protocol.upper()} port {use.port} on {use.host}"
    try:
        with socket.socket(family, kind) as trial:
            if use.protocol == "tcp":
                # as servers do it: connections that are fading away are no obstacle
                trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            trial.bind((use.host, use.port))
            if use.protocol == "tcp":
                trial.listen(1)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            return f"{place} is taken by another program; stop that or change {use.setting}"
        if error.errno in (errno.EACCES, errno.EPERM):
            return f"{place} may not be opened by this user; set {use.setting} above 1023"
        if error.errno in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT):
            return f"{use.host} is no address of this machine; change {use.bind_setting}"
        return f"{place} cannot be opened ({error.strerror}); change {use.setting}"
    return None
