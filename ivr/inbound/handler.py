"""Greeting a caller and finding out where they wait."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, tzinfo

from config.calendar import WorkCalendar
from config.menus import Menus
from config.numberplan import (
    Announcement,
    Dialled,
    DialledNumbers,
    NumberPlan,
    Treatment,
    treatment,
)
from ivr.conversation import Conversation, EmergencyPressed, PromptSource
from ivr.emergency import EmergencyLines, reach_emergency
from ivr.fastagi import AgiSession
from ivr.inbound.evidence import read_evidence
from ivr.inbound.menu import Destination, walk_menu
from ivr.inbound.reception import Reception, reception
from ivr.inbound.standing import CallerStandings, standing_of
from ivr.selfservice import TicketStatusSource, tell_ticket_progress
from ivr.waiting.message import take_message
from telephony.events import EventBus

# Long enough for the questions before the greeting, which Asterisk answers at once.
FIRST_LEASE_S = 5.0
PERSON, ENGLISH, PROGRESS = "0", "9", "*"


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Routing:
    """What decides about a call.

    Attributes:
        plan: the number plan with all its stages.
        numbers: the plan, ready to be looked up in.
        menus: all menus.
        zone: whose midnight begins a stage of the plan.
        now: the clock; gives an aware moment.
        language_queues: language -> queue of the callers who chose it.
        calendar: for lines that differ by time.
    """

    plan: NumberPlan
    numbers: DialledNumbers
    menus: Menus
    zone: tzinfo
    now: Callable[[], datetime] = _utc_now
    language_queues: Mapping[str, str] = field(default_factory=dict)
    calendar: WorkCalendar = field(default_factory=WorkCalendar)

    def treatment(self, number: str) -> Treatment:
        """What callers of a line get today."""
        return treatment(self.plan, number, self.local().date())

    def reception(self, treated: Treatment) -> Reception:
        """How callers are received now, by the city's clock and calendar."""
        return reception(treated, treated.closed_at(self.local(), self.calendar))

    def local(self) -> datetime:
        """The city's time."""
        return self.now().astimezone(self.zone)


