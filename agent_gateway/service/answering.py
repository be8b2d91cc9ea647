"""What callers meet before a person: everything that answers over FastAGI, put together."""

from __future__ import annotations

from agent_gateway.callers import KnownCallers
from agent_gateway.configuration import Loaded
from agent_gateway.missed.watch import MissedCallWatch
from agent_gateway.service.live_calls import QueuePlaces
from agent_gateway.service.ticket_status import StoredTicketStatus
from agent_gateway.store import Store
from agent_gateway.survey import SurveyDesk
from config.numberplan import DialledNumbers
from config.queues import QueuePlan
from config.settings import Settings
from ivr.emergency import EmergencyLines
from ivr.fastagi import AgiServer
from ivr.inbound import InboundHandler, Routing, ScreeningHandler
from ivr.prompts import PromptLibrary
from ivr.survey import SurveyCallHandler, SurveyHandler
from ivr.waiting import WaitingKeyHandler
from telephony.events import EventBus


class Answering:
    """The FastAGI server with all its handlers.

    Attributes:
        server: starts and stops.
    """

    def __init__(
        self,
        settings: Settings,
        bus: EventBus,
        store: Store,
        loaded: Loaded,
        queues: QueuePlan,
        places: QueuePlaces,
        callers: KnownCallers,
        missed: MissedCallWatch,
        surveys: SurveyDesk,
    ) -> None:
        self._settings = settings
        self._language_queues = queues.of_languages
        prompts = PromptLibrary(settings.prompts_dir)
        tickets = StoredTicketStatus(store, settings.city.area_code)
        emergency = EmergencyLines(
            settings.emergency.key,
            frozenset(settings.outbound.emergency_lines if settings.outbound.trunks else ()),
        )
        message_s = settings.queue.voicemail_seconds
        self._inbound = InboundHandler(
            self._routing(loaded),
            prompts,
            bus,
            tickets,
            callers,
            message_s=message_s,
            emergency=emergency,
        )
        waiting = WaitingKeyHandler(
            prompts,
            bus,
            places,
            tickets,
            missed.request,
            voicemail_s=message_s,
            emergency=emergency,
            language_queues=self._language_queues,
        )
        self.server = AgiServer(settings.agi.host, settings.agi.port)
        self.server.route("screening", ScreeningHandler(callers))
        self.server.route("inbound", self._inbound)
        self.server.route("waiting-key", waiting)
        self.server.route("survey", SurveyHandler(prompts, bus, surveys.wanted))
        self.server.route("survey-call", SurveyCallHandler(prompts, bus))

    def take(self, loaded: Loaded) -> None:
        """Go by changed files from the next call on."""
        self._inbound.routing = self._routing(loaded)

    def _routing(self, loaded: Loaded) -> Routing:
        city = self._settings.city
        return Routing(
            loaded.plan,
            DialledNumbers(loaded.plan, city),
            loaded.menus,
            city.zone,
            language_queues=self._language_queues,
            calendar=loaded.calendar,
        )
