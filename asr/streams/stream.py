"""One audio stream on its way through the recogniser.

The event loop's half (``connected``, ``audio``, ``tick``, ``closed``) only stores; the worker's
half (``work``) decodes. A stream is in the hands of at most one worker at a time.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import structlog

from asr.recogniser.interface import Hypothesis, Recogniser, RecogniserGoneError
from asr.streams.backlog import PcmBacklog
from asr.streams.decoder import BYTES_PER_MS, Decoder
from asr.streams.host import StreamHost
from asr.streams.party import Party
from asr.streams.ranks import Rank
from asr.streams.spool import SETTLED_S, Leftover, StreamNotes
from asr.streams.telling import Teller
from asr.streams.timeline import Timeline
from telephony.events import (
    Speaker,
    TranscriptDelayed,
    TranscriptFinal,
)

log = structlog.get_logger(__name__)

BATCH_MS: Final = 60
TURN_MS: Final = 1000
"""A worker decodes at most this much audio before the next stream has its turn."""
GAP_MS: Final = 400
"""Longer than any jitter: the channel sends nothing."""
PADDING_MS: Final = 1600
"""Silence fed in a gap, so that the engine sees the end of what was said before it."""
THIN_LAG_MS: Final = 400
NO_PARTIALS_LAG_MS: Final = 1500
THIN_EVERY_S: Final = 1.0
"""Between the two lags a stream gives so few partials; beyond the second none."""
TOLD_LAG_MS: Final = 3000
TOLD_EVERY_S: Final = 5.0
NOTE_EVERY_MS: Final = 10_000


class PartyStream:
    """A :class:`~asr.audiosocket.StreamListener` that turns audio into transcript events."""

    def __init__(
        self,
        host: StreamHost,
        recogniser: Recogniser,
        call_id: str,
        speaker: Speaker,
        *,
        base: Path | None = None,
        line: str = "",
        hot_words: tuple[str, ...] = (),
        on_closed: Callable[[str], None] | None = None,
        leftover: Leftover | None = None,
    ) -> None:
        """A stream that has not connected yet.

        Args:
            host: the service.
            recogniser: the engine.
            call_id: the call.
            speaker: who is heard in this stream.
            base: path for its files, without their ending; None: it is kept in memory only.
            line: the call's line, if known.
            hot_words: passed to the engine.
            on_closed: called on the event loop with the reason when the socket is gone.
            leftover: what an earlier process did not decode; then nothing will connect.

        Raises:
            OSError: the leftover cannot be read.
        """
        self.call_id = call_id
        self.speaker = speaker
        self.line = line
        self.aside = leftover is not None
        self._host = host
        self._engine = recogniser.name
        self._on_closed = on_closed
        self._notes = StreamNotes(base)
        decoded = 0 if leftover is None else leftover.decoded_ms * BYTES_PER_MS
        self._backlog = (
            PcmBacklog(base) if leftover is None else PcmBacklog.left_behind(leftover.base, decoded)
        )
        self._loop = asyncio.get_running_loop()
        # the event loop's
        self._party: Party | None = None
        self._timeline = Timeline(0)
        self._arrived: list[bytes] = []
        self._received_ms = 0.0
        self._clock_ms = 0.0
        self._padded_ms = 0.0
        self._last_heard = 0.0
        self._queued = False
        self._ended = False
        self._told_at: float | None = None
        self.opened = asyncio.Event()
        self.done: asyncio.Future[None] = self._loop.create_future()
        # the worker's
        heard_ms = self._backlog.taken_bytes / BYTES_PER_MS
        self._decoder = Decoder(recogniser, hot_words, host.counters, call_id, fed_ms=heard_ms)
        self._teller: Teller | None = None
        self._noted_ms = heard_ms
        self._last_partials = 0.0
        self.abandoned = False
        self._held = b""

    # -- on the event loop -------------------------------------------------------------------

    def connected(self) -> None:
        """The party's clock starts with its first stream."""
        self._party = self._host.party_for(self)
        now = self._loop.time()
        self._clock_ms = (now - self._party.began) * 1000
        self._timeline = Timeline(round(self._clock_ms))
        self._teller = Teller(
            self._party, self._timeline, self._engine, corrected=self._host.corrected
        )
        self._last_heard = now
        self._notes.note(
            line=self.line,
            clock_ms=round(self._clock_ms),
            began_at=self._party.began_at.isoformat(),
            turns=self._party.turns,
        )
        self.opened.set()
        log.info("asr.stream_open", call_id=self.call_id, speaker=self.speaker)

    def audio(self, pcm: bytes) -> None:
        """Store a frame."""
        if self._ended:
            return
        if not self._arrived:
            # judged when everything that came at once is here: a burst after a stall is no gap
            self._loop.call_soon(self._store_arrived)
        self._arrived.append(pcm)

    def closed(self, reason: str) -> None:
        """The socket is gone."""
        self.end(reason)
        if self._on_closed is not None:
            self._on_closed(reason)

    def end(self, reason: str) -> None:
        """No more audio; what there is gets decoded and flushed, then ``done`` is set."""
        if self._ended:
            return
        self._store_arrived()
        self._ended = True
        log.info(
            "asr.stream_closed",
            call_id=self.call_id,
            speaker=self.speaker,
            reason=reason,
            seconds=round(self._received_ms / 1000, 1),
        )
        self._enqueue()

    def resume(self, leftover: Leftover) -> None:
        """Decode what an earlier process left; in place of ``connected``."""
        self._party = self._host.party_for(self)
        self._timeline = Timeline(leftover.clock_ms)
        for at_ms, gap_ms in leftover.skips:
            self._timeline.skip(at_ms, gap_ms)
        self._teller = Teller(
            self._party, self._timeline, self._engine, leftover.told, self._host.corrected
        )
        self._ended = True
        self._enqueue()

    def abandon(self) -> None:
        """Decode no more; what is on disk is for the next start."""
        self.abandoned = True
        if not self.done.done():
            self.done.set_result(None)

    def tell(self, now: float) -> None:
        """Say whether the words come late, when that has changed or was said a while ago."""
        late = not self.done.done() and (self.aside or self.lag_ms > TOLD_LAG_MS)
        if self._told_at is None:
            if late:
                self._tell(now)
        elif not late and (self.done.done() or self.lag_ms < THIN_LAG_MS):
            self._told_at = None
            self._host.publish_soon(self._delayed(0))
        elif now - self._told_at > TOLD_EVERY_S:
            self._tell(now)

    def tick(self) -> None:
        """Called about every 200 ms: feeds silence while the channel sends nothing."""
        if self._ended or self._party is None or self._padded_ms >= PADDING_MS:
            return
        if (self._loop.time() - self._last_heard) * 1000 > GAP_MS and self._received_ms:
            self._padded_ms += BATCH_MS
            self._store(bytes(BATCH_MS * BYTES_PER_MS))

    @property
    def lag_ms(self) -> float:
        """Audio received and not decoded, in milliseconds."""
        return (self._backlog.waiting_bytes + len(self._held)) / BYTES_PER_MS

    @property
    def receiving(self) -> bool:
        """Whether audio may still come."""
        return not self._ended

    @property
    def rank(self) -> Rank:
        """How soon a worker should decode some of it."""
        if self.aside:
            return Rank.ENDED if self._ended else Rank.ASIDE
        return Rank.CALLER if self.speaker is Speaker.CALLER else Rank.OTHER_SIDE

    def _tell(self, now: float) -> None:
        self._told_at = now
        self._host.publish_soon(self._delayed(max(1, round(self.lag_ms))))

    def _delayed(self, behind_ms: int) -> TranscriptDelayed:
        return TranscriptDelayed(
            at=datetime.now(UTC),
            call_id=self.call_id,
            speaker=self.speaker,
            behind_ms=behind_ms,
            deferred=self.aside and behind_ms > 0,
        )

    def _store_arrived(self) -> None:
        if not self._arrived or self._party is None:
            return
        pcm = b"".join(self._arrived)
        self._arrived.clear()
        self._last_heard = self._loop.time()
        passed_ms = (self._last_heard - self._party.began) * 1000
        gap_ms = passed_ms - self._clock_ms - len(pcm) / BYTES_PER_MS
        if gap_ms > GAP_MS:
            at_ms, length_ms = round(self._received_ms), round(gap_ms)
            self._timeline.skip(at_ms, length_ms)
            self._notes.note(skip=[at_ms, length_ms])
            self._clock_ms += gap_ms
        self._padded_ms = 0.0
        self._store(pcm)

    def _store(self, pcm: bytes) -> None:
        length_ms = len(pcm) / BYTES_PER_MS
        self._received_ms += length_ms
        self._clock_ms += length_ms
        self._host.counters.seconds_received += length_ms / 1000
        lost = self._backlog.lost_bytes
        self._backlog.put(pcm)
        if self._backlog.lost_bytes > lost:
            self._host.counters.decoded(length_ms / 1000, lost=True)
        if self.lag_ms >= BATCH_MS:
            self._enqueue()

    def _enqueue(self) -> None:
        if not self._queued:
            self._queued = True
            self._host.enqueue(self)

    def _worked(self, finished: bool) -> None:
        """Back on the event loop after a worker's turn."""
        self._queued = False
        if finished:
            if not self.done.done():
                self.done.set_result(None)
        elif self._ended or self._held or self.lag_ms >= BATCH_MS:
            self._enqueue()

    # -- in a worker thread ------------------------------------------------------------------

    def work(self) -> None:
        """Decode up to ``TURN_MS`` of audio, and flush when nothing will follow. Never raises."""
        ended = self._ended
        finished = False
        try:
            if self.abandoned:
                return
            pcm = self._held or self._backlog.take(TURN_MS * BYTES_PER_MS)
            if pcm:
                self._held = pcm
                heard = self._decoder.feed(pcm, partials=self._partials_wanted())
                self._held = b""
                self._publish(heard)
                self._note_progress()
            elif ended:
                self._publish(self._decoder.finish())
                finished = True
        except RecogniserGoneError as error:
            log.warning("asr.waits_for_recogniser", call_id=self.call_id, reason=str(error))
        except Exception:
            log.exception("asr.stream_failed", call_id=self.call_id, speaker=self.speaker)
            self._held = b""
            finished = ended and not self._backlog.waiting_bytes
        finally:
            self._loop.call_soon_threadsafe(self._worked, finished)

    def save(self) -> None:
        """Bring to disk what is in memory only. Never raises."""
        try:
            self._backlog.save()
            if settled_ms := self._notes.save():
                self._backlog.release(settled_ms * BYTES_PER_MS)
        except Exception:
            log.exception("asr.stream_failed", call_id=self.call_id, speaker=self.speaker)

    def settle(self) -> None:
        """All is decoded and kept elsewhere: its audio goes."""
        assert self._party is not None
        self._notes.note(turns=self._party.turns, done=True)
        self._notes.save(everything=True)
        self._backlog.close(remove=True)

    def leave(self) -> None:
        """The rest is for the next start."""
        self.save()
        self._notes.save(everything=True)
        self._backlog.close(remove=False)

    def _partials_wanted(self) -> bool:
        lag_ms, now = self.lag_ms, time.monotonic()
        if lag_ms > NO_PARTIALS_LAG_MS or self.aside:
            return False
        if (lag_ms > THIN_LAG_MS or self._host.crowded()) and (
            now - self._last_partials < THIN_EVERY_S
        ):
            return False
        self._last_partials = now
        return True

    def _note_progress(self) -> None:
        """Noted late, so that what is not yet in the database would be decoded again."""
        assert self._teller is not None
        settled_ms = self._decoder.settled_ms
        if not self._teller.in_turn and settled_ms - self._noted_ms > NOTE_EVERY_MS:
            assert self._party is not None
            self._noted_ms = settled_ms
            self._notes.note(after_s=SETTLED_S, decoded_ms=int(settled_ms), turns=self._party.turns)

    def _publish(self, heard: list[Hypothesis]) -> None:
        assert self._teller is not None
        for hypothesis in heard:
            event = self._teller.event(hypothesis)
            if isinstance(event, TranscriptFinal):
                self._notes.note(told=[hypothesis.end_ms, event.turn])
            self._host.publish_soon(event)
