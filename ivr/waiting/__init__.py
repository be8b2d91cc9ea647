"""``agi://…/waiting-key``: a caller in the queue pressed a key."""

from ivr.waiting.handler import QueuePositions, WaitingKeyHandler

__all__ = ["QueuePositions", "WaitingKeyHandler"]
