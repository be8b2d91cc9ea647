"""From an engine's hypotheses to the events of one stream."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import UTC, datetime
from typing import Final

from asr.recogniser.interface import Hypothesis
from asr.streams.party import Party
from asr.streams.timeline import Timeline
from asr.text import readable
from telephony.events import TranscriptFinal, TranscriptPartial

SAME_END_MS: Final = 500


class Teller:
    """Numbers the turns of one stream; used by one thread at a time."""

    def __init__(
        self,
        party: Party,
        timeline: Timeline,
        engine: str,
        told: Collection[tuple[int, int]] = (),
        corrected: Callable[[str], str] = str,
    ) -> None:
        """A teller of a stream's words.

        Args:
            party: who speaks.
            timeline: of the stream.
            engine: the recogniser's name.
            told: (end in ms of audio, turn) of finals that an earlier process published; heard
                again, they keep their numbers.
            corrected: puts names right in the text that people read.
        """
        self._party = party
        self._timeline = timeline
        self._engine = engine
        self._told = sorted(told)
        self._corrected = corrected
        self._turn: int | None = None

    @property
    def in_turn(self) -> bool:
        """Whether a partial waits for its final."""
        return self._turn is not None

    def event(self, heard: Hypothesis) -> TranscriptPartial | TranscriptFinal:
        """What to publish of it."""
        if self._turn is None:
            self._turn = self._known(heard) if heard.final else None
        if self._turn is None:
            self._turn = self._party.next_turn()
        start_ms = self._timeline.at(heard.start_ms)
        end_ms = max(start_ms, self._timeline.ends_at(heard.end_ms))
        if not heard.final:
            return TranscriptPartial(
                at=datetime.now(UTC),
                call_id=self._party.call_id,
                speaker=self._party.speaker,
                turn=self._turn,
                text=heard.text,
                start_ms=start_ms,
                end_ms=end_ms,
            )
        turn, self._turn = self._turn, None
        return TranscriptFinal(
            at=datetime.now(UTC),
            call_id=self._party.call_id,
            speaker=self._party.speaker,
            turn=turn,
            text=heard.text,
            start_ms=start_ms,
            end_ms=end_ms,
            started_at=self._party.time_at(start_ms),
            confidence=heard.confidence,
            engine=self._engine,
            readable=readable(self._corrected(heard.text)),
        )

    def _known(self, heard: Hypothesis) -> int | None:
        for one in self._told:
            if abs(one[0] - heard.end_ms) <= SAME_END_MS:
                self._told.remove(one)
                return one[1]
        return None
