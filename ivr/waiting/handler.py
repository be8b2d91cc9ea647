"""Keys while waiting. Whatever is asked for, the caller keeps their place in the queue."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol

from config.numberplan import Language
from ivr.conversation import ALL_KEYS, Conversation, EmergencyPressed, PromptSource
from ivr.emergency import EmergencyLines, reach_emergency
from ivr.fastagi import AgiSession
from ivr.selfservice import TicketStatusSource, tell_ticket_progress
from ivr.waiting.message import take_message
from telephony.events import CALLBACK_STEP, EventBus

FIRST_LEASE_S = 5.0
CONFIRM = "1"
CONFIRM_WITHIN_S = 4.0
_DIALLABLE = re.compile(r"\+?[0-9]{5,15}")

CallbackRequest = Callable[[str, str], Awaitable[bool]]
"""(call_id, number) -> whether the request is written down."""


class QueuePositions(Protocol):
    """Knows where callers stood."""

    def last_position(self, call_id: str) -> int | None:
        """The caller's last position in the queue, from 1; None when unknown."""


class WaitingKeyHandler:
    """Serves ``agi://…/waiting-key``.

    Reads HL_KEY and HL_LANG, sets HL_POSITION, HL_LANG and HL_QUEUE, and
    HL_NEXT=hangup for a caller who will be called back or has left a message.
    """

    def __init__(
        self,
        prompts: PromptSource,
        bus: EventBus,
        positions: QueuePositions,
        tickets: TicketStatusSource | None = None,
        call_back: CallbackRequest | None = None,
        *,
        voicemail_s: float = 120.0,
        emergency: EmergencyLines | None = None,
        language_queues: Mapping[str, str] | None = None,
    ) -> None:
        self._prompts = prompts
        self._bus = bus
        self._positions = positions
        self._tickets = tickets
        self._call_back = call_back
        self._voicemail_s = voicemail_s
        self._emergency = emergency or EmergencyLines()
        self._language_queues = language_queues or {}

    async def __call__(self, session: AgiSession) -> None:
        """Serve one key.

        Raises:
            CallerGone: the caller hung up; the server takes note of it.
        """
        await session.lease(FIRST_LEASE_S)
        position = self._positions.last_position(session.call_id)
        # Set first: the place is kept even if this service fails in what follows. An empty value
        # overwrites the place of an earlier key.
        await session.set_variable("HL_POSITION", str(position) if position else "")
        key = await session.get_variable("HL_KEY") or ""
        language: Language = "en" if await session.get_variable("HL_LANG") == "en" else "zh"
        conversation = Conversation(
            session, self._prompts, self._bus, language, emergency_key=self._emergency.key
        )
        conversation.note("waiting_key", key)
        pressed = key != "" and key == self._emergency.key
        if not pressed:
            try:
                await self._serve(conversation, key)
            except EmergencyPressed:
                pressed = True
        if pressed and not await reach_emergency(
            conversation, self._bus, self._emergency, by="key"
        ):
            await session.set_variable("HL_POSITION", str(position) if position else "")

    async def _serve(self, conversation: Conversation, key: str) -> None:
        session = conversation.session
        match key:
            case "0":
                await conversation.say("already-waiting")
            case "9":
                conversation.language = "en"
                await session.set_variable("HL_LANG", "en")
                await self._move_to_queue_of(session, "en")
                await conversation.say("english-selected")
            case "*":
                await tell_ticket_progress(conversation, self._tickets)
            case "1":
                await self._offer_call_back(conversation)
            case "2":
                await take_message(conversation, self._voicemail_s)

    async def _move_to_queue_of(self, session: AgiSession, language: Language) -> None:
        queue = self._language_queues.get(language)
        if queue and await session.get_variable("HL_QUEUE") != queue:
            # a place in one queue means nothing in another
            await session.set_variable("HL_POSITION", "")
            await session.set_variable("HL_QUEUE", queue)

    async def _offer_call_back(self, conversation: Conversation) -> None:
        """Read out the caller's number, and let the caller go once the request is written down."""
        session = conversation.session
        number = session.caller
        if self._call_back is None or not _DIALLABLE.fullmatch(number):
            await conversation.say("callback-unavailable")
            return
        spelled = [f"digit-{digit}" for digit in number if digit != "+"]
        key = await conversation.say_all(["callback-number", *spelled], ALL_KEYS)
        if key is None:
            key = await conversation.say("callback-confirm", ALL_KEYS)
        if key is None:
            key = await conversation.wait_key(CONFIRM_WITHIN_S)
        if key != CONFIRM:
            return
        await session.lease(FIRST_LEASE_S)
        if not await self._call_back(session.call_id, number):
            await conversation.say("callback-unavailable")
            return
        conversation.note(CALLBACK_STEP)
        await session.set_variable("HL_NEXT", "hangup")
        await conversation.say("callback-noted")
