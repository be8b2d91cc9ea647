"""Calls: AMI messages become domain events, domain events become the live picture."""

from telephony.calls.translate import Translator

__all__ = ["Translator"]
