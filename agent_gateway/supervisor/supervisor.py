"""The life of the two processes."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Callable, Coroutine
from typing import Any

import structlog

from agent_gateway.supervisor.backoff import Backoff
from agent_gateway.supervisor.service_process import ServiceError, ServiceProcess
from telephony.asterisk.process import AsteriskProcess, AsteriskProcessError

log = structlog.get_logger(__name__)

START_DEADLINE_S = 60.0
SERVICE_PATIENCE_S = 10.0
GRACEFUL_CALLS_S = 10.0
HEALTH_EVERY_S = 3.0
SILENT_CHECKS = 5  # so many unanswered health checks in a row mean that the service is stuck


class Supervisor:
    """Keeps Asterisk and the service running until it is told to stop.

    Asterisk carries calls without the service; therefore the two are restarted apart, and the
    service is stopped first.

    Args:
        asterisk: None when Asterisk is run by somebody else.
        service: the service.
        say: shows a sentence to the person at the terminal.
        on_ready: called once, when both run.
    """

    def __init__(
        self,
        asterisk: AsteriskProcess | None,
        service: ServiceProcess,
        *,
        say: Callable[[str], None],
        on_ready: Callable[[], None],
    ) -> None:
        self._asterisk = asterisk
        self._service = service
        self._say = say
        self._on_ready = on_ready
        self._stops = 0
        self._stop = asyncio.Event()
        self._hurry = asyncio.Event()

    async def run(self) -> int:
        """Run until SIGINT, SIGTERM or SIGHUP; a second one no longer waits for calls to end.

        Returns:
            0 after a requested stop, 1 when the start failed (nothing is left running then, save
            an Asterisk that ran before).
        """
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, self.request_stop)
        try:
            return await self._until_stopped()
        finally:
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                loop.remove_signal_handler(number)

    def request_stop(self) -> None:
        """Begin to stop; asked again, stop at once."""
        (self._hurry if self._stop.is_set() else self._stop).set()

    async def _until_stopped(self) -> int:
        stopped = asyncio.create_task(self._stop.wait())
        start = asyncio.create_task(self._start())
        try:
            await asyncio.wait({stopped, start}, return_when=asyncio.FIRST_COMPLETED)
            if not start.done():
                await _cancelled(start)
            elif error := start.exception():
                if not isinstance(error, (AsteriskProcessError, ServiceError)):
                    raise error
                self._say(str(error))
                await self._stop_all(leave_adopted=True)
                return 1
            else:
                self._on_ready()
                await self._watch(stopped)
        finally:
            await _cancelled(stopped)
        await self._stop_all(leave_adopted=False)
        return 0

    async def _start(self) -> None:
        if self._asterisk is not None:
            self._say("Starting Asterisk")
            await self._asterisk.start()
            if self._asterisk.adopted:
                self._say(f"Asterisk was running (process {self._asterisk.pid}); it carries on")
                # the configuration was rendered anew while it ran; calls are not disturbed
                await self._asterisk.command("core reload")
        self._say("Starting the service")
        await self._service.start()
        await self._service.ready(START_DEADLINE_S)

    async def _watch(self, stopped: asyncio.Task[bool]) -> None:
        watches = [self._keep_service(), self._notice_stuck_service()]
        if self._asterisk is not None:
            watches.append(self._keep_asterisk(self._asterisk))
        tasks = [asyncio.create_task(watch) for watch in watches]
        try:
            done, _ = await asyncio.wait({stopped, *tasks}, return_when=asyncio.FIRST_COMPLETED)
            for task in done - {stopped}:
                task.result()
        finally:
            for task in tasks:
                await _cancelled(task)

    async def _keep_service(self) -> None:
        backoff = Backoff()
        while True:
            status = await self._service.wait()
            pause = backoff.pause_s(self._service.lived_s)
            log.error("service.died", status=status, restart_in_s=pause)
            self._say(f"The service ended (status {status}); Asterisk carries on, restarting it")
            await asyncio.sleep(pause)
            await self._service.start()

    async def _notice_stuck_service(self) -> None:
        silent = 0
        while True:
            await asyncio.sleep(HEALTH_EVERY_S)
            self._service.trim_log()
            # one that has just been started is given the time that a start may take
            if await self._service.answers() or self._service.lived_s < START_DEADLINE_S:
                silent = 0
                continue
            silent += 1
            if silent >= SILENT_CHECKS:
                silent = 0
                log.error("service.stuck", pid=self._service.pid)
                self._say("The service does not answer; ending it")
                await self._service.kill()

    async def _keep_asterisk(self, asterisk: AsteriskProcess) -> None:
        backoff = Backoff()
        loop = asyncio.get_running_loop()
        while True:
            began = loop.time()
            await asterisk.wait()
            pause = backoff.pause_s(loop.time() - began)
            log.error("asterisk.died", restart_in_s=pause)
            self._say("Asterisk ended; restarting it")
            await asyncio.sleep(pause)
            try:
                await asterisk.start()
            except AsteriskProcessError as error:
                log.error("asterisk.start_failed", reason=str(error))  # noqa: TRY400 - said in full

    async def _stop_all(self, *, leave_adopted: bool) -> None:
        self._say("Stopping the service")
        await self._or_hurry(self._service.stop(SERVICE_PATIENCE_S), self._service.kill)
        asterisk = self._asterisk
        if asterisk is None or (leave_adopted and asterisk.adopted):
            return
        if asterisk.is_alive:
            self._say("Stopping Asterisk (calls may end by themselves; again Ctrl-C ends them now)")
            await self._or_hurry(
                asterisk.stop(GRACEFUL_CALLS_S), lambda: asterisk.stop(graceful_s=0)
            )

    async def _or_hurry(
        self,
        gently: Coroutine[Any, Any, None],
        at_once: Callable[[], Coroutine[Any, Any, None]],
    ) -> None:
        gentle = asyncio.ensure_future(gently)
        hurried = asyncio.create_task(self._hurry.wait())
        try:
            await asyncio.wait({gentle, hurried}, return_when=asyncio.FIRST_COMPLETED)
            if gentle.done():
                await gentle
            else:
                await _cancelled(gentle)
                await at_once()
        finally:
            await _cancelled(hurried)


async def _cancelled(task: asyncio.Future[Any]) -> None:
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
