"""Two questions by keypad: 1 to 5, and whether the problem is solved.

Silence or another key ends the survey with a word of thanks; the dialplan hangs up afterwards, and
at once when this service does not answer: nobody is kept for a survey.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from config.numberplan import Language
from ivr.conversation import ALL_KEYS, Conversation, PromptSource
from ivr.fastagi import AgiSession
from telephony.events import EventBus, SurveyAnswered

FIRST_LEASE_S = 5.0
KEY_WITHIN_S = 5.0
SCORES = "12345"
SOLVED, NOT_SOLVED = "1", "2"
STEP = "survey"


class SurveyHandler:
    """Serves ``agi://…/survey``; reads HL_LANG.

    Args:
        prompts: where the audio is.
        bus: gets ``SurveyAnswered`` after the first answer, and again after the second.
        wanted: whether the call with this id may be asked.
    """

    def __init__(
        self, prompts: PromptSource, bus: EventBus, wanted: Callable[[str], bool] | None = None
    ) -> None:
        self._prompts = prompts
        self._bus = bus
        self._wanted = wanted

    async def __call__(self, session: AgiSession) -> None:
        """Ask one caller.

        Raises:
            CallerGone: the caller hung up; what was answered until then counts.
        """
        await session.lease(FIRST_LEASE_S)
        call_id = await session.get_variable("HL_CALL") or session.call_id
        if self._wanted is not None and not self._wanted(call_id):
            session.log.info("survey.not_asked", call_id=call_id)
            return
        language: Language = "en" if await session.get_variable("HL_LANG") == "en" else "zh"
        conversation = Conversation(session, self._prompts, self._bus, language)
        conversation.note(STEP, "score")
        key = await ask(conversation, "survey-score")
        if key is None or key not in SCORES:
            await conversation.say("survey-goodbye")
            return
        self._answered(call_id, int(key), None)
        conversation.note(STEP, "solved")
        solved = await ask(conversation, "survey-solved")
        if solved in (SOLVED, NOT_SOLVED):
            self._answered(call_id, int(key), solved == SOLVED)
        await conversation.say("survey-thanks")

    def _answered(self, call_id: str, score: int, solved: bool | None) -> None:
        self._bus.publish(
            SurveyAnswered(at=datetime.now(UTC), call_id=call_id, score=score, solved=solved)
        )


async def ask(conversation: Conversation, prompt: str) -> str | None:
    """The key that answers a question; None for silence, or when it cannot be asked."""
    if not await conversation.can_say(prompt):
        return None
    key = await conversation.say(prompt, ALL_KEYS)
    return key if key is not None else await conversation.wait_key(KEY_WITHIN_S)
