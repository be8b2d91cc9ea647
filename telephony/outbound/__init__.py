"""Calls to citizens: which numbers, and how they are placed."""

from telephony.outbound.numbers import PATTERNS, national_number
from telephony.outbound.placing import Dialler, PlacingError, SurveyDialler

__all__ = ["PATTERNS", "Dialler", "PlacingError", "SurveyDialler", "national_number"]
