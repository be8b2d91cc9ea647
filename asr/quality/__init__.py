"""Hints to supervisors: how a call is being handled, by rules with evidence."""

from asr.quality.watch import QualityWatch

__all__ = ["QualityWatch"]
