"""What existed in Asterisk at one moment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from telephony.ami.message import AmiMessage


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Answers to CoreShowChannels and QueueStatus.

    Attributes:
        asked_at: UTC time before the question; what was heard of later may be newer.
        channels: CoreShowChannel events.
        queues: QueueParams, QueueMember and QueueEntry events; None when not asked for.
        channels_complete: False when Asterisk refused the list: absence then means nothing.
    """

    asked_at: datetime
    channels: tuple[AmiMessage, ...] = ()
    queues: tuple[AmiMessage, ...] | None = ()
    channels_complete: bool = True
