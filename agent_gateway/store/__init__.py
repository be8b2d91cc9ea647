"""Everything that is kept in the database; the only package that speaks SQL."""

from agent_gateway.store.calls import CallFilter
from agent_gateway.store.conflicts import ChangedMeanwhileError
from agent_gateway.store.copying import CopyError, copy_records
from agent_gateway.store.engine import is_outage, sqlstate
from agent_gateway.store.events import Entry
from agent_gateway.store.knowledge import Knowledge
from agent_gateway.store.migrate import migrate, newest_revision
from agent_gateway.store.models import (
    Audit,
    Call,
    Callback,
    CallEventRow,
    KnowledgeEntry,
    ListedCaller,
    MissedCall,
    RecordingRow,
    SecondPass,
    SecondTurn,
    Session,
    Survey,
    SurveyCall,
    Ticket,
    TranscriptTurn,
    User,
)
from agent_gateway.store.pinned import PinnedTarget, PinnedUse
from agent_gateway.store.second import SecondBacklog
from agent_gateway.store.store import ServerInfo, Store
from agent_gateway.store.survey_calls import SurveyCallFigures
from agent_gateway.store.surveys import SurveyFigures, SurveyFilter
from agent_gateway.store.tickets import TicketFilter
from agent_gateway.store.types import storable

__all__ = [
    "Audit",
    "Call",
    "CallEventRow",
    "CallFilter",
    "Callback",
    "ChangedMeanwhileError",
    "CopyError",
    "Entry",
    "Knowledge",
    "KnowledgeEntry",
    "ListedCaller",
    "MissedCall",
    "PinnedTarget",
    "PinnedUse",
    "RecordingRow",
    "SecondBacklog",
    "SecondPass",
    "SecondTurn",
    "ServerInfo",
    "Session",
    "Store",
    "Survey",
    "SurveyCall",
    "SurveyCallFigures",
    "SurveyFigures",
    "SurveyFilter",
    "Ticket",
    "TicketFilter",
    "TranscriptTurn",
    "User",
    "copy_records",
    "is_outage",
    "migrate",
    "newest_revision",
    "sqlstate",
    "storable",
]
