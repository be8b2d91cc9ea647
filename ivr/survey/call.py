"""The survey as a call of its own: the service has rung the citizen, who has answered.

Who calls and why is said before anything is asked; a machine or silence ends it after one question.
The dialplan takes a citizen who wants a person to the queue, and says good-bye by itself when this
service does not.
"""

from __future__ import annotations

from datetime import UTC, datetime

from ivr.conversation import ALL_KEYS, Conversation, PromptSource
from ivr.fastagi import AgiSession
from ivr.survey.handler import FIRST_LEASE_S, NOT_SOLVED, SCORES, SOLVED, STEP, ask
from telephony.events import EventBus, SurveyAnswered

PERSON_KEY, NO_MORE_KEY = "0", "9"
# Details of the step that tells how it went on; what became of the call is read from them.
PERSON, NO_MORE, NO_KEY = "person", "no_more", "no_key"


class SurveyCallHandler:
    """Serves ``agi://…/survey-call``; reads HL_ABOUT, sets HL_SURVEY and HL_NEXT.

    Args:
        prompts: where the audio is.
        bus: gets ``SurveyAnswered`` about the earlier call after each answer.
    """

    def __init__(self, prompts: PromptSource, bus: EventBus) -> None:
        self._prompts = prompts
        self._bus = bus

    async def __call__(self, session: AgiSession) -> None:
        """Ask one citizen.

        Raises:
            CallerGone: the citizen hung up; what was answered until then counts.
        """
        await session.lease(FIRST_LEASE_S)
        about = await session.get_variable("HL_ABOUT") or ""
        conversation = Conversation(session, self._prompts, self._bus, "zh")
        if not about or not await conversation.can_say("survey-call-intro"):
            # nobody is asked anything by a voice that has not said whose it is
            return
        await session.set_variable("HL_SURVEY", "begun")
        if await self._questions(conversation, about):
            await session.set_variable("HL_NEXT", "hangup")

    async def _questions(self, conversation: Conversation, about: str) -> bool:
        """Ask; False if the citizen goes on to a person."""
        key = await conversation.say("survey-call-intro", ALL_KEYS)
        if key not in (PERSON_KEY, NO_MORE_KEY):
            conversation.note(STEP, "score")
            key = await ask(conversation, "survey-call-score")
        if key == PERSON_KEY:
            return await self._person(conversation)
        if key == NO_MORE_KEY:
            conversation.note(STEP, NO_MORE)
            await conversation.say("survey-call-no-more")
            return True
        if key is None or key not in SCORES:
            conversation.note(STEP, NO_KEY)
            await conversation.say("survey-call-goodbye")
            return True
        self._answered(conversation, about, int(key), None)
        conversation.note(STEP, "solved")
        solved = await ask(conversation, "survey-solved")
        if solved == PERSON_KEY:
            return await self._person(conversation)
        if solved in (SOLVED, NOT_SOLVED):
            self._answered(conversation, about, int(key), solved == SOLVED)
        await conversation.say("survey-thanks")
        return True

    @staticmethod
    async def _person(conversation: Conversation) -> bool:
        # from here on the dialplan leads there, whatever becomes of this service
        await conversation.session.set_variable("HL_NEXT", "queue")
        conversation.note(STEP, PERSON)
        await conversation.say("survey-call-person")
        return False

    def _answered(
        self, conversation: Conversation, about: str, score: int, solved: bool | None
    ) -> None:
        self._bus.publish(
            SurveyAnswered(
                at=datetime.now(UTC),
                call_id=conversation.session.call_id,
                score=score,
                solved=solved,
                about=about,
            )
        )
