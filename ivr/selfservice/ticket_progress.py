"""How far is my ticket? The status is spoken, never what the ticket is about."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from ivr.conversation import Conversation

LOOKUP_S = 3.0
LOOKUP_LEASE_S = LOOKUP_S + 2.0
TRIES = 2
DIGIT_S = 5.0
MAX_DIGITS = 20
NUMBER_LIMIT_S = 40.0
# The last digits of the telephone number that a ticket was opened from.
LAST_DIGITS = 4
OTHER_S = 3.0
PERSON_KEY, OTHER_KEY = "0", "1"


class TicketState(StrEnum):
    """How far a ticket is; each state has a prompt."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    DISPATCHED = "dispatched"
    HANDLING = "handling"
    ANSWERED = "answered"
    CLOSED = "closed"

    @property
    def prompt_key(self) -> str:
        """Names the prompt that says it."""
        return f"ticket-status-{self.value}"


@dataclass(frozen=True, slots=True)
class TicketStatus:
    """A ticket's number and state, and nothing else about it."""

    number: str
    state: TicketState


class TicketStatusSource(Protocol):
    """Knows tickets. May be slow or fail: the caller then goes on to a person."""

    async def latest_for_caller(self, caller: str) -> TicketStatus | None:
        """The newest ticket of a calling number."""

    async def by_number(
        self, number: str, caller: str, last_digits: str = ""
    ) -> TicketStatus | None:
        """A ticket by the digits of its number, if that caller may hear its status.

        So it is when the ticket was opened from the number ``caller``, or from one that ends with
        ``last_digits``, four of them.
        """


class _Unavailable(Exception):  # noqa: N818  # an outcome of a lookup
    pass


async def tell_ticket_progress(
    conversation: Conversation, source: TicketStatusSource | None
) -> None:
    """Speak the status of the caller's latest ticket, and of others whose number they enter.

    Whoever calls from another telephone is asked for the last digits of the one that the ticket was
    opened from: ticket numbers can be counted up. They are asked so as well when there is no such
    ticket, which nobody learns this way.

    Returns in any case, within about three minutes; key 0 ends it at once. The caller then goes on
    to a person.

    Raises:
        CallerGone: the caller hung up.
    """
    if source is None:
        await _say_unavailable(conversation)
        return
    try:
        await _tell(conversation, source, conversation.session.caller)
    except _Unavailable:
        await _say_unavailable(conversation)


async def _say_unavailable(conversation: Conversation) -> None:
    conversation.note("ticket_progress", "unavailable")
    await conversation.say("ticket-unavailable", PERSON_KEY)


async def _tell(conversation: Conversation, source: TicketStatusSource, caller: str) -> None:
    if caller:
        status = await _look_up(conversation, source.latest_for_caller(caller))
        if status is not None:
            if await _speak(conversation, "ticket-latest", status) == PERSON_KEY:
                return
            key = await conversation.say("ticket-other", PERSON_KEY + OTHER_KEY)
            if key is None:
                key = await conversation.wait_key(OTHER_S)
            if key != OTHER_KEY:
                return
    await _by_number(conversation, source, caller)


async def _by_number(conversation: Conversation, source: TicketStatusSource, caller: str) -> None:
    for _ in range(TRIES):
        number = await _ask(conversation, "ticket-ask-number", MAX_DIGITS)
        if number == PERSON_KEY:
            break
        status = None
        if number:
            status = await _look_up(conversation, source.by_number(number, caller))
        if number and status is None:
            last = await _ask(conversation, "ticket-ask-phone", LAST_DIGITS)
            if last == PERSON_KEY:
                break
            if len(last) == LAST_DIGITS:
                status = await _look_up(conversation, source.by_number(number, caller, last))
        if status is not None:
            await _speak(conversation, "ticket-found", status)
            return
        spoken = "ticket-not-found" if number else "no-input"
        if await conversation.say(spoken, PERSON_KEY) == PERSON_KEY:
            break
    conversation.note("ticket_progress", "not_found")


async def _ask(conversation: Conversation, prompt: str, max_digits: int) -> str:
    """The digits that the caller enters; "" for none."""
    keys = await conversation.ask_number(
        prompt, digit_s=DIGIT_S, max_digits=max_digits, limit_s=NUMBER_LIMIT_S
    )
    if keys is None:
        raise _Unavailable
    return "".join(key for key in keys.digits if key.isdigit())


async def _look_up(
    conversation: Conversation, lookup: Awaitable[TicketStatus | None]
) -> TicketStatus | None:
    await conversation.session.lease(LOOKUP_LEASE_S)
    try:
        async with asyncio.timeout(LOOKUP_S):
            return await lookup
    except TimeoutError as error:
        conversation.session.log.warning("ticket_progress.too_slow", limit_s=LOOKUP_S)
        raise _Unavailable from error
    except Exception as error:
        conversation.session.log.exception("ticket_progress.failed")
        raise _Unavailable from error


async def _speak(conversation: Conversation, intro: str, status: TicketStatus) -> str | None:
    digits = [f"digit-{digit}" for digit in status.number if digit in "0123456789"][:MAX_DIGITS]
    conversation.note("ticket_progress", status.state.value)
    return await conversation.say_all([intro, *digits, status.state.prompt_key], PERSON_KEY)
