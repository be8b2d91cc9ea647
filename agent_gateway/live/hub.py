"""From events to screens: who must see what, at once."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from typing import Any

import structlog
from aiohttp import WSCloseCode
from pydantic import BaseModel
from sqlalchemy.exc import SQLAlchemyError

from agent_gateway.advice.views import AdviceMessage
from agent_gateway.auth import Principal
from agent_gateway.calls.views import CallSummary
from agent_gateway.journal import agent_of
from agent_gateway.live.board import CallBoard, LiveCall, quality_message
from agent_gateway.live.connection import Connection, text_of
from agent_gateway.live.messages import (
    AgentStateMessage,
    CallAnsweredMessage,
    CallEndedMessage,
    CallMessage,
    DelayMessage,
    LinkMessage,
    MissedCallMessage,
    OfferEndedMessage,
    PinnedMessage,
    PrefillMessage,
    SupervisionMessage,
    TelephoneMessage,
    TicketMessage,
    TranscriptMessage,
    TransferMessage,
    Turn,
)
from agent_gateway.missed.views import MissedCallView
from agent_gateway.pinned.views import PinnedView
from agent_gateway.store import Store
from agent_gateway.tickets.views import TicketSummary, TicketView
from asr.text import readable
from telephony.background import Tasks
from telephony.events import (
    AgentStateChanged,
    CallAnswered,
    CallArrived,
    CallEnded,
    CallEvent,
    CallOffered,
    CallQueued,
    EmergencyHeard,
    Event,
    EventBus,
    LinkStateChanged,
    OfferEnded,
    PrefillChanged,
    QualityHint,
    SupervisionChanged,
    TicketDrafted,
    TranscriptDelayed,
    TranscriptFinal,
    TranscriptPartial,
    TransferChanged,
)

log = structlog.get_logger(__name__)

HISTORY = 10
# Numbers that many people share tell nothing about the caller.
_NOBODY = frozenset({"", "anonymous", "unknown", "unavailable", "restricted"})


class LiveHub:
    """Follows the bus and tells the connected pages."""

    def __init__(self, store: Store, bus: EventBus, line_names: Mapping[str, str]) -> None:
        self._store = store
        self._bus = bus
        self.line_names = line_names
        self.board = CallBoard()
        self.connections: set[Connection] = set()
        self._tasks = Tasks("live")

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Follow the bus within the block."""
        with self._bus.subscribe("live") as events:

            async def listen() -> None:
                async for event in events:
                    try:
                        self.apply(event)
                    except Exception:  # one event must not end all screens
                        log.exception("live.event_failed", event_type=type(event).__name__)

            self._tasks.start(listen(), "live")
            try:
                yield
            finally:
                await self._tasks.stop()

    def apply(self, event: Event) -> None:
        """Fold one event and tell whom it concerns."""
        match event:
            case AgentStateChanged():
                self._agent_state(event)
            case SupervisionChanged():
                self.tell_leaders(SupervisionMessage.model_validate(event, from_attributes=True))
            case LinkStateChanged():
                message = LinkMessage(state=event.state, reason=event.reason)
                self._tell(set(), message, everybody=True)
            case CallEvent():
                call, new = self.board.apply(event)
                if call is not None and (new or isinstance(event, CallArrived)):
                    self._tasks.start(self._look_up(call))
                if isinstance(event, TicketDrafted):
                    self._tasks.start(
                        self._ticket_drafted(call, event.ticket_number), "live-ticket"
                    )
                elif call is not None:
                    self._call_event(call, event)

    def ticket_changed(self, ticket: TicketView) -> None:
        """A person changed a ticket."""
        if ticket.call_id and (call := self.board.get(ticket.call_id)):
            call.ticket = ticket
        self._tell({ticket.agent}, TicketMessage(type="ticket.changed", ticket=ticket))

    def missed_call_changed(self, entry: MissedCallView) -> None:
        """A missed call was entered, changed or closed: everybody may call back."""
        self._tell(set(), MissedCallMessage(missed_call=entry), everybody=True)

    def advise(self, advice: AdviceMessage) -> None:
        """What stands beside a call's ticket has changed."""
        if (call := self.board.get(advice.call_id)) is not None:
            call.advice = advice
            self._tell(set(call.agents), advice)

    def pinned_changed(self, views: list[PinnedView]) -> None:
        """A target came onto all desks, or left them."""
        self._tell(set(), PinnedMessage(pinned=views), everybody=True)

    def telephone_taken(self, extension: str, page: str) -> None:
        """One of the agent's pages has become the telephone."""
        message = TelephoneMessage(page=page)
        for connection in self.connections:
            if connection.who.extension == extension:
                connection.send(message)

    def tell_leaders(self, message: BaseModel) -> None:
        """Tell supervisors and administrators."""
        self._tell(set(), message)

    def known(self, token: str) -> Principal | None:
        """Whose page is connected with this session; None when none is."""
        return next((one.who for one in self.connections if token and one.token == token), None)

    def forget_token(self, token: str) -> None:
        """The session was ended: its pages go."""
        for connection in list(self.connections):
            if connection.token == token:
                self._tasks.start(_close(connection, 4401, b"logged out"))

    async def close_all(self) -> None:
        """The service stops."""
        await asyncio.gather(
            *(_close(one, WSCloseCode.GOING_AWAY, b"service stops") for one in self.connections)
        )

    def _call_event(self, call: LiveCall, event: CallEvent) -> None:
        match event:
            case CallArrived() | CallQueued():
                self._tell(set(), self._call("call.arrived", call))
            case CallOffered():
                self._tell({agent_of(event.endpoint)}, self._call("call.offered", call))
            case OfferEnded():
                extension = agent_of(event.endpoint)
                message = OfferEndedMessage(
                    call_id=call.call_id, extension=extension, outcome=event.outcome.value
                )
                self._tell({extension}, message)
            case CallAnswered():
                extension = agent_of(event.endpoint)
                # A page which did not see it ring (opened later, or a transfer) needs all of it.
                self._tell(call.audience, self._call("call.updated", call))
                answered = CallAnsweredMessage(
                    call_id=call.call_id, extension=extension, at=event.at
                )
                self._tell(call.audience, answered)
            case CallEnded():
                ended = CallEndedMessage(
                    call_id=call.call_id,
                    at=event.at,
                    hung_up_by=event.hung_up_by.value,
                    cause=event.cause,
                    cause_text=event.cause_text,
                )
                self._tell(call.audience, ended)
            case TranscriptPartial() | TranscriptFinal():
                self._tell(set(call.agents), _transcript(event))
            case TranscriptDelayed():
                delay = DelayMessage(
                    call_id=call.call_id,
                    speaker=event.speaker.value,
                    behind_ms=event.behind_ms,
                    deferred=event.deferred,
                )
                self._tell(set(call.agents), delay)
            case EmergencyHeard():
                if call.alarm is not None:
                    # while nobody has answered, everybody must see it
                    self._tell(call.audience, call.alarm, everybody=not call.agents)
            case QualityHint():
                # nobody's extension: to those who see all only
                self._tell(set(), quality_message(event))
            case PrefillChanged():
                message_ = PrefillMessage(call_id=call.call_id, fields=event.fields)
                self._tell(set(call.agents), message_)
            case TransferChanged():
                changed = TransferMessage(
                    call_id=call.call_id,
                    at=event.at,
                    state=event.state,
                    kind=event.kind.value,
                    target=event.target,
                    name=event.name,
                    reason=event.reason,
                    drill=event.drill,
                    location=event.location,
                )
                self._tell(call.audience, changed)

    def _agent_state(self, event: AgentStateChanged) -> None:
        message = AgentStateMessage(
            extension=event.agent,
            state=event.state,
            reason=event.reason,
            call_id=event.call_id,
            at=event.at,
        )
        self._tell({event.agent}, message)

    def _call(self, kind: Any, call: LiveCall) -> CallMessage:
        return CallMessage(type=kind, call=call.pop(self.line_names))

    def _tell(self, extensions: set[str], message: BaseModel, *, everybody: bool = False) -> None:
        """To these agents, and to those who see all."""
        texts: dict[bool, str] = {}
        for connection in self.connections:
            who = connection.who
            if everybody or who.sees_all or (who.extension and who.extension in extensions):
                masks = connection.masks
                if masks not in texts:
                    texts[masks] = text_of(message, masks=masks)
                connection.send_text(texts[masks])

    async def _look_up(self, call: LiveCall) -> None:
        """What the store knows of the caller (and of a call that began before this service)."""
        try:
            known = await self._store.calls.get(call.call_id)
            if known is not None:
                call.caller = call.caller or known.caller
                call.line = call.line or known.line
                call.dialled = call.dialled or known.dialled
                call.caller_name = call.caller_name or known.caller_name
                call.answered_at = call.answered_at or known.answered_at
                call.arrived_at = min(call.arrived_at, known.arrived_at)
                for turn in await self._store.calls.transcript(call.call_id):
                    written = await asyncio.to_thread(readable, turn.text)
                    said = Turn.model_validate(
                        {
                            **{name: getattr(turn, name) for name in _TURN},
                            "final": True,
                            "readable": written,
                        }
                    )
                    call.turns.setdefault((turn.speaker, turn.turn), said)
                if ticket := await self._store.tickets.of_call(call.call_id):
                    call.ticket = call.ticket or TicketView.of(ticket)
            if call.caller.lower() in _NOBODY:
                call.history, call.open_tickets = [], []
            else:
                calls = await self._store.calls.history(
                    call.caller, besides=call.call_id, limit=HISTORY
                )
                tickets = await self._store.tickets.open_of(call.caller)
                call.history = [CallSummary.of(one) for one in calls]
                call.open_tickets = [TicketSummary.of(one) for one in tickets]
        except (SQLAlchemyError, OSError) as error:
            log.warning("live.history_failed", call_id=call.call_id, reason=str(error)[:300])
            return
        if call.audience:
            # the telephone was faster than the database
            self._tell(call.audience, self._call("call.updated", call))

    async def _ticket_drafted(self, call: LiveCall | None, number: str) -> None:
        try:
            ticket = await self._store.tickets.get(number)
        except (SQLAlchemyError, OSError) as error:
            log.warning("live.ticket_failed", ticket=number, reason=str(error)[:300])
            return
        if ticket is None:
            return
        view = TicketView.of(ticket)
        if call is not None:
            call.ticket = view
        agents = set(call.agents) if call is not None else set()
        self._tell({*agents, ticket.agent}, TicketMessage(type="ticket.drafted", ticket=view))


_TURN = ("speaker", "turn", "text", "start_ms", "end_ms", "confidence")


def _transcript(event: TranscriptPartial | TranscriptFinal) -> TranscriptMessage:
    final = isinstance(event, TranscriptFinal)
    return TranscriptMessage(
        type="transcript.final" if final else "transcript.partial",
        call_id=event.call_id,
        speaker=event.speaker.value,
        turn=event.turn,
        text=event.text,
        start_ms=event.start_ms,
        end_ms=event.end_ms,
        confidence=event.confidence if isinstance(event, TranscriptFinal) else -1.0,
        readable=event.readable if isinstance(event, TranscriptFinal) else "",
    )


async def _close(connection: Connection, code: int, reason: bytes) -> None:
    try:
        async with asyncio.timeout(2):
            await connection.ws.close(code=code, message=reason)
    except (TimeoutError, ConnectionError, RuntimeError):
        connection.abort()
