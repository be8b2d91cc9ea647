"""What waiting callers are told about their queue."""

from telephony.queues.estimate import PLACES, WaitEstimate
from telephony.queues.teller import WaitTeller

__all__ = ["PLACES", "WaitEstimate", "WaitTeller"]
