"""Which emergency line a caller needs. Whatever is not answered leads to the next free agent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from ivr.conversation import Conversation
from telephony.events import EmergencyHeard, EventBus, Speaker

# Before all others (QUEUE_PRIO); lines have 100 at most.
TOP_PRIORITY = "1000"
CHOOSE_S = 4.0
BY_MISTAKE = "*"
LINE_OF_KEY: Mapping[str, str] = {"1": "110", "2": "119", "3": "120", "4": "122"}
NO_TURN = -1


@dataclass(frozen=True, slots=True)
class EmergencyLines:
    """What the emergency key can reach.

    Attributes:
        key: the key; "" when there is none.
        lines: emergency lines that can be dialled; empty without a trunk to the outside.
    """

    key: str = ""
    lines: frozenset[str] = field(default_factory=frozenset)


async def reach_emergency(
    conversation: Conversation, bus: EventBus, lines: EmergencyLines, *, by: str, line: str = ""
) -> bool:
    """Tell the agents, ask for the line and hand the call to the dialplan, which dials it.

    Sets HL_PRIO to the top before anything is asked: whatever fails, the caller is the next one to
    be answered. HL_NEXT=emergency and HL_EMERGENCY name the line that was chosen.

    Args:
        conversation: with the caller.
        bus: told of the emergency.
        lines: what can be dialled.
        by: how the caller asked for it, ``key`` or ``menu``.
        line: the line, if it is known already; else the caller is asked.

    Returns:
        False when the caller pressed the key by mistake; nothing is changed then.

    Raises:
        CallerGone: the caller hung up.
    """
    session = conversation.session
    # pressed once more it means nothing new
    conversation.emergency_key = ""
    # the dialplan has put a waiting caller to the top already, in case nobody is here
    before = await session.get_variable("HL_PRIO_BEFORE") or await session.get_variable("HL_PRIO")
    await session.set_variable("HL_PRIO", TOP_PRIORITY)
    # a place in line means nothing any more
    await session.set_variable("HL_POSITION", "")
    conversation.note("emergency", by)
    if not line and lines.lines:
        key = await conversation.say("emergency-which", "".join(LINE_OF_KEY) + "0" + BY_MISTAKE)
        if key is None:
            key = await conversation.wait_key(CHOOSE_S)
        if key == BY_MISTAKE:
            await session.set_variable("HL_PRIO", before or "")
            conversation.note("emergency", "by mistake")
            return False
        line = LINE_OF_KEY.get(key or "", "")
    if line not in lines.lines:
        line = ""
    bus.publish(
        EmergencyHeard(
            at=datetime.now(UTC),
            call_id=session.call_id,
            line=line,
            kind=by,
            words="",
            speaker=Speaker.CALLER,
            turn=NO_TURN,
        )
    )
    if line:
        conversation.note("emergency_line", line)
        await session.set_variable("HL_EMERGENCY", line)
        await session.set_variable("HL_NEXT", "emergency")
        await conversation.say("emergency-connecting")
    else:
        await session.set_variable("HL_NEXT", "queue")
        await conversation.say("emergency-person")
    return True
