"""``agi://…/survey`` and ``survey-call``: how a citizen rates a call, by keys."""

from ivr.survey.call import NO_KEY, NO_MORE, PERSON, SurveyCallHandler
from ivr.survey.handler import STEP, SurveyHandler

__all__ = ["NO_KEY", "NO_MORE", "PERSON", "STEP", "SurveyCallHandler", "SurveyHandler"]
