"""The emergency key: to the emergency line at once, or to the next agent before everybody else."""

from ivr.emergency.ask import EmergencyLines, reach_emergency

__all__ = ["EmergencyLines", "reach_emergency"]
