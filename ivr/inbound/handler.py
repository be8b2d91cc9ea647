"""Greeting a caller and finding out where they wait."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, tzinfo

from config.menus import Menus
from config.numberplan import (
    Announcement,
    AnsweredLine,
    Dialled,
    DialledNumbers,
    NumberPlan,
    Treatment,
    treatment,
)
from config.prompts import greeting_key
from ivr.conversation import Conversation, PromptSource
from ivr.fastagi import AgiSession
from ivr.inbound.evidence import read_evidence
from ivr.inbound.menu import Destination, walk_menu
from ivr.selfservice import TicketStatusSource, tell_ticket_progress
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
    """

    plan: NumberPlan
    numbers: DialledNumbers
    menus: Menus
    zone: tzinfo
    now: Callable[[], datetime] = _utc_now
    language_queues: Mapping[str, str] = field(default_factory=dict)

    def treatment(self, number: str) -> Treatment:
        """What callers of a line get today."""
        return treatment(self.plan, number, self.now().astimezone(self.zone).date())


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
    ) -> None:
        self.routing = routing
        self._prompts = prompts
        self._bus = bus
        self._tickets = tickets

    async def __call__(self, session: AgiSession) -> None:
        """Serve one call.

        Raises:
            CallerGone: the caller hung up; the server takes note of it.
        """
        await session.lease(FIRST_LEASE_S)
        routing = self.routing
        dialled = routing.numbers.original(await read_evidence(session))
        treated = routing.treatment(dialled.line.number)
        line = treated.serving
        await self._identify(session, dialled)
        await _set_route(session, line, Destination())

        conversation = Conversation(session, self._prompts, self._bus, line.language)
        if not dialled.known:
            session.log.error("line.unknown_number", dialled=dialled.digits, served_as=line.number)
            conversation.note("unknown_number", dialled.digits)
        await session.set_variable("HL_LANG", conversation.language)
        await session.set_variable("HL_NEXT", "queue")

        if treated.announcement:
            await self._announce(conversation, treated.announcement, dialled.line.number)
        key = await self._greet(conversation, line)
        destination = Destination()
        if key == PROGRESS:
            await tell_ticket_progress(conversation, self._tickets)
        elif key != PERSON and line.menu in routing.menus.menus:
            assert line.menu is not None
            destination = await walk_menu(conversation, routing.menus, line.menu, self._tickets)
            await _set_route(session, line, destination)
        await session.set_variable("HL_LANG", conversation.language)
        chosen = routing.language_queues.get(conversation.language)
        if chosen and destination.queue is None:
            destination = replace(destination, queue=chosen)
            await session.set_variable("HL_QUEUE", chosen)
        conversation.note("queue", destination.queue or line.queue)

    async def _identify(self, session: AgiSession, dialled: Dialled) -> None:
        number = dialled.line.number
        # The account code is in all that Asterisk tells of the call: the line is known by it.
        if await session.get_variable("HL_LINE") != number:
            await session.set_variable("HL_LINE", number)
            await session.set_variable("CHANNEL(accountcode)", number)
        session.log.info("line.identified", line=number, known=dialled.known, by=dialled.source)

    async def _announce(
        self, conversation: Conversation, announcement: Announcement, number: str
    ) -> None:
        """Tell what became of the number, unless the dialplan did so before the answer.

        So it is when the carrier redirected the call and only a header names the number: the call
        is answered by now, and whoever is answered is served.
        """
        if await conversation.session.get_variable("HL_HEARD") == "1":
            return
        conversation.note("announcement", number)
        greeted_in = conversation.language
        for conversation.language in announcement.languages:
            await conversation.say(announcement.key)
        conversation.language = greeted_in

    async def _greet(self, conversation: Conversation, line: AnsweredLine) -> str | None:
        greeting = greeting_key(line.number, line.begins)
        if await conversation.can_say(greeting):
            # Before, not after: whoever takes over in the middle must not begin again.
            await conversation.session.set_variable("HL_GREETED", "1")
        conversation.note("greeting", line.number)
        key = await conversation.say(greeting, PERSON + ENGLISH + PROGRESS)
        if key == ENGLISH:
            conversation.language = "en"
            await conversation.session.set_variable("HL_LANG", "en")
            conversation.note("language", "en")
            key = await conversation.say(greeting, PERSON + PROGRESS)
        return key


async def _set_route(session: AgiSession, line: AnsweredLine, destination: Destination) -> None:
    priority = line.priority if destination.priority is None else destination.priority
    await session.set_variable("HL_QUEUE", destination.queue or line.queue)
    await session.set_variable("HL_PRIO", str(priority))
