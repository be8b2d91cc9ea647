"""What came of ringing a citizen for the survey, as the call's record tells."""

from __future__ import annotations

from enum import StrEnum

from agent_gateway.journal.disposition import Disposition
from agent_gateway.store import Call
from agent_gateway.store.survey_calls import REACHED
from ivr.survey import NO_KEY, NO_MORE, PERSON, STEP
from telephony.events import HungUpBy


class Outcome(StrEnum):
    """How it ended.

    Attributes:
        RATED: the citizen has rated the earlier call.
        RATED_IN_PART: and hung up before the second question was answered.
        NO_KEY: nothing was pressed: silence, an answering machine, another key.
        HUNG_UP: the citizen hung up without an answer.
        PERSON: the citizen asked for a person, and was put into the queue.
        NO_MORE: the citizen does not want such calls any more.
        INTERRUPTED: the citizen answered, and this service did not ask.
        BUSY, NO_ANSWER, REFUSED, UNKNOWN_NUMBER: nobody answered, as the carrier told.
        UNREACHABLE: the trunk could not place the call.
        NOT_WANTED: nobody was rung: blocked, does not want such calls, has rated the call
            meanwhile or answered another survey call a short time ago.
        EXPIRED: nobody was rung in time.
    """

    RATED = "rated"
    RATED_IN_PART = "rated_in_part"
    NO_KEY = "no_key"
    HUNG_UP = "hung_up"
    PERSON = "person"
    NO_MORE = "no_more"
    INTERRUPTED = "interrupted"
    BUSY = "busy"
    NO_ANSWER = "no_answer"
    REFUSED = "refused"
    UNKNOWN_NUMBER = "unknown_number"
    UNREACHABLE = "unreachable"
    NOT_WANTED = "not_wanted"
    EXPIRED = "expired"

    @property
    def final(self) -> bool:
        """Whether the citizen must not be rung again: has answered, or did not want to."""
        return self in REACHED or self in (Outcome.REFUSED, Outcome.UNKNOWN_NUMBER)


# Q.850; what is neither here nor an ordinary end without an answer is the trunk's fault.
_CAUSES = {
    1: Outcome.UNKNOWN_NUMBER,
    17: Outcome.BUSY,
    21: Outcome.REFUSED,
    28: Outcome.UNKNOWN_NUMBER,
}
# 18: the trunk itself said nothing (the citizen's telephone rings until it is given up).
_NO_ANSWER = frozenset({0, 16, 19, 26, 127})


def outcome_of(call: Call) -> Outcome:
    """The outcome of an attempt that is over. A record completed from the CDR tells less."""
    if call.disposition == Disposition.NOT_REACHED:
        if call.cause in _NO_ANSWER:
            return Outcome.NO_ANSWER
        return _CAUSES.get(call.cause, Outcome.UNREACHABLE)
    said = {step["detail"] for step in call.path if step.get("prompt") == STEP}
    for detail, outcome in ((PERSON, Outcome.PERSON), (NO_MORE, Outcome.NO_MORE)):
        if detail in said:
            return outcome
    answers = [step["solved"] for step in call.path if step["step"] == "survey"]
    by_citizen = call.hung_up_by == HungUpBy.CALLER
    if answers:
        unsaid = answers[-1] is None and by_citizen
        return Outcome.RATED_IN_PART if unsaid else Outcome.RATED
    if NO_KEY in said:
        return Outcome.NO_KEY
    return Outcome.HUNG_UP if by_citizen else Outcome.INTERRUPTED
