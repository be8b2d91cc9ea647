"""Supervisors in agents' calls: listening, whispering, barging in."""

from telephony.supervision.control import AmiSpy, Spying
from telephony.supervision.desk import Supervision, SupervisionDesk, SupervisionError

__all__ = ["AmiSpy", "Spying", "Supervision", "SupervisionDesk", "SupervisionError"]
