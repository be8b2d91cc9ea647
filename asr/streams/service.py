"""All audio streams, and the threads that decode them."""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Final

import structlog

from asr.recogniser.interface import Recogniser
from asr.streams.backlog import PcmBacklog
from asr.streams.counters import Counters
from asr.streams.party import Party
from asr.streams.stream import PartyStream
from config.settings import Settings
from telephony.events import CallEnded, Event, EventBus, Speaker

log = structlog.get_logger(__name__)

TICK_S: Final = 0.2
LATE_TICK_S: Final = 0.1
"""A tick that is this late means that the event loop stood still: silence proves nothing then."""
DRAIN_S: Final = 10.0


class TranscriptionService:
    """Turns audio streams into :class:`TranscriptPartial` and :class:`TranscriptFinal` events.

    Worker threads take streams in turn, so that many share few threads and each stays in order.
    Without a recogniser the service exists but is not ``available``, and nothing should be
    attached.
    """

    def __init__(self, bus: EventBus, recogniser: Recogniser | None, settings: Settings) -> None:
        self.counters = Counters()
        self._bus = bus
        self._recogniser = recogniser
        self._threads = settings.asr.threads
        self._streams: set[PartyStream] = set()
        self._parties: dict[tuple[str, Speaker], Party] = {}
        self._ready: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._disk: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._workers: list[threading.Thread] = []
        self._tasks: list[asyncio.Task[None]] = []
        self._loop: asyncio.AbstractEventLoop | None = None

    @property
    def available(self) -> bool:
        """Whether audio is worth sending here."""
        return self._recogniser is not None

    @property
    def engine(self) -> str:
        """The recogniser's name; empty when there is none."""
        return "" if self._recogniser is None else self._recogniser.name

    async def start(self) -> None:
        """Start the threads and the housekeeping."""
        self._loop = asyncio.get_running_loop()
        for index in range(self._threads):
            self._start_thread(f"asr-{index}", self._ready)
        self._start_thread("asr-disk", self._disk)
        self._tasks = [
            asyncio.create_task(self._tick(), name="asr-tick"),
            asyncio.create_task(self._forget_ended_calls(), name="asr-forget"),
        ]

    async def stop(self, drain_s: float = DRAIN_S) -> None:
        """Let what was received be decoded, for at most ``drain_s``; then end all threads."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for stream in list(self._streams):
            stream.end("the service stops")
        if self._streams:
            await asyncio.wait([stream.done for stream in self._streams], timeout=drain_s)
        for stream in list(self._streams):
            log.warning(
                "asr.undecoded_at_stop", call_id=stream.call_id, seconds=stream.lag_ms / 1000
            )
            stream.abandon()
        for _ in range(self._threads):
            self._ready.put(None)
        self._disk.put(None)
        for worker in self._workers:
            await asyncio.to_thread(worker.join, drain_s)
        self._workers.clear()

    def open(
        self,
        call_id: str,
        speaker: Speaker,
        *,
        hot_words: Sequence[str] = (),
        on_closed: Callable[[str], None] | None = None,
    ) -> PartyStream:
        """A listener for one announced audio stream.

        Args:
            call_id: the call.
            speaker: who is heard in it. A later stream of the same speaker goes on with the same
                clock and turn numbers.
            hot_words: names worth preferring, if the engine can.
            on_closed: called on the event loop with the reason when the audio has ended.

        Raises:
            RuntimeError: when the service is not available.
        """
        if self._recogniser is None:
            raise RuntimeError("no recogniser; look at TranscriptionService.available first")
        return PartyStream(
            self,
            self._recogniser,
            call_id,
            speaker,
            hot_words=tuple(hot_words),
            on_closed=on_closed,
        )

    # -- for PartyStream ---------------------------------------------------------------------

    def party_for(self, stream: PartyStream) -> Party:
        """The party that speaks in a stream that connects now."""
        assert self._loop is not None
        self._streams.add(stream)
        self.counters.streams_open = len(self._streams)
        stream.done.add_done_callback(lambda _: self._gone(stream))
        key = (stream.call_id, stream.speaker)
        if key not in self._parties:
            self._parties[key] = Party.starting(*key, self._loop.time())
        return self._parties[key]

    def enqueue(self, stream: PartyStream) -> None:
        """Have a worker decode some of the stream."""
        self._ready.put(stream.work)

    def spill_soon(self, backlog: PcmBacklog) -> None:
        """Have the backlog move its audio to disk."""
        self._disk.put(backlog.spill)

    def crowded(self) -> bool:
        """Whether more streams wait for a worker than there are workers."""
        return self._ready.qsize() > self._threads

    def publish_soon(self, event: Event) -> None:
        """Publish on the event loop, from any thread."""
        assert self._loop is not None
        self._loop.call_soon_threadsafe(self._bus.publish, event)

    # ----------------------------------------------------------------------------------------

    def _start_thread(self, name: str, work: queue.SimpleQueue[Callable[[], None] | None]) -> None:
        # daemon: an engine that hangs must not keep the process from ending
        thread = threading.Thread(target=_run, args=(work,), name=name, daemon=True)
        thread.start()
        self._workers.append(thread)

    def _gone(self, stream: PartyStream) -> None:
        self._streams.discard(stream)
        self.counters.streams_open = len(self._streams)

    async def _tick(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + TICK_S
            await asyncio.sleep(TICK_S)
            on_time = loop.time() - due < LATE_TICK_S
            worst = 0.0
            for stream in list(self._streams):
                if on_time:
                    stream.tick()
                worst = max(worst, stream.lag_ms / 1000)
            self.counters.lag_s = worst

    async def _forget_ended_calls(self) -> None:
        with self._bus.subscribe("transcription") as events:
            async for event in events:
                if isinstance(event, CallEnded):
                    for speaker in Speaker:
                        self._parties.pop((event.call_id, speaker), None)


def _run(work: queue.SimpleQueue[Callable[[], None] | None]) -> None:
    while (job := work.get()) is not None:
        # the event loop may be gone when an engine returns late
        with suppress(RuntimeError):
            job()
