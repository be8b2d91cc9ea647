"""What happened, kept: events into the database, records folded from them, nothing lost."""

from agent_gateway.journal.cdr_lines import CDR_COLUMNS
from agent_gateway.journal.cdr_recovery import CDR_FILE, CdrRecovery
from agent_gateway.journal.disposition import Disposition
from agent_gateway.journal.fold import agent_of, fold_call
from agent_gateway.journal.journal import Journal, JournalStatus
from agent_gateway.journal.unended import UnendedCalls

__all__ = [
    "CDR_COLUMNS",
    "CDR_FILE",
    "CdrRecovery",
    "Disposition",
    "Journal",
    "JournalStatus",
    "UnendedCalls",
    "agent_of",
    "fold_call",
]
