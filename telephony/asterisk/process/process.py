"""One Asterisk with a configuration folder of its own."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import time
from pathlib import Path

import structlog

from config.settings import Settings
from telephony.asterisk.installation import Installation
from telephony.asterisk.process.ports import port_troubles, telephone_ports

log = structlog.get_logger(__name__)

BOOT_DEADLINE_S = 30.0
ADOPTION_DEADLINE_S = 10.0
COMMAND_DEADLINE_S = 5.0
TAIL_LINES = 15
_SOCKET_PATH_LIMIT = 107  # sun_path of unix(7), less its final zero


class AsteriskProcessError(Exception):
    """Asterisk does not start or does not answer; the message says why and what to do."""


class AsteriskProcess:
    """Starts Asterisk, or takes over one that already runs with the same configuration.

    It runs in a session of its own, with its output in a file, so that neither Ctrl-C nor the
    death of the process that started it ends the calls it carries.

    Attributes:
        config: the rendered ``asterisk.conf``.
        adopted: whether :meth:`start` found it running.
    """

    def __init__(self, installation: Installation, settings: Settings) -> None:
        home = settings.asterisk_dir
        self.installation = installation
        self.config = home / "etc" / "asterisk.conf"
        self.adopted = False
        self._settings = settings
        self._home = home
        self._pid_file = home / "run" / "asterisk.pid"
        self._control = home / "run" / "asterisk.ctl"
        self._console = home / "log" / "console.log"
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """Process id of the running Asterisk of this configuration, whoever started it."""
        if self._child is not None and self._child.poll() is None:
            return self._child.pid
        try:
            pid = int(self._pid_file.read_text(encoding="ascii").strip())
            words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except (OSError, ValueError):
            return None
        # the number may have been given to another program since; a dead child has no words
        return pid if os.fsencode(self.config) in words else None

    @property
    def is_alive(self) -> bool:
        """Whether it runs."""
        return self.pid is not None

    async def start(self, deadline_s: float = BOOT_DEADLINE_S) -> None:
        """Return when Asterisk is fully booted.

        Raises:
            AsteriskProcessError: when its ports are taken, it dies, or the deadline passes.
        """
        if self.is_alive and await self._adopt():
            return
        if len(os.fsencode(self._control)) > _SOCKET_PATH_LIMIT:
            raise AsteriskProcessError(
                f"the path {self._control} is longer than a socket's may be "
                f"({_SOCKET_PATH_LIMIT} bytes); set data_dir to a shorter one"
            )
        if troubles := port_troubles(telephone_ports(self._settings)):
            raise AsteriskProcessError("; ".join(troubles))
        began = time.monotonic()
        # not in a thread: cancelled then, it would start after this has been left
        self._spawn()
        try:
            await self._booted(began + deadline_s)
        except BaseException:
            await self._kill()
            raise
        log.info(
            "asterisk.started",
            pid=self.pid,
            version=self.installation.version_text,
            seconds=round(time.monotonic() - began, 2),
        )

    async def command(self, text: str, deadline_s: float = COMMAND_DEADLINE_S) -> str:
        """The answer to a console command.

        Raises:
            AsteriskProcessError: when Asterisk does not answer in time.
        """
        process = await asyncio.create_subprocess_exec(
            *self.installation.asterisk_argv,
            *("-C", str(self.config), "-rx", text),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env=self.installation.environment(),
        )
        try:
            said, _ = await asyncio.wait_for(process.communicate(), deadline_s)
        except TimeoutError as error:
            raise AsteriskProcessError(
                f"Asterisk (process {self.pid}) does not answer {text!r} in {deadline_s:.0f} s; "
                f"its log is {self._home / 'log' / 'messages.log'}"
            ) from error
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        answer = said.decode("utf-8", "replace").strip()
        if process.returncode != 0:
            raise AsteriskProcessError(f"Asterisk does not take {text!r}: {answer}")
        return answer

    async def wait(self) -> None:
        """Return when it does not run any more."""
        while self.is_alive:  # noqa: ASYNC110 - an adopted process tells nobody when it ends
            await asyncio.sleep(0.1)

    async def stop(self, graceful_s: float = 10.0) -> None:
        """End it: let calls end by themselves for ``graceful_s`` seconds, then end them.

        New calls are refused from the beginning. Nothing happens when it does not run.
        """
        ways = [("core stop gracefully", graceful_s), ("core stop now", 5.0)]
        for text, patience_s in ways:
            if not self.is_alive:
                return
            # it may close the connection before it has answered
            with contextlib.suppress(AsteriskProcessError):
                await self.command(text)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.wait(), patience_s)
        await self._kill()

    def log_tail(self, lines: int = TAIL_LINES) -> str:
        """The last lines of what it printed and logged."""
        tail: list[str] = []
        for file in (self._console, self._home / "log" / "messages.log"):
            with contextlib.suppress(OSError):
                tail += file.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:]
        return "\n".join(tail)

    def _spawn(self) -> None:
        self._console.parent.mkdir(parents=True, exist_ok=True)
        try:
            with self._console.open("wb") as console:
                self._child = subprocess.Popen(  # noqa: S603 - the installation's own program
                    [*self.installation.asterisk_argv, "-f", "-C", str(self.config)],
                    stdin=subprocess.DEVNULL,
                    stdout=console,
                    stderr=subprocess.STDOUT,
                    cwd=self._home,
                    env=self.installation.environment(),
                    start_new_session=True,
                )
        except OSError as error:
            raise AsteriskProcessError(
                f"Asterisk cannot be started: {error}; run: make install"
            ) from error
        self.adopted = False

    async def _booted(self, until: float) -> None:
        while True:
            if not self.is_alive:
                raise AsteriskProcessError(
                    "Asterisk ended while it was starting; it said:\n" + self.log_tail()
                )
            left = until - time.monotonic()
            if left <= 0:
                raise AsteriskProcessError(
                    "Asterisk does not finish starting; it said:\n" + self.log_tail()
                )
            # refused until the control socket is there
            with contextlib.suppress(AsteriskProcessError):
                # one that gives up starting closes the console without this answer
                if "fully booted" in await self.command("core waitfullybooted", left):
                    return
            await asyncio.sleep(0.05)

    async def _adopt(self) -> bool:
        """Whether it runs and answers; False when it was ending and has ended."""
        pid = self.pid
        try:
            # it may still be starting itself, after the death of its starter
            await self._booted(time.monotonic() + ADOPTION_DEADLINE_S)
        except AsteriskProcessError as error:
            if not self.is_alive:
                return False
            raise AsteriskProcessError(
                f"an Asterisk with this configuration runs (process {pid}) but does not answer; "
                f"if it carries no calls, end it with: kill -9 {pid}"
            ) from error
        self.adopted = True
        log.info("asterisk.adopted", pid=pid)
        return True

    async def _kill(self) -> None:
        pid = self.pid
        if pid is None:
            return
        log.warning("asterisk.killed", pid=pid)
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        await self.wait()
