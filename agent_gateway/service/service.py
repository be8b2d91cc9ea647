"""The running service: every part made once, started in order, stopped in reverse.

Order of the start: first what a caller needs (FastAGI), then what an agent needs. Whatever can't be
started is logged and left out; the calls go on by the dialplan all the same.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from contextlib import AsyncExitStack
from datetime import UTC, date, datetime, timedelta
from typing import Any

import structlog
from aiohttp import web
from sqlalchemy.exc import SQLAlchemyError

from agent_gateway.advice.advisor import CallAdvisor, Names
from agent_gateway.agents.skills import StoredSkills
from agent_gateway.callers import KnownCallers
from agent_gateway.configuration import Loaded, Reloader, load_files
from agent_gateway.emergency import EmergencyPriority
from agent_gateway.http import GatewayContext, build_app
from agent_gateway.http.health import Component
from agent_gateway.journal import CDR_FILE, CdrRecovery, Journal, UnendedCalls
from agent_gateway.missed.watch import MissedCallWatch
from agent_gateway.numbers.answering import answer_seconds
from agent_gateway.numbers.changes import StageWatch
from agent_gateway.service.callbacks import callback_desk, callback_turns
from agent_gateway.service.draft_rules import DraftRules
from agent_gateway.service.hearing import Recognisers, name_corrector
from agent_gateway.service.live_calls import LiveParties, QueuePlaces, live_call_ids
from agent_gateway.service.supervising import Ears, Supervising
from agent_gateway.service.ticket_status import StoredTicketStatus
from agent_gateway.store import Store
from agent_gateway.survey import SurveyDesk
from agent_gateway.tickets import TicketDrafter
from asr.attach import AudioAttacher
from asr.audiosocket import AudioSocketServer, ExpectedStreams
from asr.prefill import Prefiller
from asr.prefill.alarm import LiveAlarm
from asr.prefill.live import LivePrefill
from asr.quality import QualityWatch
from asr.streams import TranscriptionService
from config.numberplan import DialledNumbers, line_names
from config.quality import load_quality_rules
from config.queues import load_queues
from config.settings import Secrets, Settings
from ivr.emergency import EmergencyLines
from ivr.fastagi import AgiServer
from ivr.inbound import InboundHandler, Routing
from ivr.prompts import PromptLibrary
from ivr.survey import SurveyHandler
from ivr.waiting import WaitingKeyHandler
from telephony.agents import AgentDesk, QueueSeats
from telephony.calls import CallFeed
from telephony.events import AgentState, CallEvent, EventBus
from telephony.queues import WaitTeller
from telephony.recordings import Sealer
from telephony.transfers import AmiControl, Targets, TransferDesk

log = structlog.get_logger(__name__)

# Recordings sealed in these days are told to the store again if it does not know them.
RECORDINGS_LOOKED_BACK = timedelta(days=2)


class Service:
    """One per process. Use as ``async with``.

    Args:
        settings: of the installation.
        secrets: its secrets.

    Raises:
        ConfigError: the number plan, the menus or the directory are wrong.
    """

    def __init__(self, settings: Settings, secrets: Secrets) -> None:
        self._settings = settings
        loaded = load_files(settings)
        plan = loaded.plan
        self.reloader = Reloader(settings, secrets, loaded)
        self._prefiller = Prefiller()
        self._quality_rules = load_quality_rules(settings.quality_rules)
        self.bus = EventBus()
        self.store = Store(settings.database_url)
        ears = Ears()
        self.feed = CallFeed(
            self.bus,
            host=settings.asterisk.ami_host,
            port=settings.asterisk.ami_port,
            user=settings.asterisk.ami_user,
            password=secrets.ami_password,
            on_raw=ears.heard,
        )
        queues = self._queues = load_queues(settings, plan)
        self._skills = StoredSkills(self.store, queues)
        self.desk = AgentDesk(
            self.bus,
            QueueSeats(self.feed.link, self._skills),
            wrap_up_seconds=settings.agents.wrap_up_seconds,
            missed_calls_before_break=settings.agents.missed_calls_before_break,
        )
        self.targets = Targets(
            settings.outbound,
            loaded.directory,
            queues.names,
            now=lambda: datetime.now(settings.city.zone),
            calendar=loaded.calendar,
        )
        self.transfers = TransferDesk(
            self.bus,
            self.feed.book,
            AmiControl(
                self.feed.link,
                ring_s=settings.outbound.ring_seconds,
                location_header=settings.outbound.location_header,
                recordings=settings.recording_spool,
            ),
            emergency_lines=settings.outbound.emergency_lines,
        )
        self._places = QueuePlaces(self.bus)
        self._waits = WaitTeller(self.bus, self.feed.link, self._working)
        self.agi = AgiServer(settings.agi.host, settings.agi.port)
        prompts = PromptLibrary(settings.prompts_dir)
        tickets = StoredTicketStatus(self.store)
        message_s = settings.queue.voicemail_seconds
        self.callers = KnownCallers(self.store, settings.callers, settings.city.area_code)
        emergency = EmergencyLines(
            settings.emergency.key,
            frozenset(settings.outbound.emergency_lines if settings.outbound.trunks else ()),
        )
        self._inbound = InboundHandler(
            self._routing(loaded),
            prompts,
            self.bus,
            tickets,
            self.callers,
            message_s=message_s,
            emergency=emergency,
        )
        self.agi.route("inbound", self._inbound)
        self.missed = MissedCallWatch(
            self.store,
            lambda row: self.context.missed_call_changed(row),
            lambda count: self.context.metrics.missed_open.set(count),
        )
        self.agi.route(
            "waiting-key",
            WaitingKeyHandler(
                prompts,
                self.bus,
                self._places,
                tickets,
                self.missed.request,
                voicemail_s=message_s,
                emergency=emergency,
                language_queues=queues.of_languages,
            ),
        )
        self.surveys = SurveyDesk(
            self.bus, self.feed.book, self.feed.link, **settings.survey.model_dump()
        )
        self.agi.route("survey", SurveyHandler(prompts, self.bus, self.surveys.wanted))
        self.callbacks = callback_desk(
            settings,
            self.store,
            self.feed,
            self.desk,
            lambda: self.targets.policy,
            lambda row: self.context.missed_call_changed(row),
            plan.main.number,
        )
        self.sealer = Sealer(settings, self.bus)
        self.drafter = TicketDrafter(
            self.store, self.bus, DraftRules(self._prefiller), settings.city.zone
        )
        self.journal = Journal(
            self.store,
            self.bus,
            settings.data_dir / "spool" / "journal",
            persisted=self._persisted,
        )
        self.recovery = CdrRecovery(
            self.store,
            settings.asterisk_dir / "log" / CDR_FILE,
            settings.data_dir / "spool" / "cdr-place.json",
            recovered=self._recovered,
        )
        self.unended = UnendedCalls(self.store, self.bus, self._may_live, closed=self._recovered)
        self.transcription: TranscriptionService | None = None
        self.context = GatewayContext(
            settings=settings,
            secrets=secrets,
            store=self.store,
            bus=self.bus,
            desk=self.desk,
            journal=self.journal,
            transfers=self.transfers,
            targets=self.targets,
            callers=self.callers,
            answer_seconds=self._answer_seconds(loaded),
            queues=queues,
            surveys=self.surveys,
            callbacks=self.callbacks,
            reloader=self.reloader,
            line_names=line_names(plan),
            checks={"ami": self._ami, "agi": self._agi, "asr": self._asr, "recording": self._rec},
        )
        self._supervising = Supervising(self.context, self.feed, ears)
        self.reloader.taken.append(self._take)
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Service:
        """Start everything.

        Raises:
            OSError: a port that the service needs is taken.
        """
        try:
            await self._start()
        except BaseException:
            await self._stack.aclose()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop everything; calls go on in Asterisk."""
        await self._stack.aclose()

    async def _start(self) -> None:
        stack = self._stack
        stack.push_async_callback(self.store.close)
        await self.agi.start()
        stack.push_async_callback(self.agi.stop)
        try:
            await self.store.migrate()
        except (SQLAlchemyError, OSError) as error:
            log.error("store.not_migrated", reason=str(error)[:300])  # noqa: TRY400 - said in full
        for part in (
            self.callers,
            self.drafter,
            self.missed,
            self.callbacks,
            self.journal,
            self.recovery,
            self.unended,
        ):
            await stack.enter_async_context(part)
        self._spawn(self.desk.run(), "agents")
        self._spawn(self.transfers.run(), "transfers")
        self._spawn(self.surveys.run(), "surveys")
        for work, name in self._supervising.work():
            self._spawn(work, name)
        turns = callback_turns(
            self._settings,
            self.store,
            self.bus,
            self.feed,
            self.desk,
            self.callbacks,
            self._skills,
        )
        self._spawn(turns, "callback-turns")
        self._spawn(self._places.run(), "queue-places")
        self._spawn(self._waits.run(), "wait-estimates")
        self._spawn(self.sealer.run(lambda: live_call_ids(self.feed)), "sealer")
        self._spawn(
            LivePrefill(self.bus, self._prefiller, self._settings.city.zone).run(), "live-prefill"
        )
        self._spawn(LiveAlarm(self.bus, self._prefiller).run(), "live-alarm")
        self._spawn(EmergencyPriority(self.bus, self.feed.link).run(), "emergency-priority")
        self._spawn(self._advisor().run(), "advice")
        self._spawn(QualityWatch(self.bus, self._quality_rules).run(), "quality")
        await self.reloader.adopt()
        self._spawn(StageWatch(self._settings, self.store).run(), "number-stages")
        runner = web.AppRunner(build_app(self.context), access_log=None)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        await self._start_hearing()
        await self.feed.start()
        stack.push_async_callback(self.feed.stop)
        self._spawn(self._tell_recordings_again(), "recordings-again")
        web_settings = self._settings.web
        await web.TCPSite(runner, web_settings.host, web_settings.port).start()
        log.info("service.started", web=f"http://{web_settings.host}:{web_settings.port}/")

    def _routing(self, loaded: Loaded) -> Routing:
        city = self._settings.city
        return Routing(
            loaded.plan,
            DialledNumbers(loaded.plan, city),
            loaded.menus,
            city.zone,
            language_queues=self._queues.of_languages,
            calendar=loaded.calendar,
        )

    def _answer_seconds(self, loaded: Loaded) -> Callable[[str, date], int]:
        return answer_seconds(loaded.plan, self._settings.queue.service_level_seconds)

    def _take(self, loaded: Loaded) -> None:
        """Go by changed files from the next call on."""
        self._inbound.routing = self._routing(loaded)
        self.targets.use(self._settings.outbound, loaded.directory, loaded.calendar)
        self.context.line_names.update(line_names(loaded.plan))
        self.context.answer_seconds = self._answer_seconds(loaded)

    def _advisor(self) -> CallAdvisor:
        departments = {one.key: one.name for one in self.targets.directory.departments}
        names = Names(departments, self._prefiller.category_names)
        zone = self._settings.city.zone
        return CallAdvisor(self.bus, self.store, names, zone, self.context.live.advise)

    async def _start_hearing(self) -> None:
        """The recogniser before the link: live calls are attached when the link comes up."""
        stack, settings = self._stack, self._settings
        recognisers = await asyncio.to_thread(Recognisers, settings)
        stack.push_async_callback(asyncio.to_thread, recognisers.close)
        transcription = TranscriptionService(
            self.bus,
            recognisers.default,
            settings,
            by_line=recognisers.by_line,
            names=name_corrector(settings, self.targets.directory),
            spool=settings.data_dir / "spool" / "hearing",
        )
        await transcription.start()
        stack.push_async_callback(transcription.stop)
        expected = ExpectedStreams()
        audio = AudioSocketServer(settings.audiosocket.host, settings.audiosocket.port, expected)
        try:
            await audio.start()
        except OSError as error:
            log.error("asr.no_audio", reason=str(error))  # noqa: TRY400 - said in full
            return
        stack.push_async_callback(audio.stop)
        attacher = AudioAttacher(
            self.bus,
            self.feed.link,
            expected,
            transcription,
            LiveParties(self.feed.book),
            waiting=settings.emergency.listen_waiting,
        )
        await attacher.start()
        stack.push_async_callback(attacher.stop)
        self.transcription = transcription

    async def _tell_recordings_again(self) -> None:
        """After a crash between sealing and storing, the archive knows what the store does not."""
        try:
            for event in await self.sealer.recent(datetime.now(UTC) - RECORDINGS_LOOKED_BACK):
                if await self.store.calls.recording(event.recording_id) is None:
                    self.bus.publish(event)
        except (OSError, ValueError, SQLAlchemyError) as error:
            log.warning("recording.not_told_again", reason=str(error)[:300])

    def _spawn(self, work: Coroutine[Any, Any, None], name: str) -> None:
        task = asyncio.create_task(work, name=name)

        async def end() -> None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

        def ended(task: asyncio.Task[None]) -> None:
            if not task.cancelled() and (error := task.exception()) is not None:
                log.critical("service.part_failed", part=name, exc_info=error)

        task.add_done_callback(ended)
        self._stack.push_async_callback(end)

    def _persisted(self, events: Sequence[CallEvent]) -> None:
        self.drafter.noticed(events)
        self.missed.noticed(events)
        self.callbacks.noticed(events)

    def _recovered(self, call_id: str) -> None:
        self.drafter.plan(call_id)
        self.missed.recovered(call_id)
        self.callbacks.recovered(call_id)

    def _working(self) -> int:
        """Agents who take calls now."""
        away = (AgentState.LOGGED_OUT, AgentState.BREAK)
        return sum(one.state not in away for one in self.desk.snapshots())

    def _may_live(self, call_id: str) -> bool:
        live = live_call_ids(self.feed)
        return live is None or call_id in live

    # ---- how it is doing ---------------------------------------------------------------------

    def _ami(self) -> Component:
        return Component(ok=self.feed.link.up, detail=self.feed.link.down_reason)

    def _agi(self) -> Component:
        return Component(ok=self.agi.listening, detail=f"{self.agi.sessions} sessions")

    def _asr(self) -> Component:
        hearing = self.transcription
        if hearing is None or not hearing.available:
            return Component(ok=False, detail="no recogniser; see the log", vital=False)
        return Component(
            ok=True, detail=f"{hearing.engine}, {hearing.counters.lag_s:.1f} s behind", vital=False
        )

    def _rec(self) -> Component:
        return Component(
            ok=self.sealer.failures == 0, detail=f"{self.sealer.failures} failures", vital=False
        )
