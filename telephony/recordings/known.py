"""What the events have told about calls whose recordings are not sealed yet."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from telephony.events import (
    CallAnswered,
    CallArrived,
    CallEnded,
    Event,
    LineIdentified,
    PartyJoined,
    RecordingStarted,
)
from telephony.recordings.archive import CallFacts


class KnownCalls:
    """Call id -> facts for the manifest, forgotten as soon as the recording is sealed."""

    def __init__(self) -> None:
        self._facts: dict[str, CallFacts] = {}

    def learn(self, event: Event) -> None:
        """Take over what the event tells."""
        match event:
            case CallArrived(call_id=call_id, caller=caller):
                self._change(call_id, caller=masked(caller))
            case LineIdentified(call_id=call_id, line=line):
                self._change(call_id, line=line)
            case RecordingStarted(call_id=call_id, at=at):
                self._change(call_id, started_at=at)
            case CallAnswered(call_id=call_id, endpoint=endpoint):
                self._join(call_id, endpoint)
            case PartyJoined(call_id=call_id, endpoint=endpoint):
                self._join(call_id, endpoint)
            case CallEnded(call_id=call_id, at=at):
                self._change(call_id, ended_at=at)

    def facts(self, call_id: str) -> CallFacts:
        """What is known; empty facts for an unknown call."""
        return self._facts.get(call_id, CallFacts())

    def was_recorded(self, call_id: str) -> bool:
        """Whether Asterisk said that it records the call."""
        return self.facts(call_id).started_at is not None

    def forget(self, call_id: str) -> None:
        """Drop one call."""
        self._facts.pop(call_id, None)

    def keep_only(self, call_ids: Collection[str]) -> None:
        """Drop the ended ones of all calls but these."""
        for call_id in [known for known in self._facts if known not in call_ids]:
            if self._facts[call_id].ended_at is not None:
                del self._facts[call_id]

    def _join(self, call_id: str, endpoint: str) -> None:
        known = self.facts(call_id).participants
        if endpoint and endpoint not in known:
            self._change(call_id, participants=(*known, endpoint))

    def _change(self, call_id: str, **values: object) -> None:
        self._facts[call_id] = replace(self.facts(call_id), **values)  # type: ignore[arg-type]  # names checked by replace


def masked(number: str) -> str:
    """A telephone number with its middle hidden: ``139****0001``; short ones stay as they are."""
    return number if len(number) < 8 else f"{number[:3]}{'*' * (len(number) - 7)}{number[-4:]}"
