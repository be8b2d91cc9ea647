"""Looks at every part of an installation, says what is wrong and how to mend it."""

from agent_gateway.doctor.checks import examine
from agent_gateway.doctor.finding import Finding, Status

__all__ = ["Finding", "Status", "examine"]
