"""Greeting a caller and finding out where they wait."""

from __future__ import annotations

from dataclasses import dataclass

from config.menus import Menus
from config.numberplan import AnsweredLine, Dialled, DialledNumbers, NumberPlan
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


@dataclass(frozen=True, slots=True)
class Routing:
    """What decides about a call: the number plan, ready to be looked up in, and the menus."""

    plan: NumberPlan
    numbers: DialledNumbers
    menus: Menus


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
        line = routing.plan.serving(dialled.line.number)
        await self._identify(session, dialled)
        await _set_route(session, line, Destination())

        conversation = Conversation(session, self._prompts, self._bus, line.language)
        if not dialled.known:
            session.log.error("line.unknown_number", dialled=dialled.digits, served_as=line.number)
            conversation.note("unknown_number", dialled.digits)
        await session.set_variable("HL_LANG", conversation.language)
        await session.set_variable("HL_NEXT", "queue")

        key = await self._greet(conversation, line.number)
        destination = Destination()
        if key == PROGRESS:
            await tell_ticket_progress(conversation, self._tickets)
        elif key != PERSON and line.menu in routing.menus.menus:
            assert line.menu is not None
            destination = await walk_menu(conversation, routing.menus, line.menu, self._tickets)
            await _set_route(session, line, destination)
        await session.set_variable("HL_LANG", conversation.language)
        conversation.note("queue", destination.queue or line.queue)

    async def _identify(self, session: AgiSession, dialled: Dialled) -> None:
        number = dialled.line.number
        # The account code is in all that Asterisk tells of the call: the line is known by it.
        if await session.get_variable("HL_LINE") != number:
            await session.set_variable("HL_LINE", number)
            await session.set_variable("CHANNEL(accountcode)", number)
        session.log.info("line.identified", line=number, known=dialled.known, by=dialled.source)

    async def _greet(self, conversation: Conversation, number: str) -> str | None:
        greeting = greeting_key(number)
        if await conversation.can_say(greeting):
            # Before, not after: whoever takes over in the middle must not begin again.
            await conversation.session.set_variable("HL_GREETED", "1")
        conversation.note("greeting", number)
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
