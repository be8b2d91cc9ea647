"""The survey of satisfaction: who is asked, and what was answered."""

from agent_gateway.survey.desk import SurveyDesk, SurveyError

__all__ = ["SurveyDesk", "SurveyError"]
