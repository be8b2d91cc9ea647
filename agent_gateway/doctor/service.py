"""The service as others see it: from the outside, over its ports."""

from __future__ import annotations

import http.client
import socket
from collections.abc import Iterator

from agent_gateway.doctor.finding import Finding, fail, ok, warn
from agent_gateway.doctor.machine import uptime_of
from agent_gateway.supervisor.lock import supervisor_pid
from config.settings import Settings
from telephony.asterisk.installation import InstallationError, find_installation
from telephony.asterisk.process import (
    AsteriskProcess,
    PortUse,
    port_troubles,
    service_ports,
    telephone_ports,
)

ANSWER_S = 3.0
START = "hotline run"


def check_ports(settings: Settings) -> Iterator[Finding]:
    """Whether the ports are free, or taken by the hotline itself."""
    ours: list[PortUse] = []
    free: list[PortUse] = []
    (ours if supervisor_pid(settings.data_dir) else free).extend(service_ports(settings))
    if settings.asterisk.managed:
        (ours if _asterisk_runs(settings) else free).extend(telephone_ports(settings))
    troubles = port_troubles(free)
    for trouble in troubles:
        what, _, mend = trouble.partition("; ")
        yield fail("ports", what, mend)
    if not troubles:
        numbers = ", ".join(str(use.port) for use in (*ours, *free))
        yield ok("ports", f"{numbers}: {'in use by the hotline' if ours else 'free'}")


def check_service(settings: Settings) -> Iterator[Finding]:
    """Whether it runs and answers ``/healthz``."""
    pid = supervisor_pid(settings.data_dir)
    web = settings.web
    if pid is None:
        yield fail("service", "the hotline does not run", START)
        return
    try:
        connection = http.client.HTTPConnection(loopback(web.host), web.port, timeout=ANSWER_S)
        connection.request("GET", "/healthz")
        status = connection.getresponse().status
        connection.close()
    except (OSError, http.client.HTTPException) as error:
        yield fail(
            "service",
            f"the supervisor runs (process {pid}), but port {web.port} does not answer: {error}",
            f"read {settings.data_dir / 'log' / 'service.log'}",
        )
        return
    up = uptime_of(pid)
    since = f", for {up / 3600:.1f} hours" if up is not None else ""
    if status == http.client.OK:
        yield ok("service", f"supervisor process {pid}{since}")
    else:
        yield warn(
            "service",
            f"it runs, but says that a part of it does not work (HTTP {status})",
            f"curl http://{loopback(web.host)}:{web.port}/healthz",
        )


def check_agi(settings: Settings) -> Iterator[Finding]:
    """Whether the FastAGI port takes a session and ends it as it should."""
    agi = settings.agi
    if supervisor_pid(settings.data_dir) is None:
        yield fail("AGI", "nobody is asked what to do with calls", START)
        return
    try:
        with socket.create_connection((loopback(agi.host), agi.port), timeout=ANSWER_S) as line:
            # no dialplan asks for this script: a service that works says goodbye at once
            line.sendall(b"agi_network: yes\nagi_network_script: doctor\nagi_request: doctor\n\n")
            line.shutdown(socket.SHUT_WR)
            line.recv(4096)
    except OSError as error:
        yield fail(
            "AGI",
            f"port {agi.port} does not answer ({error}); calls go to the default queue ungreeted "
            "by the service",
            f"read {settings.data_dir / 'log' / 'service.log'}; the supervisor restarts what hangs",
        )
    else:
        yield ok("AGI", f"port {agi.port} answers")


def loopback(host: str) -> str:
    """Where to reach from here what listens on ``host``."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - compared, not bound


def _asterisk_runs(settings: Settings) -> bool:
    try:
        return AsteriskProcess(find_installation(settings), settings).is_alive
    except InstallationError:
        return False