class InboundHandler:
    """Serves ``agi://…/inbound``.

    Sets on the channel HL_LINE, HL_QUEUE, HL_PRIO, HL_LANG and HL_NEXT before anything is played,
    so that the dialplan knows them whatever happens to this service later, and HL_GREETED=1 when
    the greeting begins. No key is ever required of a caller (GB/T 33358).
    """

    def __init__(
        self,
        routing: Routing,
        prompts: PromptSource,
        bus: EventBus,
        tickets: TicketStatusSource | None = None,
        standings: CallerStandings | None = None,
        *,
        message_s: float = 120.0,
        emergency: EmergencyLines | None = None,
    ) -> None:
        self.routing = routing
        self._message_s = message_s
        self._emergency = emergency or EmergencyLines()
        self._prompts = prompts
        self._bus = bus
        self._tickets = tickets
        self._standings = standings

    async def __call__(self, session: AgiSession) -> None:
        """Serve one call.

        Raises:
            CallerGone: the caller hung up; the server takes note of it.
        """
        await session.lease(FIRST_LEASE_S)
        routing = self.routing
        dialled = routing.numbers.original(await read_evidence(session))
        treated = routing.treatment(dialled.line.number)
        welcome = routing.reception(treated)
        by_dialplan = await self._identify(session, dialled)
        conversation = Conversation(
            session,
            self._prompts,
            self._bus,
            welcome.language,
            emergency_key=self._emergency.key,
        )
        standing = standing_of(session, self._standings)
        if standing.bonus:
            conversation.note("priority", " ".join((*standing.reasons, f"+{standing.bonus}")))
        await _set_route(session, welcome, Destination(), standing.bonus)
        if not dialled.known:
            session.log.error("line.unknown_number", dialled=dialled.digits, served_as=welcome.line)
            conversation.note("unknown_number", dialled.digits)
        await session.set_variable("HL_LANG", conversation.language)
        await session.set_variable("HL_NEXT", "queue")

        try:
            if treated.announcement and not by_dialplan:
                await self._announce(conversation, treated.announcement, dialled.line.number)
            destination = await self._receive(conversation, routing, welcome, standing.bonus)
        except EmergencyPressed:
            destination = Destination()
            await self._reach_emergency(conversation, by="key")
        await session.set_variable("HL_LANG", conversation.language)
        if await session.get_variable("HL_NEXT") != "queue":
            return
        chosen = routing.language_queues.get(conversation.language)
        if chosen and destination.queue is None:
            destination = replace(destination, queue=chosen)
            await session.set_variable("HL_QUEUE", chosen)
        conversation.note("queue", destination.queue or welcome.queue)

    async def _receive(
        self, conversation: Conversation, routing: Routing, welcome: Reception, bonus: int
    ) -> Destination:
        """Greet and do what the caller's keys ask for; returns where the caller waits."""
        key = await self._greet(conversation, welcome)
        if key == PROGRESS:
            await tell_ticket_progress(conversation, self._tickets)
        elif key != PERSON and welcome.menu in routing.menus.menus:
            assert welcome.menu is not None
            destination = await walk_menu(conversation, routing.menus, welcome.menu, self._tickets)
            await _set_route(conversation.session, welcome, destination, bonus)
            if destination.emergency is not None:
                await self._reach_emergency(conversation, by="menu", line=destination.emergency)
            return destination
        elif key != PERSON and welcome.message:
            await take_message(conversation, self._message_s)
        return Destination()

    async def _reach_emergency(
        self, conversation: Conversation, *, by: str, line: str = ""
    ) -> None:
        await conversation.session.set_variable("HL_GREETED", "1")
        await reach_emergency(conversation, self._bus, self._emergency, by=by, line=line)

    async def _identify(self, session: AgiSession, dialled: Dialled) -> bool:
        """Let the call be of its line; whether the dialplan has found the same line before."""
        number = dialled.line.number
        by_dialplan = await session.get_variable("HL_LINE") == number
        # The account code is in all that Asterisk tells of the call: the line is known by it.
        if not by_dialplan:
            await session.set_variable("HL_LINE", number)
            await session.set_variable("CHANNEL(accountcode)", number)
        session.log.info("line.identified", line=number, known=dialled.known, by=dialled.source)
        return by_dialplan

    async def _announce(
        self, conversation: Conversation, announcement: Announcement, number: str
    ) -> None:
        """Tell what became of a number that the dialplan did not find.

        The call is answered by now, and whoever is answered is served. What the dialplan has found
        it has treated: if midnight or a new plan came between its look and this one, the call goes
        on as it began.
        """
        if await conversation.session.get_variable("HL_HEARD") == "1":
            return
        conversation.note("announcement", number)
        greeted_in = conversation.language
        for conversation.language in announcement.languages:
            await conversation.say(announcement.key)
        conversation.language = greeted_in

    async def _greet(self, conversation: Conversation, welcome: Reception) -> str | None:
        greeting = welcome.greeting
        if await conversation.can_say(greeting):
            # Before, not after: whoever takes over in the middle must not begin again.
            await conversation.session.set_variable("HL_GREETED", "1")
        if welcome.closed:
            conversation.note("closed", welcome.line)
        conversation.note("greeting", welcome.line)
        key = await conversation.say(greeting, PERSON + ENGLISH + PROGRESS)
        if key == ENGLISH:
            conversation.language = "en"
            await conversation.session.set_variable("HL_LANG", "en")
            conversation.note("language", "en")
            key = await conversation.say(greeting, PERSON + PROGRESS)
        return key


async def _set_route(
    session: AgiSession, welcome: Reception, destination: Destination, bonus: int
) -> None:
    priority = welcome.priority if destination.priority is None else destination.priority
    await session.set_variable("HL_QUEUE", destination.queue or welcome.queue)
    await session.set_variable("HL_PRIO", str(priority + bonus))
