"""The service as a child process."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import sys
import time
from pathlib import Path

import structlog

log = structlog.get_logger(__name__)

LOG_LIMIT_BYTES = 50 * 2**20
HEALTH_DEADLINE_S = 3.0
TAIL_LINES = 15


class ServiceError(Exception):
    """The service does not start; the message carries its last words."""


class ServiceProcess:
    """One Python module with an HTTP health address, run as a child that dies with its parent.

    Args:
        module: what ``python -m`` runs.
        host: address its HTTP server binds; the wildcard addresses are asked over loopback.
        port: port of its HTTP server.
        log_file: where its output goes; None: to the supervisor's own.
    """

    def __init__(self, module: str, host: str, port: int, log_file: Path | None) -> None:
        self._module = module
        self._host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104
        self._port = port
        self._log_file = log_file
        self._process: asyncio.subprocess.Process | None = None
        self._started_at = 0.0

    @property
    def pid(self) -> int | None:
        """Its process id while it runs."""
        process = self._process
        return process.pid if process and process.returncode is None else None

    @property
    def lived_s(self) -> float:
        """Seconds since it was started."""
        return time.monotonic() - self._started_at

    async def start(self) -> None:
        """Start it; returns at once."""
        output = None
        if self._log_file is not None:
            self._log_file.parent.mkdir(parents=True, exist_ok=True)
            # never a pipe: a supervisor that stalls must not stall the service
            output = os.open(self._log_file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "agent_gateway.supervisor.child"),
                *(str(os.getpid()), self._module),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                # out of the terminal's reach: on Ctrl-C it is stopped in its turn
                start_new_session=True,
            )
        finally:
            if output is not None:
                os.close(output)
        self._started_at = time.monotonic()

    async def wait(self) -> int:
        """Its exit status, when it has ended."""
        if self._process is None:
            raise ServiceError("the service was not started")
        return await self._process.wait()

    async def ready(self, deadline_s: float) -> None:
        """Return when it answers.

        Raises:
            ServiceError: when it ends first or the deadline passes.
        """
        until = time.monotonic() + deadline_s
        while not await self.answers():
            if self.pid is None:
                raise ServiceError("the service ended while it was starting:\n" + self.log_tail())
            if time.monotonic() > until:
                raise ServiceError(
                    f"the service does not answer on {self._host} port {self._port} within "
                    f"{deadline_s:.0f} s:\n" + self.log_tail()
                )
            await asyncio.sleep(0.1)

    async def answers(self) -> bool:
        """Whether its event loop answers ``GET /healthz`` (with whatever status) in time."""
        writer = None
        try:
            async with asyncio.timeout(HEALTH_DEADLINE_S):
                reader, writer = await asyncio.open_connection(self._host, self._port)
                writer.write(
                    b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
                )
                return (await reader.read(5)) == b"HTTP/"
        except (OSError, TimeoutError):
            return False
        finally:
            if writer is not None:
                writer.close()
                with contextlib.suppress(OSError):
                    await writer.wait_closed()

    async def stop(self, patience_s: float) -> None:
        """Ask it to end, and end it when it has not after ``patience_s`` seconds."""
        if self._process is None or self.pid is None:
            return
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(signal.SIGTERM)
        try:
            await asyncio.wait_for(self._process.wait(), patience_s)
        except TimeoutError:
            log.warning("service.killed", pid=self.pid, reason="did not end in time")
            await self.kill()

    async def kill(self) -> None:
        """End it at once."""
        if self._process is not None and self.pid is not None:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
            await self._process.wait()

    def log_tail(self, lines: int = TAIL_LINES) -> str:
        """The last lines of its output, "" when that goes elsewhere."""
        if self._log_file is None:
            return ""
        try:
            with self._log_file.open("rb") as file:
                file.seek(max(0, self._log_file.stat().st_size - 65536))
                return "\n".join(file.read().decode("utf-8", "replace").splitlines()[-lines:])
        except OSError:
            return ""

    def trim_log(self) -> None:
        """Keep the log file within its limit: one older file of the same size is kept."""
        if self._log_file is None:
            return
        with contextlib.suppress(OSError):
            if self._log_file.stat().st_size > LOG_LIMIT_BYTES:
                # the service has the file open for appending: copied and emptied, not renamed
                shutil.copyfile(self._log_file, self._log_file.with_suffix(".log.1"))
                os.truncate(self._log_file, 0)
