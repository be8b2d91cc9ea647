"""A message instead of waiting. The call's recording holds it, and goes on without this service."""

from __future__ import annotations

import asyncio

from ivr.conversation import Conversation
from telephony.events import VOICEMAIL_STEP

END = "#"
FIRST_LEASE_S = 5.0


async def take_message(conversation: Conversation, longest_s: float) -> None:
    """Ask for a message and listen until the caller ends it, by # or by hanging up.

    Sets HL_NEXT=hangup when the caller may begin to speak: from then on the call is not queued
    again, whatever happens to this service.
    """
    if not await conversation.can_say("voicemail-ask"):
        return
    # Before the prompt: the recogniser needs a moment to be attached.
    conversation.note(VOICEMAIL_STEP)
    await conversation.say("voicemail-ask", END)
    await conversation.session.lease(FIRST_LEASE_S)
    await conversation.session.set_variable("HL_NEXT", "hangup")
    clock = asyncio.get_running_loop().time
    until = clock() + longest_s
    while (left_s := until - clock()) > 0:
        key = await conversation.wait_key(left_s)
        if key in (END, None):
            break
    await conversation.say("voicemail-noted")
