"""Calls: AMI messages become domain events, domain events become the live picture."""

from telephony.calls.book import CallBook
from telephony.calls.causes import cause_text
from telephony.calls.feed import CallFeed
from telephony.calls.model import Call, Party
from telephony.calls.outward import by_agent, is_outward, is_survey, kind_of
from telephony.calls.translate import Translator

__all__ = [
    "Call",
    "CallBook",
    "CallFeed",
    "Party",
    "Translator",
    "by_agent",
    "cause_text",
    "is_outward",
    "is_survey",
    "kind_of",
]
