"""Seals a call's recording when the call has ended, whatever was killed in between."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import structlog

from config.settings import Settings
from telephony.events import CallEnded, EventBus, RecordingSealed
from telephony.recordings.archive import Archive, Archived
from telephony.recordings.known import KnownCalls
from telephony.recordings.spool import RawPair, call_of, raw_pair, raw_pairs

log = structlog.get_logger(__name__)

LiveCalls = Callable[[], Collection[str] | None]


class Sealer:
    """Listens for ended calls and moves their recordings from the spool into the archive.

    How it knows that Asterisk has finished a file: it asks the kernel whether anybody still has
    the file open for writing (see :func:`telephony.recordings.spool.has_writer`). MixMonitor
    closes its files some milliseconds after the hang-up, so the first or second question is
    answered well; there is no event on AMI for it. A file that stays open longer than
    ``close_deadline_s`` is reported and left to the next round: a file that somebody writes is
    never sealed.

    Args:
        settings: archive, spool, time zone, retention.
        bus: :class:`RecordingSealed` is published here.
        round_s: seconds between two looks at what was left in the spool.
        close_deadline_s: how long after the end of a call its files may stay open.
        poll_s: pause between two questions to the kernel.

    Attributes:
        failures: attempts that failed since the start; each was logged and is tried again.
    """

    def __init__(
        self,
        settings: Settings,
        bus: EventBus,
        *,
        round_s: float = 60.0,
        close_deadline_s: float = 30.0,
        poll_s: float = 0.1,
    ) -> None:
        self.archive = Archive.of(settings)
        self.failures = 0
        self._spool = settings.recording_spool
        self._bus = bus
        self._round_s = round_s
        self._close_deadline_s = close_deadline_s
        self._poll_s = poll_s
        self._known = KnownCalls()
        self._busy: set[str] = set()
        # Encoding is quick beside real time; one thread keeps it from crowding out everything else.
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="sealer")

    async def run(self, live_calls: LiveCalls) -> None:
        """Work until cancelled; an encoding that has begun is finished first.

        Args:
            live_calls: the call ids that Asterisk still carries, or None while nobody knows.
        """
        try:
            with self._bus.subscribe("sealer") as events:
                async with asyncio.TaskGroup() as tasks:
                    tasks.create_task(self._rounds(live_calls))
                    async for event in events:
                        self._known.learn(event)
                        if isinstance(event, CallEnded):
                            tasks.create_task(self._seal_ended(event))
        finally:
            await asyncio.shield(asyncio.to_thread(self._worker.shutdown))

    async def seal_leftovers(self, live_call_ids: Collection[str] | None) -> int:
        """Seal what is in the spool and belongs to no live call.

        Args:
            live_call_ids: calls to leave alone; None when unknown. Either way a file that is still
                open for writing is left alone.

        Returns:
            The number of recordings sealed.
        """
        live = live_call_ids or ()
        is_live = None if live_call_ids is None else False
        sealed = 0
        for pair in await asyncio.to_thread(self._leftovers):
            if call_of(pair.call_id)[0] in live:
                continue
            if not await asyncio.to_thread(pair.is_finished, is_live=is_live):
                continue
            sealed += await self._seal(pair)
        if live_call_ids is not None:
            waiting = {
                call_of(pair.call_id)[0] for pair in await asyncio.to_thread(self._leftovers)
            }
            self._known.keep_only(waiting.union(live_call_ids))
        return sealed

    async def recent(self, since: datetime) -> list[RecordingSealed]:
        """The archive's recordings since a day, as the events that told of them.

        For whoever keeps records: after a crash between sealing and storing, the manifest knows
        what the database does not.

        Args:
            since: aware; the whole day that it is in counts.
        """
        day = since.astimezone(self.archive.zone).strftime("%Y/%m/%d")
        found = await asyncio.to_thread(self.archive.recordings, since=day)
        return [_event(archived) for archived in found]

    async def _rounds(self, live_calls: LiveCalls) -> None:
        while True:
            await self.seal_leftovers(live_calls())
            await asyncio.sleep(self._round_s)

    async def _seal_ended(self, event: CallEnded) -> None:
        try:
            pair = raw_pair(self._spool, event.call_id)
        except ValueError as error:
            log.warning("recording.odd_call_id", call_id=event.call_id, error=str(error))
            return
        # the consultations first: what is known of the call is forgotten with its own recording
        for part in await asyncio.to_thread(self._leftovers):
            if call_of(part.call_id)[0] == event.call_id != part.call_id:
                await self._seal_when_closed(part)
        if not await asyncio.to_thread(lambda: pair.files):
            if self._known.was_recorded(event.call_id):
                log.error("recording.missing", call_id=event.call_id, spool=str(self._spool))
            self._known.forget(event.call_id)
            return
        await self._seal_when_closed(pair)

    async def _seal_when_closed(self, pair: RawPair) -> None:
        if await self._closed_in_time(pair):
            await self._seal(pair)
        else:
            log.error(
                "recording.still_written", call_id=pair.call_id, after_s=self._close_deadline_s
            )

    async def _closed_in_time(self, pair: RawPair) -> bool:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._close_deadline_s
        while not await asyncio.to_thread(pair.is_finished):
            if loop.time() > deadline:
                return False
            await asyncio.sleep(self._poll_s)
        return True

    async def _seal(self, pair: RawPair) -> bool:
        if pair.call_id in self._busy:
            return False
        self._busy.add(pair.call_id)
        try:
            facts = self._known.facts(call_of(pair.call_id)[0])
            loop = asyncio.get_running_loop()
            archived = await loop.run_in_executor(self._worker, self.archive.seal, pair, facts)
        except Exception as error:  # noqa: BLE001 - one call's surprise must not stop the others
            self.failures += 1
            reason = f"{type(error).__name__}: {error}"
            log.critical("recording.seal_failed", call_id=pair.call_id, reason=reason, kept=True)
            return False
        finally:
            self._busy.discard(pair.call_id)
        self._known.forget(pair.call_id)
        if archived is None:
            return False
        log.info("recording.sealed", call_id=pair.call_id, path=archived.path.as_posix())
        self._bus.publish(_event(archived))
        return True

    def _leftovers(self) -> list[RawPair]:
        try:
            return raw_pairs(self._spool)
        except OSError as error:
            log.critical("recording.spool_unreadable", spool=str(self._spool), reason=str(error))
            return []


def _event(archived: Archived) -> RecordingSealed:
    entry = archived.entry
    call_id, part = call_of(entry.call_id)
    return RecordingSealed(
        at=entry.at.astimezone(UTC),
        call_id=call_id,
        part=part,
        sha256=entry.sha256,
        path=archived.path.as_posix(),
        duration_ms=entry.duration_ms,
        size=entry.size,
        retain_until=entry.retain_until,
    )
