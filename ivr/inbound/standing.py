"""Who the caller is decides how they are served: turned away, put forward, or as everybody."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from config.numberplan import Language
from ivr.conversation import Conversation
from telephony.events import BLOCKED_STEP

BLOCKED_PROMPT = "caller-blocked"
# Q.850 clause 2.2.7.1.15: call rejected.
REJECTED = 21
_LANGUAGES: tuple[Language, ...] = ("zh", "en")


@dataclass(frozen=True, slots=True)
class Standing:
    """How a caller is served.

    Attributes:
        blocked: told that the number is restricted, and released.
        bonus: added to the line's priority.
        reasons: for the bonus: ``vip``, ``repeat``, ``ticket``.
    """

    blocked: bool = False
    bonus: int = 0
    reasons: tuple[str, ...] = ()


class CallerStandings(Protocol):
    """Knows callers. Answers at once, from memory: a caller waits for the answer."""

    def of(self, caller: str) -> Standing:
        """The standing of a number as the network gave it."""


def standing_of(conversation: Conversation, standings: CallerStandings | None) -> Standing:
    """The caller's standing; whatever goes wrong, nobody is turned away for it."""
    if standings is None:
        return Standing()
    session = conversation.session
    try:
        standing = standings.of(session.caller)
    except Exception:
        session.log.exception("caller.standing_unknown")
        return Standing()
    if standing.bonus:
        conversation.note("priority", " ".join((*standing.reasons, f"+{standing.bonus}")))
    return standing


async def turn_away(conversation: Conversation) -> bool:
    """Tell a blocked caller so; True: the dialplan releases the call on return.

    Keys do nothing here: the announcement names the emergency lines, which this hotline does not
    stand in for. If it cannot be played, the caller is served like others: nobody is sent away
    without a word. Until it has been played the dialplan would queue the call, so that a service
    that fails in the middle blocks nobody.
    """
    conversation.note(BLOCKED_STEP)
    usual = conversation.language
    told = False
    for conversation.language in _LANGUAGES:
        told = await conversation.tell(BLOCKED_PROMPT) or told
    conversation.language = usual
    if told:
        await conversation.session.set_variable("HL_CAUSE", str(REJECTED))
        await conversation.session.set_variable("HL_NEXT", "hangup")
    return told
