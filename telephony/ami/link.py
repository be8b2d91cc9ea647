"""The service's one connection to Asterisk: kept up, watched, in order."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime

import structlog

from telephony.ami import actions
from telephony.ami.actions import AmiAction
from telephony.ami.delivery import Delivery
from telephony.ami.errors import AmiDown, AmiLoginRefused, AmiRefused, AmiTimeout
from telephony.ami.message import AmiMessage, AmiResponse
from telephony.ami.snapshot import Snapshot
from telephony.ami.values import FieldValue
from telephony.ami.wire import Wire

log = structlog.get_logger(__name__)

OnMessage = Callable[[AmiMessage, datetime], Awaitable[None]]
OnSnapshot = Callable[[Snapshot], Awaitable[None]]
OnUp = Callable[[], Awaitable[None]]
OnDown = Callable[[str], Awaitable[None]]


class AmiLink:
    """Logs in, stays logged in, and hands everything over in order.

    The four callbacks are called from one task, one at a time, in the order of the wire. After
    every connect: ``on_snapshot`` (what exists now), ``on_up``, then events. A callback's
    exception is logged and the next message is delivered.

    Actions are never repeated: those under way when the connection is lost fail with
    :class:`AmiDown`, and while it is down every action fails at once.
    """

    def __init__(
        self,
        host: str,
        port: int,
        user: str,
        password: str,
        *,
        on_message: OnMessage,
        on_snapshot: OnSnapshot,
        on_up: OnUp,
        on_down: OnDown,
        ping_interval_s: float = 5.0,
        ping_deadline_s: float = 5.0,
        connect_timeout_s: float = 5.0,
        boot_wait_s: float = 5.0,
        backoff_s: tuple[float, float] = (0.5, 10.0),
    ) -> None:
        """Nothing is opened before :meth:`start`.

        Args:
            host: address of the manager interface.
            port: its TCP port.
            user: account.
            password: its secret.
            on_message: gets every event with its time of arrival (UTC).
            on_snapshot: gets the state of things after a connect and on :meth:`resync`.
            on_up: the link works and the snapshot was delivered.
            on_down: it does not; gets the reason in one sentence, once per reason.
            ping_interval_s: pause between pings.
            ping_deadline_s: a ping unanswered for so long means a frozen Asterisk.
            connect_timeout_s: for TCP and again for the login.
            boot_wait_s: how long to wait for FullyBooted, which Asterisk before 1.8 never sends.
            backoff_s: first and longest pause between attempts.
        """
        self._address = (host, port, user, password)
        self._ping_interval_s = ping_interval_s
        self._ping_deadline_s = ping_deadline_s
        self._connect_timeout_s = connect_timeout_s
        self._boot_wait_s = boot_wait_s
        self._backoff_s = backoff_s
        self._delivery = Delivery(on_message, on_snapshot, on_up, on_down, self._overflowed)
        self._wire: Wire | None = None
        self._task: asyncio.Task[None] | None = None
        self._booted = asyncio.Event()
        self._down_reason: str | None = None

    @property
    def up(self) -> bool:
        """Whether actions can be sent."""
        return self._wire is not None

    @property
    def down_reason(self) -> str:
        """Why the link is down, in one sentence; "" while it is up or before the first attempt."""
        return self._down_reason or ""

    async def start(self) -> None:
        """Begin to connect, and go on until :meth:`stop`; does not wait for success."""
        if self._task is None:
            self._delivery.start()
            self._task = asyncio.create_task(self._keep_up(), name="ami-link")

    async def stop(self) -> None:
        """Close; what was received before is still delivered."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
            self._task = None
            await self._delivery.stop()

    async def action(
        self, fields: AmiAction | Mapping[str, FieldValue], *, timeout_s: float = 10.0
    ) -> AmiResponse:
        """Send one action and wait for its complete answer.

        Args:
            fields: an action of :mod:`telephony.ami.actions`, or headers.
            timeout_s: for the complete answer.

        Raises:
            AmiDown: not connected (nothing was sent), or the connection was lost meanwhile.
            AmiTimeout: no complete answer in time; the action may still take effect.
            AmiRefused: Asterisk answered with an error.
            AmiValueError: the fields hold something that must not be sent; nothing was sent.
        """
        action = fields if isinstance(fields, AmiAction) else AmiAction(dict(fields))
        wire = self._wire
        if wire is None:
            raise AmiDown(f"not connected to Asterisk: {self.down_reason or 'not started'}")
        return await self._ask(wire, action, timeout_s)

    async def resync(self) -> None:
        """Ask which channels exist now and deliver that as a snapshot, before anything newer.

        Queues are not asked for: their list is taken a moment later, and between the two a caller
        may have been answered.

        Raises:
            AmiDown, AmiTimeout: as for :meth:`action`.
        """
        wire = self._wire
        if wire is None:
            raise AmiDown("not connected to Asterisk")
        await self._take_snapshot(wire, with_queues=False)

    async def _ask(self, wire: Wire, action: AmiAction, timeout_s: float) -> AmiResponse:
        try:
            async with asyncio.timeout(timeout_s):
                return await wire.send(action.fields, action.completes_on)
        except TimeoutError:
            name = action.fields.get("Action", "?")
            raise AmiTimeout(f"Asterisk did not answer {name} within {timeout_s:g} s") from None

    async def _keep_up(self) -> None:
        pause = self._backoff_s[0]
        while True:
            began = time.monotonic()
            try:
                reason = await self._session()
            except AmiLoginRefused as error:
                reason = str(error)
                pause = self._backoff_s[1]
            except (OSError, TimeoutError) as error:
                reason = str(error) or type(error).__name__
            finally:
                self._wire = None
            self._say_down(reason)
            if time.monotonic() - began > self._backoff_s[1]:
                pause = self._backoff_s[0]
            await asyncio.sleep(pause)
            pause = min(pause * 2, self._backoff_s[1])

    def _say_down(self, reason: str) -> None:
        if reason != self._down_reason:
            self._down_reason = reason
            log.error("ami.down", host=self._address[0], port=self._address[1], reason=reason)
            self._delivery.down(reason)

    async def _session(self) -> str:
        host, port, user, password = self._address
        self._booted.clear()
        self._delivery.hold()
        wire = await Wire.open(
            host, port, user, password, on_event=self._heard, timeout_s=self._connect_timeout_s
        )
        try:
            try:
                await wire.logged_in(self._connect_timeout_s)
            except AmiRefused as error:
                raise AmiLoginRefused(
                    f"authentication refused for user {user!r}: {error.response.message}; "
                    "compare the name and secret with manager.conf"
                ) from None
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._booted.wait(), self._boot_wait_s)
            self._wire = wire
            await self._take_snapshot(wire, with_queues=True)
            self._down_reason = None
            log.info("ami.up", host=host, port=port, banner=wire.banner)
            self._delivery.up()
            return await self._watch(wire)
        finally:
            self._wire = None
            wire.abort()
            self._delivery.release()

    async def _watch(self, wire: Wire) -> str:
        """Ping until a deadline is missed or the connection ends; returns why."""
        gone = asyncio.ensure_future(wire.closed())
        try:
            while True:
                done, _ = await asyncio.wait({gone}, timeout=self._ping_interval_s)
                if done:
                    return "Asterisk closed the connection"
                try:
                    await self._ask(wire, actions.ping(), self._ping_deadline_s)
                except AmiTimeout:
                    return f"Asterisk did not answer a ping within {self._ping_deadline_s:g} s"
                except AmiDown:
                    return "Asterisk closed the connection"
                except AmiRefused as error:
                    log.warning("ami.ping_refused", reason=str(error))
        finally:
            gone.cancel()

    def _heard(self, message: AmiMessage) -> None:
        if message.event == "FullyBooted":
            self._booted.set()
        self._delivery.message(message, datetime.now(UTC))

    async def _take_snapshot(self, wire: Wire, *, with_queues: bool) -> None:
        # Events are held back until the snapshot is in the queue: older ones are harmless after
        # it, but a newer one before it would be undone by it.
        self._delivery.hold()
        try:
            asked_at = datetime.now(UTC)
            channels, complete = await self._list(wire, actions.core_show_channels())
            queues = None
            if with_queues:
                queues, _ = await self._list(wire, actions.queue_status())
            self._delivery.snapshot(Snapshot(asked_at, channels, queues, complete))
        finally:
            self._delivery.release()

    async def _list(self, wire: Wire, action: AmiAction) -> tuple[tuple[AmiMessage, ...], bool]:
        try:
            answer = await self._ask(wire, action, self._connect_timeout_s)
        except AmiRefused as error:
            log.warning("ami.snapshot_incomplete", reason=str(error))
            return (), False
        return tuple(answer.events()), True

    def _overflowed(self) -> None:
        if self._wire is not None:
            self._wire.abort()
