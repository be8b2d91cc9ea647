"""``agi://…/survey``: how a caller rates the call, by keys."""

from ivr.survey.handler import SurveyHandler

__all__ = ["SurveyHandler"]
