"""The process behind the telephones: started, watched over, and gone without a trace."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import shutil
import socket
import tempfile
from pathlib import Path

from telephony.asterisk.installation import Installation
from telephony.testphone.configuration import (
    AMI_USER,
    LOOPBACK,
    PhonePlan,
    free_port,
    write_configuration,
)
from telephony.testphone.control import Control, Listener, PhoneError

BOOT_DEADLINE_S = 20.0
_STOP_DEADLINE_S = 5.0
_ATTEMPTS = 3


class Exchange:
    """A small Asterisk with a folder of its own.

    Args:
        installation: which Asterisk.
        hotline: SIP address that the telephones call.
        codec: ``alaw`` or ``ulaw``.
        listener: called with every AMI event.
        sip_port: its UDP port; any free one when not given.
    """

    def __init__(
        self,
        installation: Installation,
        hotline: tuple[str, int],
        codec: str,
        listener: Listener,
        sip_port: int | None = None,
    ) -> None:
        if codec not in ("alaw", "ulaw"):
            raise ValueError(f"codec must be alaw or ulaw, not {codec!r}")
        self.hotline = hotline
        self._installation = installation
        self._codec = codec
        self._sip_port = sip_port
        self._listener = listener
        self._plan: PhonePlan | None = None
        self._control: Control | None = None
        self._process: asyncio.subprocess.Process | None = None

    @property
    def plan(self) -> PhonePlan:
        """Its folders and ports.

        Raises:
            PhoneError: it is not running.
        """
        if self._plan is None:
            raise PhoneError("the telephones are switched off; use 'async with TestPhone(...)'")
        return self._plan

    @property
    def control(self) -> Control:
        """Its remote control.

        Raises:
            PhoneError: it is not running.
        """
        if self._control is None:
            raise PhoneError("the telephones are switched off; use 'async with TestPhone(...)'")
        return self._control

    async def start(self) -> None:
        """Return when it is fully booted.

        Raises:
            PhoneError: it does not start; the message has the end of its log.
        """
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                await self._start()
            except PhoneError:
                # a port that was free may have been taken by somebody else meanwhile
                await self.stop()
                if attempt == _ATTEMPTS:
                    raise
            except BaseException:
                await self.stop()
                raise
            else:
                return

    def kill(self) -> None:
        """End the process at once, without a chance to say anything."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()

    async def stop(self) -> None:
        """End the process and remove its folder, whatever state they are in."""
        if self._control is not None:
            await self._control.close()
            self._control = None
        if self._process is not None:
            await _end(self._process)
            self._process = None
        if self._plan is not None:
            await asyncio.to_thread(shutil.rmtree, self._plan.home, ignore_errors=True)
            self._plan = None

    async def _start(self) -> None:
        home = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix="hotline-phone-"))
        self._plan = plan = PhonePlan(
            home=home,
            hotline=self.hotline,
            codec=self._codec,
            sip_port=self._sip_port or free_port(socket.SOCK_DGRAM),
            ami_port=free_port(socket.SOCK_STREAM),
            ami_secret=secrets.token_urlsafe(18),
        )
        await asyncio.to_thread(write_configuration, plan, self._installation)
        self._process = await asyncio.create_subprocess_exec(
            *_dies_with_us(),
            *self._installation.asterisk_argv,
            *("-f", "-C", str(plan.config)),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
            start_new_session=True,
            env=self._installation.environment(),
        )
        try:
            async with asyncio.timeout(BOOT_DEADLINE_S):
                self._control = await self._connect(self._process, plan)
        except TimeoutError as error:
            raise PhoneError(f"the telephones' Asterisk does not start: {_tail(plan)}") from error
        if _is_free(plan.sip_port):
            raise PhoneError(f"the telephones' Asterisk has no SIP port: {_tail(plan)}")

    async def _connect(self, process: asyncio.subprocess.Process, plan: PhonePlan) -> Control:
        while process.returncode is None:
            with contextlib.suppress(ConnectionError):
                return await Control.connect(
                    LOOPBACK, plan.ami_port, AMI_USER, plan.ami_secret, self._listener
                )
            await asyncio.sleep(0.02)
        raise PhoneError(f"the telephones' Asterisk ended at once: {_tail(plan)}")


def _dies_with_us() -> tuple[str, ...]:
    """Command prefix that ends the telephones when this process is killed outright."""
    setpriv = shutil.which("setpriv")
    return (setpriv, "--pdeathsig", "KILL") if setpriv else ()


def _is_free(udp_port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as trial:
        try:
            trial.bind((LOOPBACK, udp_port))
        except OSError:
            return False
    return True


def _tail(plan: PhonePlan) -> str:
    try:
        lines = plan.log.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return "it wrote no log"
    return "\n".join(lines[-10:])


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        try:
            async with asyncio.timeout(_STOP_DEADLINE_S):
                await process.wait()
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
    await process.wait()
