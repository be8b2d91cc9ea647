"""All audio streams, and the threads that decode them."""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Final

import structlog

from asr.recogniser.interface import Recogniser
from asr.streams.counters import Counters
from asr.streams.party import Party
from asr.streams.pressure import Pressure
from asr.streams.ranks import TurnQueue
from asr.streams.spool import SETTLED_S, HearingSpool
from asr.streams.stream import PartyStream
from asr.text.names import NameCorrector
from config.settings import Settings
from telephony.background import Tasks
from telephony.events import CallEnded, Event, EventBus, LineIdentified, Speaker

log = structlog.get_logger(__name__)

TICK_S: Final = 0.2
LATE_TICK_S: Final = 0.1
"""A tick that is this late means that the event loop stood still: silence proves nothing then."""
SAVE_EVERY_TICKS: Final = 2
DRAIN_S: Final = 10.0


class TranscriptionService:
    """Turns audio streams into :class:`TranscriptPartial` and :class:`TranscriptFinal` events.

    Worker threads take streams in turn, so that many share few threads and each stays in order.
    Without a recogniser the service exists but is not ``available``, and nothing should be
    attached.
    """

    def __init__(
        self,
        bus: EventBus,
        recogniser: Recogniser | None,
        settings: Settings,
        *,
        by_line: Mapping[str, Recogniser] | None = None,
        names: NameCorrector | None = None,
        hot_words: Callable[[str], tuple[str, ...]] = lambda _line: (),
        spool: Path | None = None,
    ) -> None:
        """Nothing runs before :meth:`start`.

        Args:
            bus: gets the words.
            recogniser: the engine.
            by_line: other engines for single lines.
            settings: of the installation.
            names: puts names right in the text that people read.
            hot_words: names worth preferring on a line, if its engine can.
            spool: folder for audio that is not decoded yet; None: it does not survive the process.
        """
        self.counters = Counters()
        self._bus = bus
        self._recogniser = recogniser
        self._by_line = dict(by_line or {})
        self._names = names
        self._hot_words = hot_words
        self._threads = settings.asr.threads
        self._spool = HearingSpool(spool)
        self._pressure = Pressure()
        # the oldest first
        self._streams: dict[PartyStream, None] = {}
        self._settling: list[tuple[float, PartyStream]] = []
        self._parties: dict[tuple[str, Speaker], Party] = {}
        self._lines: dict[str, str] = {}
        self._ready = TurnQueue()
        self._disk: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._saving = False
        self._workers: list[threading.Thread] = []
        self._tasks = Tasks("asr")
        self._loop: asyncio.AbstractEventLoop | None = None

    @property
    def available(self) -> bool:
        """Whether audio is worth sending here."""
        return self._recogniser is not None

    @property
    def engine(self) -> str:
        """The recogniser's name; empty when there is none."""
        return "" if self._recogniser is None else self._recogniser.name

    def hears(self, call_id: str) -> bool:
        """Whether some of the call's audio is not decoded, or not certainly kept, yet."""
        return self._has_streams(call_id)

    def listening(self, call_id: str) -> frozenset[Speaker]:
        """Whose audio of a call comes in now."""
        return frozenset(
            stream.speaker
            for stream in self._streams
            if stream.call_id == call_id and stream.receiving
        )

    async def start(self) -> None:
        """Start the threads and the housekeeping; take over what an earlier process left."""
        self._loop = asyncio.get_running_loop()
        for index in range(self._threads):
            self._start_thread(f"asr-{index}", self._ready.get)
        self._start_thread("asr-disk", self._disk.get)
        if self._recogniser is not None:
            await self._take_over(self._recogniser)
        self._tasks.start(self._tick(), "asr-tick")
        self._tasks.start(self._follow_calls(), "asr-calls")

    async def stop(self, drain_s: float = DRAIN_S) -> None:
        """Let what was received be decoded, for at most ``drain_s``; then end all threads.

        What is not decoded by then waits on disk for the next start.
        """
        await self._tasks.stop()
        for stream in list(self._streams):
            stream.end("the service stops")
        if self._streams:
            await asyncio.wait([stream.done for stream in self._streams], timeout=drain_s)
        left = [stream for stream in self._streams if not stream.done.done()]
        for stream in left:
            log.warning(
                "asr.undecoded_at_stop", call_id=stream.call_id, seconds=stream.lag_ms / 1000
            )
            stream.abandon()
        # callbacks of the last finished streams
        await asyncio.sleep(0)
        for _, stream in self._settling:
            self._disk.put(stream.settle)
        for stream in left:
            self._disk.put(stream.leave)
        self._ready.end(self._threads)
        self._disk.put(None)
        for worker in self._workers:
            await asyncio.to_thread(worker.join, drain_s)
        self._workers.clear()

    def open(
        self,
        call_id: str,
        speaker: Speaker,
        *,
        on_closed: Callable[[str], None] | None = None,
    ) -> PartyStream:
        """A listener for one announced audio stream.

        Args:
            call_id: the call.
            speaker: who is heard in it. A later stream of the same speaker goes on with the same
                clock and turn numbers.
            on_closed: called on the event loop with the reason when the audio has ended.

        Raises:
            RuntimeError: when the service is not available.
        """
        if self._recogniser is None:
            raise RuntimeError("no recogniser; look at TranscriptionService.available first")
        line = self._lines.get(call_id, "")
        return PartyStream(
            self,
            self._by_line.get(line, self._recogniser),
            call_id,
            speaker,
            base=self._spool.base_for(call_id, speaker),
            line=line,
            hot_words=self._hot_words(line),
            on_closed=on_closed,
        )

    # -- for PartyStream ---------------------------------------------------------------------

    def party_for(self, stream: PartyStream) -> Party:
        """The party that speaks in a stream that connects now."""
        assert self._loop is not None
        self._streams[stream] = None
        self.counters.streams_open = len(self._streams)
        stream.done.add_done_callback(lambda _: self._gone(stream))
        key = (stream.call_id, stream.speaker)
        if key not in self._parties:
            self._parties[key] = Party.starting(*key, self._loop.time())
        return self._parties[key]

    def enqueue(self, stream: PartyStream) -> None:
        """Have a worker decode some of the stream."""
        self._ready.put(stream.rank, stream.work)

    def crowded(self) -> bool:
        """Whether more live streams wait for a worker than there are workers."""
        return self._ready.live() > self._threads

    def corrected(self, text: str) -> str:
        """The text with names put right, if they are known."""
        return text if self._names is None else self._names.corrected(text)

    def publish_soon(self, event: Event) -> None:
        """Publish on the event loop, from any thread."""
        assert self._loop is not None
        self._loop.call_soon_threadsafe(self._bus.publish, event)

    # ----------------------------------------------------------------------------------------

    async def _take_over(self, recogniser: Recogniser) -> None:
        assert self._loop is not None
        try:
            leftovers, parties = await asyncio.to_thread(self._spool.found)
            await asyncio.to_thread(self._spool.forget_old)
        except OSError as error:
            log.warning("asr.spool_unreadable", reason=str(error))
            return
        for party in parties:
            key = (party.call_id, party.speaker)
            self._parties[key] = Party.known(party, self._loop.time())
        for leftover in leftovers:
            try:
                stream = PartyStream(
                    self,
                    self._by_line.get(leftover.line, recogniser),
                    leftover.call_id,
                    leftover.speaker,
                    base=leftover.base,
                    line=leftover.line,
                    hot_words=self._hot_words(leftover.line),
                    leftover=leftover,
                )
            except OSError as error:
                log.warning("asr.leftover_unreadable", file=str(leftover.base), reason=str(error))
                continue
            log.info(
                "asr.leftover_found",
                call_id=stream.call_id,
                speaker=stream.speaker,
                seconds=round(stream.lag_ms / 1000, 1),
            )
            stream.resume(leftover)

    def _start_thread(self, name: str, next_job: Callable[[], Callable[[], None] | None]) -> None:
        # daemon: an engine that hangs must not keep the process from ending
        thread = threading.Thread(target=_run, args=(next_job,), name=name, daemon=True)
        thread.start()
        self._workers.append(thread)

    def _gone(self, stream: PartyStream) -> None:
        assert self._loop is not None
        self._streams.pop(stream, None)
        self.counters.streams_open = len(self._streams)
        stream.tell(self._loop.time())
        if not stream.abandoned:
            self._settling.append((self._loop.time() + SETTLED_S, stream))

    async def _tick(self) -> None:
        loop = asyncio.get_running_loop()
        ticks = 0
        while True:
            due = loop.time() + TICK_S
            await asyncio.sleep(TICK_S)
            now = loop.time()
            on_time = now - due < LATE_TICK_S
            worst = 0.0
            for stream in list(self._streams):
                if on_time:
                    stream.tick()
                stream.tell(now)
                worst = max(worst, stream.lag_ms / 1000)
            self.counters.lag_s = worst
            self._pressure.balance(self._streams, self.counters.seconds_decoded, now)
            ticks += 1
            if ticks % SAVE_EVERY_TICKS == 0 and not self._saving:
                self._saving = True
                self._disk.put(self._saver(list(self._streams)))
            while self._settling and self._settling[0][0] <= now:
                self._disk.put(self._settler(self._settling.pop(0)[1]))

    def _saver(self, streams: Sequence[PartyStream]) -> Callable[[], None]:
        def save() -> None:
            for stream in streams:
                stream.save()
            self._saving = False

        return save

    def _settler(self, stream: PartyStream) -> Callable[[], None]:
        # when the call has ended, its folder goes with its last stream
        key = (stream.call_id, stream.speaker)
        over = key not in self._parties and not self._has_streams(stream.call_id)

        def settle() -> None:
            stream.settle()
            if over:
                self._spool.forget_call(stream.call_id)

        return settle

    def _has_streams(self, call_id: str) -> bool:
        settling = (stream for _, stream in self._settling)
        return any(stream.call_id == call_id for stream in (*self._streams, *settling))

    async def _follow_calls(self) -> None:
        with self._bus.subscribe("transcription") as events:
            async for event in events:
                if isinstance(event, LineIdentified):
                    self._lines[event.call_id] = event.line
                elif isinstance(event, CallEnded):
                    self._lines.pop(event.call_id, None)
                    for speaker in Speaker:
                        self._parties.pop((event.call_id, speaker), None)
                    if not self._has_streams(event.call_id):
                        self._disk.put(partial(self._spool.forget_call, event.call_id))


def _run(next_job: Callable[[], Callable[[], None] | None]) -> None:
    while (job := next_job()) is not None:
        # the event loop may be gone when an engine returns late
        with suppress(RuntimeError):
            job()
