"""One speaker of one call, over all the streams that carried the voice."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from asr.streams.spool import KnownParty
from telephony.events import Speaker


@dataclass(slots=True)
class Party:
    """The clock and the turn counter that survive re-attaching.

    Attributes:
        call_id: the call.
        speaker: who speaks.
        began: monotonic seconds (of the event loop) at which the first stream connected.
        began_at: the same moment, UTC.
        turns: how many have begun.
    """

    call_id: str
    speaker: Speaker
    began: float
    began_at: datetime
    turns: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @classmethod
    def starting(cls, call_id: str, speaker: Speaker, now: float) -> Party:
        """A party whose first audio comes now."""
        return cls(call_id, speaker, now, datetime.now(UTC))

    @classmethod
    def known(cls, party: KnownParty, now: float) -> Party:
        """A party that an earlier process has heard."""
        ago_s = (datetime.now(UTC) - party.began_at).total_seconds()
        return cls(party.call_id, party.speaker, now - ago_s, party.began_at, party.turns)

    def next_turn(self) -> int:
        """The number of a new turn, from 0; safe from several threads."""
        with self._lock:
            turn = self.turns
            self.turns += 1
            return turn

    def time_at(self, ms: int) -> datetime:
        """The UTC time at ``ms`` on the party's clock."""
        return self.began_at + timedelta(milliseconds=ms)
