"""The survey of satisfaction: who is asked, in the call or by a later one, and the answers."""

from agent_gateway.survey.caller import SurveyCaller
from agent_gateway.survey.desk import SurveyDesk, SurveyError
from agent_gateway.survey.outcome import Outcome, outcome_of

__all__ = ["Outcome", "SurveyCaller", "SurveyDesk", "SurveyError", "outcome_of"]
