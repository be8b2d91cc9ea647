"""The running service: every part made once, started in order, stopped in reverse.

Order of the start: first what a caller needs (FastAGI), then what an agent needs. Whatever can't be
started is logged and left out; the calls go on by the dialplan all the same.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AsyncExitStack
from datetime import date, datetime
from functools import partial

import structlog
from aiohttp import web
from sqlalchemy.exc import SQLAlchemyError

from agent_gateway.agents.skills import StoredSkills
from agent_gateway.callers import KnownCallers
from agent_gateway.configuration import Loaded, Reloader, load_files
from agent_gateway.emergency import EmergencyPriority
from agent_gateway.http import GatewayContext, build_app
from agent_gateway.http.health import Component
from agent_gateway.missed.watch import MissedCallWatch
from agent_gateway.numbers.answering import answer_seconds
from agent_gateway.numbers.changes import StageWatch
from agent_gateway.second import SecondPassDesk
from agent_gateway.service.answering import Answering
from agent_gateway.service.callbacks import callback_desk, callback_turns
from agent_gateway.service.hearing import Hearing
from agent_gateway.service.live_calls import QueuePlaces
from agent_gateway.service.recognisers import second_recogniser
from agent_gateway.service.records import Records
from agent_gateway.service.supervising import Ears, Supervising
from agent_gateway.service.surveys import survey_caller
from agent_gateway.store import Store
from agent_gateway.survey import SurveyDesk
from agent_gateway.telephones import Telephones
from config.calendar import CityClock
from config.numberplan import line_names
from config.queues import load_queues
from config.settings import Secrets, Settings
from telephony.agents import AgentDesk, QueueSeats
from telephony.background import Tasks, Work
from telephony.calls import CallFeed
from telephony.events import AgentState, EventBus
from telephony.queues import WaitTeller
from telephony.transfers import AmiControl, Targets, TransferDesk

log = structlog.get_logger(__name__)


class Service:
    """One per process. Use as ``async with``.

    Args:
        settings: of the installation.
        secrets: its secrets.

    Raises:
        ConfigError: a file of the operator's is wrong.
    """

    def __init__(self, settings: Settings, secrets: Secrets) -> None:
        self._settings = settings
        loaded = load_files(settings)
        self._clock = CityClock(settings.city.zone, loaded.calendar)
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
        queues = load_queues(settings, loaded.plan)
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
        self.callers = KnownCallers(self.store, settings.callers, settings.city.area_code)
        self.missed = MissedCallWatch(
            self.store,
            lambda row: self.context.missed_call_changed(row),
            lambda count: self.context.metrics.missed_open.set(count),
        )
        self.surveys = SurveyDesk(
            self.bus, self.feed.book, self.feed.link, **settings.survey.model_dump()
        )
        self.callbacks = callback_desk(
            settings,
            self.store,
            self.feed,
            self.desk,
            lambda: self.targets.policy,
            lambda row: self.context.missed_call_changed(row),
            loaded.plan.main.number,
        )
        self.survey_calls = survey_caller(
            settings,
            self.store,
            self.bus,
            self.feed,
            self._clock,
            queues.names,
            self.callers.number,
        )
        self.answering = Answering(
            settings,
            self.bus,
            self.store,
            loaded,
            queues,
            self._places,
            self.callers,
            self.missed,
            self.surveys,
        )
        self.hearing = Hearing(settings, self.bus, self.feed)
        self._second_pass = SecondPassDesk(
            settings,
            self.store,
            self.hearing,
            partial(second_recogniser, settings),
            corrected=self.hearing.corrected,
            hot_words=self.hearing.hot_words,
            told=lambda backlog, result: self.context.metrics.second_pass(backlog, result),
        )
        self.records = Records(
            settings,
            self.bus,
            self.store,
            self.feed,
            self.hearing.prefiller,
            self.missed,
            self.callbacks,
            self._second_pass,
            self.survey_calls,
        )
        self.reloader = Reloader(settings, secrets, loaded)
        self.context = GatewayContext(
            settings=settings,
            secrets=secrets,
            store=self.store,
            bus=self.bus,
            desk=self.desk,
            journal=self.records.journal,
            transfers=self.transfers,
            targets=self.targets,
            callers=self.callers,
            answer_seconds=self._answer_seconds(loaded),
            queues=queues,
            surveys=self.surveys,
            callbacks=self.callbacks,
            telephones=Telephones(settings, secrets, self.store, self.feed.link),
            reloader=self.reloader,
            line_names=line_names(loaded.plan),
            checks={
                "ami": self._ami,
                "agi": self._agi,
                "asr": self.hearing.check,
                "recording": self.records.check,
            },
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
        await self.answering.server.start()
        stack.push_async_callback(self.answering.server.stop)
        try:
            await self.store.migrate()
        except (SQLAlchemyError, OSError) as error:
            log.error("store.not_migrated", reason=str(error)[:300])  # noqa: TRY400 - said in full
        for part in (self.callers, *self.records.parts):
            await stack.enter_async_context(part)
        await self.reloader.adopt()
        self._start_work()
        runner = web.AppRunner(build_app(self.context), access_log=None)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        await self.hearing.start(stack)
        # now it is known what earlier processes left of calls that are over
        self._spawn("second-pass", self._second_pass.run())
        await self.feed.start()
        stack.push_async_callback(self.feed.stop)
        self._spawn("recordings-again", self.records.tell_recordings_again())
        web_settings = self._settings.web
        await web.TCPSite(runner, web_settings.host, web_settings.port).start()
        log.info("service.started", web=f"http://{web_settings.host}:{web_settings.port}/")

    def _start_work(self) -> None:
        """What goes on as long as the service does."""
        self._spawn("agents", self.desk.run())
        self._spawn("transfers", self.transfers.run())
        self._spawn("surveys", self.surveys.run())
        self._spawn("queue-places", self._places.run())
        self._spawn("wait-estimates", self._waits.run())
        self._spawn("emergency-priority", EmergencyPriority(self.bus, self.feed.link).run())
        self._spawn("number-stages", StageWatch(self._settings, self.store).run())
        self._spawn("sealer", self.records.seal())
        turns = callback_turns(
            self._settings,
            self.store,
            self.bus,
            self.feed,
            self.desk,
            self.callbacks,
            self._skills,
            self._clock,
        )
        self._spawn("callback-turns", turns)
        for name, work in self._supervising.work():
            self._spawn(name, work)
        directory = self.targets.directory
        for name, work in self.hearing.following(self.store, self.context.live, directory):
            self._spawn(name, work)

    def _answer_seconds(self, loaded: Loaded) -> Callable[[str, date], int]:
        return answer_seconds(loaded.plan, self._settings.queue.service_level_seconds)

    def _take(self, loaded: Loaded) -> None:
        """Go by changed files from the next call on."""
        self._clock.calendar = loaded.calendar
        self.answering.take(loaded)
        self.targets.use(self._settings.outbound, loaded.directory, loaded.calendar)
        self.context.line_names.update(line_names(loaded.plan))
        self.context.answer_seconds = self._answer_seconds(loaded)

    def _spawn(self, name: str, work: Work) -> None:
        tasks = Tasks(name)
        tasks.start(work)
        self._stack.push_async_callback(tasks.stop)

    def _working(self) -> int:
        """Agents who take calls now."""
        away = (AgentState.LOGGED_OUT, AgentState.BREAK)
        return sum(one.state not in away for one in self.desk.snapshots())

    def _ami(self) -> Component:
        return Component(ok=self.feed.link.up, detail=self.feed.link.down_reason)

    def _agi(self) -> Component:
        server = self.answering.server
        return Component(ok=server.listening, detail=f"{server.sessions} sessions")
