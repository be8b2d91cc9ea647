"""One audio stream on its way through the recogniser.

The event loop's half (``connected``, ``audio``, ``tick``, ``closed``) only stores; the worker's
half (``work``) decodes. A stream is in the hands of at most one worker at a time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final, Protocol

import structlog

from asr.recogniser.interface import Hypothesis, Recogniser
from asr.streams.backlog import PcmBacklog
from asr.streams.counters import Counters
from asr.streams.decoder import BYTES_PER_MS, Decoder
from asr.streams.party import Party
from asr.streams.timeline import Timeline
from asr.text import readable
from telephony.events import Event, Speaker, TranscriptFinal, TranscriptPartial

log = structlog.get_logger(__name__)

BATCH_MS: Final = 200
TURN_MS: Final = 1000
"""A worker decodes at most this much audio before the next stream has its turn."""
GAP_MS: Final = 400
"""Longer than any jitter: the channel sends nothing."""
PADDING_MS: Final = 1600
"""Silence fed in a gap, so that the engine sees the end of what was said before it."""
PARTIALS_LAG_MS: Final = 1000


class StreamHost(Protocol):
    """What a stream needs of the service around it; the first two from any thread."""

    counters: Counters

    def publish_soon(self, event: Event) -> None:
        """Publish on the event loop."""

    def crowded(self) -> bool:
        """Whether more streams wait for a worker than there are workers."""

    def enqueue(self, stream: PartyStream) -> None:
        """Have a worker call ``work``."""

    def spill_soon(self, backlog: PcmBacklog) -> None:
        """Have ``backlog.spill`` called in a thread."""

    def party_for(self, stream: PartyStream) -> Party:
        """The party that speaks in the stream, new or known."""


class PartyStream:
    """A :class:`~asr.audiosocket.StreamListener` that turns audio into transcript events."""

    def __init__(
        self,
        host: StreamHost,
        recogniser: Recogniser,
        call_id: str,
        speaker: Speaker,
        *,
        hot_words: tuple[str, ...] = (),
        on_closed: Callable[[str], None] | None = None,
    ) -> None:
        """A stream that has not connected yet.

        Args:
            host: the service.
            recogniser: the engine.
            call_id: the call.
            speaker: who is heard in this stream.
            hot_words: passed to the engine.
            on_closed: called on the event loop with the reason when the socket is gone.
        """
        self.call_id = call_id
        self.speaker = speaker
        self._host = host
        self._engine = recogniser.name
        self._on_closed = on_closed
        self._backlog = PcmBacklog()
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
        self.opened = asyncio.Event()
        self.done: asyncio.Future[None] = self._loop.create_future()
        # the worker's
        self._decoder = Decoder(recogniser, hot_words, host.counters, call_id)
        self._turn: int | None = None

    # -- on the event loop -------------------------------------------------------------------

    def connected(self) -> None:
        """The party's clock starts with its first stream."""
        self._party = self._host.party_for(self)
        now = self._loop.time()
        self._clock_ms = (now - self._party.began) * 1000
        self._timeline = Timeline(round(self._clock_ms))
        self._last_heard = now
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

    def abandon(self) -> None:
        """Decode no more; for a service that stops and has waited long enough."""
        self._backlog.close()
        if not self.done.done():
            self.done.set_result(None)

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
        return self._backlog.waiting_bytes / BYTES_PER_MS

    def _store_arrived(self) -> None:
        if not self._arrived or self._party is None:
            return
        pcm = b"".join(self._arrived)
        self._arrived.clear()
        self._last_heard = self._loop.time()
        passed_ms = (self._last_heard - self._party.began) * 1000
        gap_ms = passed_ms - self._clock_ms - len(pcm) / BYTES_PER_MS
        if gap_ms > GAP_MS:
            self._timeline.skip(round(self._received_ms), round(gap_ms))
            self._clock_ms += gap_ms
        self._padded_ms = 0.0
        self._store(pcm)

    def _store(self, pcm: bytes) -> None:
        length_ms = len(pcm) / BYTES_PER_MS
        self._received_ms += length_ms
        self._clock_ms += length_ms
        self._host.counters.seconds_received += length_ms / 1000
        lost = self._backlog.lost_bytes
        if self._backlog.put(pcm):
            self._host.spill_soon(self._backlog)
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
        elif self._ended or self.lag_ms >= BATCH_MS:
            self._enqueue()

    # -- in a worker thread ------------------------------------------------------------------

    def work(self) -> None:
        """Decode up to ``TURN_MS`` of audio, and flush when nothing will follow. Never raises."""
        ended = self._ended
        finished = False
        try:
            pcm = self._backlog.take(TURN_MS * BYTES_PER_MS)
            if pcm:
                wanted = self.lag_ms < PARTIALS_LAG_MS and not self._host.crowded()
                self._publish(self._decoder.feed(pcm, partials=wanted))
            elif ended:
                finished = True
                self._publish(self._decoder.finish())
        except Exception:
            log.exception("asr.stream_failed", call_id=self.call_id, speaker=self.speaker)
            finished = ended and not self._backlog.waiting_bytes
        finally:
            if finished:
                self._backlog.close()
            self._loop.call_soon_threadsafe(self._worked, finished)

    def _publish(self, heard: list[Hypothesis]) -> None:
        for hypothesis in heard:
            self._host.publish_soon(self._event(hypothesis))

    def _event(self, heard: Hypothesis) -> TranscriptPartial | TranscriptFinal:
        assert self._party is not None
        if self._turn is None:
            self._turn = self._party.next_turn()
        turn = self._turn
        start_ms = self._timeline.at(heard.start_ms)
        end_ms = self._timeline.ends_at(heard.end_ms)
        if not heard.final:
            return TranscriptPartial(
                at=datetime.now(UTC),
                call_id=self._party.call_id,
                speaker=self._party.speaker,
                turn=turn,
                text=heard.text,
                start_ms=start_ms,
                end_ms=max(start_ms, end_ms),
            )
        self._turn = None
        return TranscriptFinal(
            at=datetime.now(UTC),
            call_id=self._party.call_id,
            speaker=self._party.speaker,
            turn=turn,
            text=heard.text,
            start_ms=start_ms,
            end_ms=max(start_ms, end_ms),
            started_at=self._party.time_at(start_ms),
            confidence=heard.confidence,
            engine=self._engine,
            readable=readable(heard.text),
        )
