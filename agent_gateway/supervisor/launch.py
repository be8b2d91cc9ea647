"""From settings to a running hotline."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path
from types import FrameType

import structlog
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from agent_gateway.cli.model import BarReporter
from agent_gateway.service import Prepared, prepare
from agent_gateway.supervisor.announce import announce
from agent_gateway.supervisor.lock import only_supervisor
from agent_gateway.supervisor.service_process import ServiceProcess
from agent_gateway.supervisor.supervisor import Supervisor
from asr.models.ensure import ensure_model
from config.settings import Settings, load_secrets
from telephony.asterisk.installation import find_installation
from telephony.asterisk.process import (
    AsteriskProcess,
    port_troubles,
    service_ports,
    telephone_ports,
)

SERVICE_MODULE = "agent_gateway.service"
INTERRUPTED = 130  # the shell's number for SIGINT
PROMPTS_PER_LINE = 20
LOWEST_FREE_BYTES = 200 * 2**20


class LaunchError(Exception):
    """The hotline cannot be started; the message says what to do."""


def launch(settings: Settings, console: Console, *, log_to_terminal: bool) -> int:
    """Run the hotline of these settings until it is told to stop.

    Returns:
        Exit status: 0 after a requested stop, 1 when a process would not start.

    Raises:
        LaunchError: something is in the way.
        AlreadyRunningError: it runs already.
        InstallationError, RenderError, ConfigError, SQLAlchemyError, OSError: while preparing.
    """
    # before the event loop runs there is nothing to stop in order
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _leave)
    with only_supervisor(settings.data_dir):
        log_file = None if log_to_terminal else settings.data_dir / "log" / "service.log"
        _log_to(log_file)
        asterisk = None
        if settings.asterisk.managed:
            asterisk = AsteriskProcess(find_installation(settings), settings)
        _look_for_obstacles(settings, asterisk)
        with BarReporter() as bars:
            ensure_model(settings, bars)
        prepared = _prepare(settings, console)
        if prepared.database_away:
            console.print(
                "The database does not answer. Calls are taken with the telephones and numbers of "
                "the last start; records wait on the disk until it is back."
            )
        service = ServiceProcess(SERVICE_MODULE, settings.web.host, settings.web.port, log_file)
        return asyncio.run(_supervise(settings, console, asterisk, service, prepared, log_file))


async def _supervise(
    settings: Settings,
    console: Console,
    asterisk: AsteriskProcess | None,
    service: ServiceProcess,
    prepared: Prepared,
    log_file: Path | None,
) -> int:
    supervisor = Supervisor(
        asterisk,
        service,
        say=lambda text: console.print(text, soft_wrap=True, markup=False),
        on_ready=lambda: announce(console, settings, prepared, log_file),
    )
    return await supervisor.run()


def _look_for_obstacles(settings: Settings, asterisk: AsteriskProcess | None) -> None:
    ports = service_ports(settings)
    if asterisk is not None and not asterisk.is_alive:
        ports = (*telephone_ports(settings), *ports)
    if troubles := port_troubles(ports):
        raise LaunchError("\n".join(troubles))
    free = os.statvfs(settings.data_dir)
    if free.f_bavail * free.f_frsize < LOWEST_FREE_BYTES:
        raise LaunchError(
            f"less than {LOWEST_FREE_BYTES // 2**20} MB are free in {settings.data_dir}; "
            "make room first"
        )


def _prepare(settings: Settings, console: Console) -> Prepared:
    console.print("Preparing database, prompts and Asterisk's configuration")
    columns = (
        TextColumn("Prompts"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[key]}"),
    )
    drawn = console.is_terminal
    with Progress(*columns, console=console, transient=True, disable=not drawn) as bar:
        task = bar.add_task("prompts", total=None, key="")

        def show(done: int, total: int, key: str) -> None:
            bar.update(task, completed=done, total=total, key=key)
            if not drawn and done and done % PROMPTS_PER_LINE == 0:
                console.print(f"Prompts: {done} of {total}")

        return asyncio.run(prepare(settings, load_secrets(settings.data_dir), show))


def _log_to(log_file: Path | None) -> None:
    """The supervisor's own few lines, apart from the service's file, which is cut at its limit."""
    if log_file is None:
        structlog.configure(logger_factory=structlog.PrintLoggerFactory())
        return
    log_file.parent.mkdir(parents=True, exist_ok=True)
    file = log_file.with_name("supervisor.log").open("a", encoding="utf-8", buffering=1)
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        logger_factory=structlog.WriteLoggerFactory(file=file),
    )


def _leave(number: int, _frame: FrameType | None) -> None:
    if os.isatty(1):
        os.write(1, b"\x1b[?25h\n")  # the progress bar has hidden the cursor
    # at once, whatever a thread is doing: every file is replaced as a whole or not at all
    os._exit(INTERRUPTED)
