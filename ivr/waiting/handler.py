"""Keys while waiting. Whatever is asked for, the caller keeps their place in the queue."""

from __future__ import annotations

from typing import Protocol

from config.numberplan import Language
from ivr.conversation import Conversation, PromptSource
from ivr.fastagi import AgiSession
from ivr.selfservice import TicketStatusSource, tell_ticket_progress
from telephony.events import EventBus

FIRST_LEASE_S = 5.0


class QueuePositions(Protocol):
    """Knows where callers stood."""

    def last_position(self, call_id: str) -> int | None:
        """The caller's last position in the queue, from 1; None when unknown."""


class WaitingKeyHandler:
    """Serves ``agi://…/waiting-key``: reads HL_KEY and HL_LANG, sets HL_POSITION and HL_LANG."""

    def __init__(
        self,
        prompts: PromptSource,
        bus: EventBus,
        positions: QueuePositions,
        tickets: TicketStatusSource | None = None,
    ) -> None:
        self._prompts = prompts
        self._bus = bus
        self._positions = positions
        self._tickets = tickets

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
        conversation = Conversation(session, self._prompts, self._bus, language)
        conversation.note("waiting_key", key)
        match key:
            case "0":
                await conversation.say("already-waiting")
            case "9":
                conversation.language = "en"
                await session.set_variable("HL_LANG", "en")
                await conversation.say("english-selected")
            case "*":
                await tell_ticket_progress(conversation, self._tickets)
