"""Who speaks of danger before anybody has answered is the next one to be answered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

import structlog

from telephony.ami import AmiAction, AmiError, actions
from telephony.events import (
    CallAnswered,
    CallArrived,
    CallEnded,
    CallLeftQueue,
    CallQueued,
    EmergencyHeard,
    Event,
    EventBus,
    IvrStep,
    QueueLeaveReason,
)

log = structlog.get_logger(__name__)

TOP_PRIORITY = 1000
# What the caller's own keys ask for is carried out by the IVR.
BY_KEYS = frozenset({"key", "menu"})


class AmiActions(Protocol):
    """The part of :class:`telephony.ami.AmiLink` that is used here."""

    async def action(self, fields: AmiAction) -> Sequence[Mapping[str, str]]:
        """Send an action and wait for its complete answer."""


@dataclass(slots=True)
class _Waiting:
    channel: str
    queue: str = ""
    raised: bool = False


class EmergencyPriority:
    """Follows :class:`EmergencyHeard` of calls that nobody has answered.

    In a queue the caller is moved to its head; from greeting, menu or message the caller is taken
    into the queue, to its head. A failure leaves the call as it is.
    """

    def __init__(self, bus: EventBus, ami: AmiActions) -> None:
        self._bus = bus
        self._ami = ami
        self._calls: dict[str, _Waiting] = {}

    async def run(self) -> None:
        """Follow the bus until it closes or the task is cancelled."""
        with self._bus.subscribe("emergency-priority") as events:
            async for event in events:
                try:
                    await self._heard(event)
                except (OSError, TimeoutError) as error:
                    log.error("emergency.not_raised", reason=str(error)[:300])  # noqa: TRY400 - said
                except Exception:
                    log.exception("emergency.failed", event_type=type(event).__name__)

    async def _heard(self, event: Event) -> None:
        match event:
            case CallArrived():
                self._calls.setdefault(event.call_id, _Waiting(event.channel))
            case CallQueued() if event.call_id in self._calls:
                self._calls[event.call_id].queue = event.queue
            case CallLeftQueue() if event.call_id in self._calls:
                if event.reason is not QueueLeaveReason.ANSWERED:
                    self._calls[event.call_id].queue = ""
            case CallAnswered() | CallEnded():
                self._calls.pop(event.call_id, None)
            case EmergencyHeard() if event.kind not in BY_KEYS and not event.urgent_only:
                call = self._calls.get(event.call_id)
                if call is not None and not call.raised:
                    call.raised = True
                    await self._raise(event.call_id, call)
                    log.warning("emergency.raised", call_id=event.call_id, line=event.line)
            case _:
                pass

    async def _raise(self, call_id: str, call: _Waiting) -> None:
        # for the next queue, should the caller leave this one by a key
        for name, value in {"HL_PRIO": str(TOP_PRIORITY), "HL_POSITION": ""}.items():
            await self._ami.action(actions.setvar(name, value, call.channel))
        if call.queue:
            try:
                await self._ami.action(
                    actions.queue_priority(call.queue, call.channel, TOP_PRIORITY)
                )
            except AmiError as error:
                log.warning("emergency.moved_by_hand", call_id=call_id, reason=str(error)[:200])
                await self._requeue(call.channel)
        else:
            await self._requeue(call.channel)
        self._bus.publish(IvrStep(at=datetime.now(UTC), call_id=call_id, step="priority_raised"))

    async def _requeue(self, channel: str) -> None:
        for name, value in {"HL_GREETED": "1", "HL_NEXT": "queue"}.items():
            await self._ami.action(actions.setvar(name, value, channel))
        await self._ami.action(actions.redirect(channel, context="queue", exten="s"))
