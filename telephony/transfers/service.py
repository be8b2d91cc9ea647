"""Orders of agents and what happens to the parties, folded into each call's transfer.

The dialplan's context ``transfer`` holds the parties meanwhile and has a way on for each of them,
so that a call outlives this service; see ``telephony/transfers/states.py`` for the table.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from weakref import WeakValueDictionary

import structlog

from telephony.background import Tasks
from telephony.calls import CallBook, by_agent
from telephony.events import (
    CallEnded,
    CallEvent,
    Event,
    EventBus,
    LinkState,
    LinkStateChanged,
    PartyJoined,
    PartyLeft,
    TargetStep,
    TransferKind,
    TransferOutcome,
    TransferTarget,
)
from telephony.obeying import obeyed, quietly
from telephony.transfers.control import After, RoomControl
from telephony.transfers.moves import carry_out
from telephony.transfers.rebuilding import rebuilt
from telephony.transfers.states import TransferState, Trigger, next_state
from telephony.transfers.targets import Target, TargetKind
from telephony.transfers.telling import TransferTeller
from telephony.transfers.transfer import ANY_ROOM, Transfer, TransferError, TransferSnapshot

log = structlog.get_logger(__name__)

AGENT_PREFIX = "PJSIP/agent-"
# The events that tell why a target was not reached come over the bus; they are given this long.
REASON_WAIT_S = 1.0
ORDERED = "ordered"
_FIRST = {
    TransferKind.BLIND: Trigger.BLIND,
    TransferKind.CONSULT: Trigger.CONSULT,
    TransferKind.THREE_WAY: Trigger.INVITE,
}
_RINGING = {
    TransferState.BLIND_RINGING,
    TransferState.CONSULT_RINGING,
    TransferState.THREE_WAY_RINGING,
}


class TransferDesk:
    """All transfers in progress.

    Args:
        bus: events come from and go to it.
        book: the live calls.
        control: moves the parties.
        emergency_lines: their numbers, by which calls of an agent's keys are known.
    """

    def __init__(
        self,
        bus: EventBus,
        book: CallBook,
        control: RoomControl,
        *,
        emergency_lines: Collection[str] = (),
    ) -> None:
        self._emergency_lines = frozenset(emergency_lines)
        self._bus = bus
        self._tell = TransferTeller(bus)
        self._book = book
        self._control = control
        self._transfers: dict[str, Transfer] = {}
        # each lives as long as somebody holds it or waits for it
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._tasks = Tasks("transfers")

    # ---- orders -----------------------------------------------------------------------------

    async def start(
        self, call_id: str, kind: TransferKind, target: Target, *, by: str
    ) -> TransferSnapshot:
        """Begin to hand a call on.

        Raises:
            TransferError: no such call, a transfer is going on, or Asterisk refuses.
        """
        async with self._lock(call_id):
            one = self._talking(call_id)
            if target.kind is TargetKind.QUEUE and kind is not TransferKind.BLIND:
                raise TransferError("队列只能盲转 / a queue can only be a blind transfer's target")
            if target.kind is TargetKind.EMERGENCY and kind is not TransferKind.THREE_WAY:
                raise TransferError("紧急热线只能三方通话 / emergency lines are three-way only")
            one.kind, one.by = kind, by
            one.aim(target)
            if target.kind is TargetKind.QUEUE:
                await self._give_back(one)
                return one.snapshot()
            new = self._transfers.get(call_id) is not one
            self._transfers[call_id] = one
            try:
                await self._order(one, _FIRST[kind], target.notice or ORDERED)
            except TransferError:
                if new:
                    del self._transfers[call_id]
                raise
            self._tell.transferred(one, TransferOutcome.STARTED)
            self._tasks.start(self._ring(one, one.target_id))
            return one.snapshot()

    async def emergency(self, call_id: str, target: Target, *, by: str) -> TransferSnapshot:
        """An emergency line joins at once, whatever other transfer was going on.

        Raises:
            TransferError: no such call, or Asterisk refuses.
        """
        async with self._lock(call_id):
            one = self._transfers.get(call_id)
            if one is not None and next_state(one.state, Trigger.ABORT) is not None:
                await self._order(one, Trigger.ABORT, "emergency")
        return await self.start(call_id, TransferKind.THREE_WAY, target, by=by)

    async def merge(self, call_id: str) -> TransferSnapshot:
        """End the consultation by bringing the caller in.

        Raises:
            TransferError: there is no consultation, or Asterisk refuses.
        """
        return await self._ordered(call_id, Trigger.MERGE)

    async def complete(self, call_id: str) -> TransferSnapshot:
        """The agent leaves; caller and target go on.

        Raises:
            TransferError: there is no transfer that can be completed, or Asterisk refuses.
        """
        return await self._ordered(call_id, Trigger.COMPLETE)

    async def abort(self, call_id: str) -> TransferSnapshot:
        """The target leaves or is no longer rung; caller and agent go on.

        Raises:
            TransferError: there is no transfer that can be aborted, or Asterisk refuses.
        """
        return await self._ordered(call_id, Trigger.ABORT)

    def snapshot(self, call_id: str) -> TransferSnapshot | None:
        """The call's transfer; None when it never had one."""
        one = self._transfers.get(call_id)
        return one.snapshot() if one is not None else None

    # ---- events -----------------------------------------------------------------------------

    async def run(self) -> None:
        """Follow the bus until it closes or the task is cancelled."""
        try:
            with self._bus.subscribe("transfers") as events:
                async for event in events:
                    self.apply(event)
        finally:
            await self._tasks.stop()

    def apply(self, event: Event) -> None:
        """Fold one event; what has to be done for it is done soon after, in order per call."""
        if isinstance(event, LinkStateChanged):
            if event.state is LinkState.UP and not self._transfers:
                self._tasks.start(self._rebuild())
            return
        if not isinstance(event, CallEvent):
            return
        one = self._transfers.get(event.call_id)
        if one is None:
            return
        match event:
            case CallEnded():
                del self._transfers[event.call_id]
                self._tasks.start(quietly(self._control.hangup(one.target_id)))
            case PartyJoined() if one.state is TransferState.RETURNED:
                self._tasks.start(self._meet(one))
            case TransferTarget(target=number) if not one.dials(number):
                # by the agent's keys, or late news of a number that was tried before
                by_keys = number in self._emergency_lines and event.step is TargetStep.ANSWERED
                if by_keys and one.state is TransferState.TOGETHER:
                    one.join(Target.line(number), event.channel)
                    self._happened(one, Trigger.LINE_JOINED, "keys")
            case TransferTarget(channel=channel) if channel:
                one.target_channel = channel
                if event.step is TargetStep.ANSWERED:
                    self._happened(one, Trigger.TARGET_ANSWERED, event.via)
            case TransferTarget(last=True):
                self._happened(one, Trigger.TARGET_FAILED, event.step.value)
            case PartyJoined(channel=channel) if channel == one.agent:
                # known here only since the order to move: what it joins is the room
                one.room = event.bridge
            case PartyLeft(channel=channel) if channel == one.target_channel:
                self._happened(one, Trigger.TARGET_LEFT, "target hung up")
            case PartyLeft(channel=channel, bridge=bridge) if channel == one.agent and one.room in (
                bridge,
                ANY_ROOM,
            ):
                self._happened(one, Trigger.AGENT_LEFT, "agent hung up")
            case _:
                pass

    async def _meet(self, one: Transfer) -> None:
        """Another agent has the returned caller: they talk in the room.

        Bridged directly, Asterisk's recorder takes the packets of a second telephone for late ones
        of the first, if their numbers happen to be lower, and drops them. In a room none is lost.
        """
        async with self._lock(one.call_id):
            call = self._book.call(one.call_id)
            if call is None or self._transfers.get(one.call_id) is not one:
                return
            agents = [p for p in call.parties.values() if p.endpoint.startswith(AGENT_PREFIX)]
            if len(agents) != 1 or call.channel not in call.parties:
                return
            # for the new agent it is as if there had been no transfer
            del self._transfers[one.call_id]
            met = Transfer(one.call_id, call.channel, agents[0].channel, moved=True)
            try:
                await self._control.together(met.caller, met.agent)
                await self._control.after(met.caller, After.HANGUP)
            except OSError as error:
                log.warning("transfer.not_in_a_room", call_id=one.call_id, reason=str(error))
                return
            self._transfers[one.call_id] = met

    def _happened(self, one: Transfer, trigger: Trigger, reason: str) -> None:
        self._tasks.start(self._react(one, trigger, reason, one.target_id))

    async def _react(self, one: Transfer, trigger: Trigger, reason: str, target_id: str) -> None:
        async with self._lock(one.call_id):
            if self._transfers.get(one.call_id) is not one or one.target_id != target_id:
                return
            if next_state(one.state, trigger) is None:
                return
            following = one.target.following() if one.target else None
            if trigger is Trigger.TARGET_FAILED and following is not None:
                await self._ring_next(one, following, reason)
                return
            await quietly(carry_out(self._control, one, trigger))
            self._moved_on(one, trigger, reason)

    # ---- carrying out -----------------------------------------------------------------------

    def _talking(self, call_id: str) -> Transfer:
        """The transfer of a call in which caller and agent talk, ready to begin.

        Raises:
            TransferError: they don't.
        """
        known = self._transfers.get(call_id)
        if known is not None and known.state is TransferState.HANDED_OVER and known.to_agent:
            # the agent who was the target has the call now, and is in the room already
            return Transfer(call_id, known.caller, known.target_channel, room=ANY_ROOM, moved=True)
        if known is not None and known.state is TransferState.TOGETHER:
            return known
        if known is not None:
            raise TransferError(
                "已有转接正在进行，请先合并、完成或取消 / a transfer is going on already: "
                "merge, complete or abort it first"
            )
        call = self._book.call(call_id)
        if call is None:
            raise TransferError("通话已结束 / the call is over")
        if by_agent(call_id):
            raise TransferError("回拨的电话不能转接 / a call to a citizen cannot be handed on")
        agents = [one for one in call.parties.values() if one.endpoint.startswith(AGENT_PREFIX)]
        if len(agents) != 1 or call.channel not in call.parties:
            raise TransferError("坐席与来电者尚未通话 / caller and agent are not talking")
        return Transfer(call_id, call.channel, agents[0].channel)

    async def _ordered(self, call_id: str, trigger: Trigger) -> TransferSnapshot:
        async with self._lock(call_id):
            one = self._transfers.get(call_id)
            if one is None or next_state(one.state, trigger) is None:
                raise TransferError("当前没有可执行此操作的转接 / no transfer allows this now")
            await self._order(one, trigger)
            return one.snapshot()

    async def _order(self, one: Transfer, trigger: Trigger, reason: str = ORDERED) -> None:
        await obeyed(carry_out(self._control, one, trigger), TransferError)
        one.moved = True
        self._moved_on(one, trigger, reason)

    async def _give_back(self, one: Transfer) -> None:
        assert one.target is not None
        await obeyed(self._control.back(one.caller, one.target.number), TransferError)
        await obeyed(self._control.hangup(one.agent), TransferError)
        one.state = TransferState.RETURNED
        self._transfers[one.call_id] = one
        self._tell.changed(one, ORDERED)
        self._tell.transferred(one, TransferOutcome.COMPLETED)

    async def _ring(self, one: Transfer, target_id: str) -> None:
        assert one.target is not None
        call = self._book.call(one.call_id)
        emergency = one.target.kind is TargetKind.EMERGENCY
        shown = (call.caller if emergency else call.line) if call is not None else ""
        try:
            await self._control.ring(
                one.target,
                call_id=one.call_id,
                caller=one.caller,
                shown=shown,
                channel_id=target_id,
            )
        except OSError as error:
            await asyncio.sleep(REASON_WAIT_S)
            if one.target_id == target_id and one.state in _RINGING:
                log.warning("transfer.not_dialled", call_id=one.call_id, reason=str(error))
                await self._react(one, Trigger.TARGET_FAILED, "unreachable", target_id)

    async def _ring_next(self, one: Transfer, target: Target, reason: str) -> None:
        """One number was not reached, and there is another."""
        one.aim(target)
        await quietly(self._control.wait_on(one.caller))
        self._tell.changed(one, reason)
        self._tasks.start(self._ring(one, one.target_id))

    def _moved_on(self, one: Transfer, trigger: Trigger, reason: str) -> None:
        before, after = one.state, next_state(one.state, trigger)
        assert after is not None
        one.state = after
        self._tell.moved_on(one, before, trigger, reason)

    async def _rebuild(self) -> None:
        """After a start: what the channels tell of transfers that were going on."""
        try:
            placed = await self._control.placed()
        except OSError as error:
            log.warning("transfer.not_rebuilt", reason=str(error))
            return
        for one in rebuilt(placed):
            if one.call_id in self._book.calls and one.call_id not in self._transfers:
                self._transfers[one.call_id] = one
                self._tell.changed(one, "rebuilt")

    # ---- plumbing ---------------------------------------------------------------------------

    def _lock(self, call_id: str) -> asyncio.Lock:
        return self._locks.setdefault(call_id, asyncio.Lock())
