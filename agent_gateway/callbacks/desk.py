"""Asking for calls to citizens, and writing down what comes of them.

The order to Asterisk is one Originate: from the agent's answer on the call needs this service no
more. What ended while nobody listened is found by a sweep over the records.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Coroutine, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import structlog
from sqlalchemy.exc import SQLAlchemyError

from agent_gateway.callbacks.result import Result, result_of
from agent_gateway.store import Callback, MissedCall, Store
from config.settings import OutboundSettings
from telephony.agents import AgentSnapshot
from telephony.background import InBackground, Work
from telephony.calls.outward import is_outward, new_call_id
from telephony.events import AgentState, CallEnded, CallEvent
from telephony.outbound import PlacingError, national_number
from telephony.transfers import DialRole, OutboundPolicy

log = structlog.get_logger(__name__)

SWEEP_S = 30.0
# An entry whose call never came into being, e.g. because the service was killed in that moment.
FORGOTTEN_AFTER = timedelta(minutes=10)
_BUSY = (AgentState.RINGING, AgentState.TALKING)


class CallbackError(Exception):
    """The call is not placed; Chinese and English by `` / ``."""


class Placing(Protocol):
    """The part of :class:`telephony.outbound.Dialler` that is used here."""

    async def place(self, call_id: str, extension: str, number: str, line: str) -> None:
        """Ring the agent, who is then connected with the number."""


class CallbackDesk(InBackground):
    """Use as ``async with``; give ``noticed`` to the journal.

    Args:
        store: where requests and records are.
        dialler: places calls.
        settings: trunks and emergency lines.
        policy: what agents may dial besides citizens who are known; asked anew each time.
        agent: an agent's state now.
        live: whether Asterisk has the call now.
        missed_changed: told of a missed call that was closed by reaching the citizen.
        main_line: the line on whose behalf, when the request names none.
    """

    def __init__(
        self,
        store: Store,
        dialler: Placing,
        settings: OutboundSettings,
        policy: Callable[[], OutboundPolicy],
        *,
        agent: Callable[[str], AgentSnapshot],
        live: Callable[[str], bool],
        missed_changed: Callable[[MissedCall], object],
        main_line: str,
    ) -> None:
        self._store = store
        self._dialler = dialler
        self._settings = settings
        self._policy = policy
        self._agent = agent
        self._live = live
        self._missed_changed = missed_changed
        self._main_line = main_line
        self._ringing: set[str] = set()

    def _work(self) -> Mapping[str, Work]:
        return {"callbacks-sweep": self._keep_sweeping()}

    async def ask(
        self,
        extension: str,
        citizen: str,
        *,
        by: str,
        kind: str = "agent",
        line: str = "",
        missed_id: int | None = None,
        ticket: str = "",
    ) -> Callback:
        """Place a call; returns as soon as the agent's telephone is to ring.

        Args:
            extension: of the agent who is to speak.
            citizen: the number as it called us.
            by: who asked for it.
            kind: agent or queue.
            line: on whose behalf; "" for the main line.
            missed_id: the missed call that it answers.
            ticket: the ticket that it is about.

        Raises:
            CallbackError: the number may not be dialled, or the agent is busy.
            SQLAlchemyError: the request cannot be written down, so nothing is dialled.
        """
        number = await self._checked(citizen, known=missed_id is not None or bool(ticket))
        if extension in self._ringing or self._agent(extension).state in _BUSY:
            raise CallbackError("坐席正在通话或振铃 / the agent is on a call already")
        now = datetime.now(UTC)
        entry = Callback(
            call_id=new_call_id(now),
            kind=kind,
            citizen=citizen,
            number=number,
            line=line or self._main_line,
            agent=extension,
            missed_id=missed_id,
            ticket=ticket,
            asked_by=by,
            asked_at=now,
        )
        self._ringing.add(extension)
        try:
            await self._store.callbacks.add(entry)
        except BaseException:
            self._ringing.discard(extension)
            raise
        self._tasks.start(self._place(entry.call_id, extension, number, entry.line))
        log.info("callback.asked", call_id=entry.call_id, agent=extension, kind=kind)
        return entry

    async def correct(self, call_id: str, result: Result, note: str) -> Callback | None:
        """A person says what came of it; None if there is no such call.

        Raises:
            SQLAlchemyError: the store does not answer.
        """
        now = datetime.now(UTC)
        entry = await self._store.callbacks.finish(
            call_id, result=result.value, at=now, note=note, anew=True
        )
        if entry is not None and result in (Result.REACHED, Result.WRONG_NUMBER):
            await self._close_missed(entry, now)
        return entry

    def noticed(self, events: Sequence[CallEvent]) -> None:
        """Take note of events that are in the store now."""
        for event in events:
            if isinstance(event, CallEnded) and is_outward(event.call_id):
                self.recovered(event.call_id)

    def recovered(self, call_id: str) -> None:
        """Take note of a call whose record is complete now."""
        if is_outward(call_id):
            self._tasks.start(self._quietly(self._ended(call_id)))

    async def _checked(self, citizen: str, *, known: bool) -> str:
        """The number to dial.

        Raises:
            CallbackError: it may not be dialled.
        """
        if not self._settings.trunks:
            raise CallbackError("没有设置呼出中继 / no trunk for calls to the outside is set")
        if citizen in self._settings.emergency_lines:
            raise CallbackError("紧急热线不能回拨 / emergency lines are not called back")
        number = national_number(citizen)
        if number is not None and (known or await self._store.calls.known(citizen)):
            return number
        if self._policy().allows(DialRole.AGENT, citizen):
            return citizen
        raise CallbackError("不允许拨打该号码 / this number may not be dialled")

    async def _place(self, call_id: str, extension: str, number: str, line: str) -> None:
        try:
            await self._dialler.place(call_id, extension, number, line)
        except OSError as error:
            log.info("callback.not_placed", call_id=call_id, reason=str(error)[:200])
            if isinstance(error, PlacingError) or not self._live(call_id):
                # a telephone that did ring has a record, which says the same
                await self._quietly(self._absent(call_id))
        finally:
            self._ringing.discard(extension)

    async def _absent(self, call_id: str) -> None:
        now = datetime.now(UTC)
        await self._store.callbacks.finish(call_id, result=Result.AGENT_ABSENT.value, at=now)

    async def _ended(self, call_id: str) -> None:
        call = await self._store.calls.get(call_id)
        if call is None or call.ended_at is None:
            return
        result = result_of(call)
        entry = await self._store.callbacks.finish(call_id, result=result.value, at=call.ended_at)
        if entry is None:
            return
        log.info("callback.ended", call_id=call_id, result=result.value)
        if result is Result.REACHED:
            await self._close_missed(entry, call.answered_at or call.ended_at)

    async def _close_missed(self, entry: Callback, at: datetime) -> None:
        if entry.missed_id is None:
            return
        # closed already: by the answer itself, or by a person
        with contextlib.suppress(ValueError):
            row = await self._store.missed.close(
                entry.missed_id, at=at, by=entry.agent, result=entry.result, note=entry.note
            )
            if row is not None:
                self._missed_changed(row)

    async def sweep(self) -> None:
        """Look for calls that ended while nobody listened.

        Raises:
            SQLAlchemyError: the store does not answer.
        """
        for entry, call in await self._store.callbacks.unfinished():
            if call is not None and call.ended_at is not None:
                await self._ended(entry.call_id)
            elif (
                call is None
                and not self._live(entry.call_id)
                and datetime.now(UTC) - entry.asked_at > FORGOTTEN_AFTER
            ):
                await self._absent(entry.call_id)

    async def _keep_sweeping(self) -> None:
        while True:
            await self._quietly(self.sweep())
            await asyncio.sleep(SWEEP_S)

    async def _quietly(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except (SQLAlchemyError, OSError) as error:
            # the sweep finds it again
            log.warning("callback.not_written", reason=str(error)[:300])
