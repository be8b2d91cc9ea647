"""From the audio of calls to words, and to all that follows the words, put together."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from contextlib import AsyncExitStack

import structlog

from agent_gateway.advice.advisor import CallAdvisor, Names
from agent_gateway.http.health import Component
from agent_gateway.live import LiveHub
from agent_gateway.service.live_calls import LiveParties
from agent_gateway.service.recognisers import KnownNames, Recognisers
from agent_gateway.store import Store
from asr.attach import AudioAttacher
from asr.audiosocket import AudioSocketServer, ExpectedStreams
from asr.extractor.chat import ChatModel
from asr.extractor.live import LiveExtractor
from asr.prefill import Prefiller
from asr.prefill.alarm import LiveAlarm
from asr.prefill.live import LivePrefill
from asr.prefill.parties.artefact import chosen_parties
from asr.prefill.trained import chosen
from asr.quality import QualityWatch
from asr.streams import TranscriptionService
from asr.text.names import NameCorrector
from config.directory import Directory
from config.quality import load_quality_rules
from config.settings import Settings
from telephony.background import Work
from telephony.calls import CallFeed
from telephony.events import EventBus, Speaker

log = structlog.get_logger(__name__)


class Hearing:
    """The recognisers, their audio, and who follows the words.

    Raises:
        ConfigError: the rules of quality are wrong, or the key of the language model is missing.
    """

    def __init__(self, settings: Settings, bus: EventBus, feed: CallFeed) -> None:
        self._settings = settings
        self._bus = bus
        self._feed = feed
        self._quality_rules = load_quality_rules(settings.quality_rules)
        folder = settings.asr.prefill_artefact
        self.prefiller = Prefiller(trained=chosen(folder), parties=chosen_parties(folder))
        self._names: KnownNames | None = None
        self._corrector: NameCorrector | None = None
        wanted = settings.extractor
        self._model = ChatModel(wanted) if wanted.enabled else None
        self._transcription: TranscriptionService | None = None

    def following(
        self, store: Store, hub: LiveHub, directory: Directory
    ) -> Iterable[tuple[str, Work]]:
        """Who follows the words as long as the service runs, by name."""
        bus, zone = self._bus, self._settings.city.zone
        departments = {one.key: one.name for one in directory.departments}
        names = Names(departments, self.prefiller.category_names)
        yield "live-prefill", LivePrefill(bus, self.prefiller, zone).run()
        if self._model is not None:
            concurrent = self._settings.extractor.concurrent
            yield "extractor", LiveExtractor(bus, self._model, concurrent=concurrent).run()
        yield "live-alarm", LiveAlarm(bus, self.prefiller).run()
        yield "advice", CallAdvisor(bus, store, names, zone, hub.advise).run()
        yield "quality", QualityWatch(bus, self._quality_rules, self.listening).run()

    async def start(self, stack: AsyncExitStack) -> None:
        """Load the recognisers and take audio; what cannot be had is logged and left out.

        Before the link to Asterisk: live calls are attached when it comes up.
        """
        settings = self._settings
        recognisers = await asyncio.to_thread(Recognisers, settings)
        stack.push_async_callback(asyncio.to_thread, recognisers.close)
        names = self._names = await asyncio.to_thread(KnownNames, settings)
        self._corrector = await asyncio.to_thread(names.corrector)
        transcription = TranscriptionService(
            self._bus,
            recognisers.default,
            settings,
            by_line=recognisers.by_line,
            names=self._corrector,
            hot_words=names.for_line,
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
            self._bus,
            self._feed.link,
            expected,
            transcription,
            LiveParties(self._feed.book),
            waiting=settings.emergency.listen_waiting,
        )
        await attacher.start()
        stack.push_async_callback(attacher.stop)
        self._transcription = transcription

    def corrected(self, text: str) -> str:
        """The text with names put right, as in the live transcript."""
        return text if self._corrector is None else self._corrector.corrected(text)

    def hot_words(self, line: str) -> tuple[str, ...]:
        """Names for the engine on a line, as in the live transcript."""
        return () if self._names is None else self._names.for_line(line)

    def streams(self) -> int:
        """Streams of live calls that receive audio or are still decoded."""
        hearing = self._transcription
        return 0 if hearing is None else hearing.counters.streams_open

    def listening(self, call_id: str) -> frozenset[Speaker]:
        """Whose audio of a call comes in now."""
        hearing = self._transcription
        return frozenset() if hearing is None else hearing.listening(call_id)

    def hears(self, call_id: str) -> bool:
        """Whether some of the call's audio is still to be decoded."""
        return self._transcription is not None and self._transcription.hears(call_id)

    def check(self) -> Component:
        """How it is doing; calls do not need it."""
        hearing = self._transcription
        if hearing is None or not hearing.available:
            return Component(ok=False, detail="no recogniser; hotline doctor says why", vital=False)
        return Component(
            ok=True, detail=f"{hearing.engine}, {hearing.counters.lag_s:.1f} s behind", vital=False
        )
