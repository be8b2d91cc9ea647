"""FastAGI sessions per second: this project's server against the library it is built on.

Both serve the same five commands a session, each in a process of its own; one client opens the
sessions, many at a time, and plays Asterisk's part.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import statistics
import subprocess
import sys
import time

SESSIONS = 2000
AT_ONCE = 50
ROUNDS = 5
COMMANDS = 5
HEADERS = (
    b"agi_network: yes\nagi_network_script: inbound\nagi_request: agi://127.0.0.1/inbound\n"
    b"agi_channel: PJSIP/trunk-00000001\nagi_uniqueid: bench-1.1\nagi_callerid: 13900000001\n"
    b"agi_extension: 12345\nagi_priority: 1\nagi_context: inbound\nagi_accountcode: 12345\n\n"
)


async def serve(kind: str, port: int) -> None:
    """Run one of the servers until the process is ended."""
    if kind == "ours":
        from agent_gateway.service.logging import configure_logging
        from ivr.fastagi import AgiServer, AgiSession

        configure_logging()  # what a session writes into the log is part of its cost

        async def ours(session: AgiSession) -> None:
            for number in range(COMMANDS):
                await session.set_variable("HL_LINE", str(number))

        server = AgiServer("127.0.0.1", port)
        server.route("inbound", ours)
        await server.start()
    else:
        from panoramisk.fast_agi import Application

        async def stock(request: object) -> None:
            for number in range(COMMANDS):
                await request.send_command(f'SET VARIABLE HL_LINE "{number}"')  # type: ignore[attr-defined]  # the library is untyped

        application = Application(loop=asyncio.get_running_loop())
        application.add_route("inbound", stock)
        await asyncio.start_server(application.handler, "127.0.0.1", port)
    await asyncio.Event().wait()


async def _session(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(HEADERS)
    for _ in range(COMMANDS):
        await reader.readuntil(b"\n")
        writer.write(b"200 result=1\n")
    assert not await reader.read(), "the server had more to say"
    writer.close()
    await writer.wait_closed()


async def _rate(port: int) -> float:
    slots = asyncio.Semaphore(AT_ONCE)

    async def one() -> None:
        async with slots:
            await _session(port)

    began = time.perf_counter()
    await asyncio.gather(*(one() for _ in range(SESSIONS)))
    return SESSIONS / (time.perf_counter() - began)


def measure() -> None:
    """Print sessions per second of both, and their ratio round by round."""
    rates: dict[str, list[float]] = {"stock": [], "ours": []}
    servers = {kind: _start(kind) for kind in rates}
    try:
        for kind, (_, port) in servers.items():
            asyncio.run(_rate(port))  # warm
            del kind
        for _ in range(ROUNDS):
            for kind, (_, port) in servers.items():
                rates[kind].append(asyncio.run(_rate(port)))
    finally:
        for process, _ in servers.values():
            process.kill()
            process.wait()
    ratios = [ours / stock for ours, stock in zip(rates["ours"], rates["stock"], strict=True)]
    print(f"FastAGI, {COMMANDS} commands a session, {AT_ONCE} sessions at once:")
    for kind, values in rates.items():
        print(f"  {kind:6} {statistics.median(values):8.0f} sessions/s (median of {ROUNDS})")
    spread = f"min {min(ratios):.2f}, max {max(ratios):.2f}"
    print(f"  ours/stock {statistics.median(ratios):.2f} ({spread})")


def _start(kind: str) -> tuple[subprocess.Popen[bytes], int]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.fastagi", kind, str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    for _ in range(200):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1) as tcp:
            # a whole session: a bare connection would freeze the library's server
            tcp.sendall(HEADERS)
            while tcp.recv(4096):
                tcp.sendall(b"200 result=1\n")
            return process, port
        if process.poll() is not None:
            break
        time.sleep(0.05)
    process.kill()
    raise RuntimeError(f"the {kind} server does not start")


if __name__ == "__main__":
    if len(sys.argv) == 3:
        asyncio.run(serve(sys.argv[1], int(sys.argv[2])))
    else:
        measure()
