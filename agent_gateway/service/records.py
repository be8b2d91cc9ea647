"""What is kept of calls: records, recordings, missed calls and drafts of tickets, put together."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import structlog
from sqlalchemy.exc import SQLAlchemyError

from agent_gateway.callbacks import CallbackDesk
from agent_gateway.http.health import Component
from agent_gateway.journal import CDR_FILE, CdrRecovery, Journal, UnendedCalls
from agent_gateway.missed.watch import MissedCallWatch
from agent_gateway.second import SecondPassDesk
from agent_gateway.service.draft_rules import DraftRules
from agent_gateway.service.live_calls import live_call_ids
from agent_gateway.store import Store
from agent_gateway.survey import SurveyCaller
from agent_gateway.tickets import TicketDrafter
from asr.prefill import Prefiller
from config.settings import Settings
from telephony.calls import CallFeed
from telephony.events import CallEvent, EventBus
from telephony.recordings import Sealer

log = structlog.get_logger(__name__)

# Recordings sealed in these days are told to the store again if it does not know them.
RECORDINGS_LOOKED_BACK = timedelta(days=2)


class Records:
    """The journal and those who go by what it has written.

    Attributes:
        parts: to be used as ``async with``, in this order.
        journal: the writer.
        sealer: makes recordings of raw files.
    """

    def __init__(
        self,
        settings: Settings,
        bus: EventBus,
        store: Store,
        feed: CallFeed,
        prefiller: Prefiller,
        missed: MissedCallWatch,
        callbacks: CallbackDesk,
        second_pass: SecondPassDesk,
        surveys: SurveyCaller,
    ) -> None:
        self._bus = bus
        self._store = store
        self._feed = feed
        self._missed = missed
        self._callbacks = callbacks
        self._second_pass = second_pass
        self._surveys = surveys
        spool = settings.data_dir / "spool"
        self.sealer = Sealer(settings, bus)
        self._drafter = TicketDrafter(store, bus, DraftRules(prefiller), settings.city.zone)
        self.journal = Journal(store, bus, spool / "journal", persisted=self._persisted)
        recovery = CdrRecovery(
            store,
            settings.asterisk_dir / "log" / CDR_FILE,
            spool / "cdr-place.json",
            recovered=self._recovered,
        )
        unended = UnendedCalls(store, bus, self._may_live, closed=self._recovered)
        self.parts = (self._drafter, missed, callbacks, surveys, self.journal, recovery, unended)

    async def seal(self) -> None:
        """Make recordings until the task is cancelled."""
        await self.sealer.run(lambda: live_call_ids(self._feed))

    async def tell_recordings_again(self) -> None:
        """After a crash between sealing and storing, the archive knows what the store does not."""
        try:
            for event in await self.sealer.recent(datetime.now(UTC) - RECORDINGS_LOOKED_BACK):
                if await self._store.calls.recording(event.recording_id) is None:
                    self._bus.publish(event)
        except (OSError, ValueError, SQLAlchemyError) as error:
            log.warning("recording.not_told_again", reason=str(error)[:300])

    def check(self) -> Component:
        """Whether recordings could be made."""
        failures = self.sealer.failures
        return Component(ok=failures == 0, detail=f"{failures} failures", vital=False)

    def _persisted(self, events: Sequence[CallEvent]) -> None:
        self._drafter.noticed(events)
        self._missed.noticed(events)
        self._callbacks.noticed(events)
        self._second_pass.noticed(events)
        self._surveys.noticed(events)

    def _recovered(self, call_id: str) -> None:
        self._drafter.plan(call_id)
        self._missed.recovered(call_id)
        self._callbacks.recovered(call_id)
        self._surveys.recovered(call_id)

    def _may_live(self, call_id: str) -> bool:
        live = live_call_ids(self._feed)
        return live is None or call_id in live
