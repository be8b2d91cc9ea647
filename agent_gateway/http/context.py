"""What the web side needs from the rest of the service."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date

from agent_gateway.agents.desk import Desk
from agent_gateway.auth import Auth, ViewAudit
from agent_gateway.callbacks import CallbackDesk
from agent_gateway.callers.known import KnownCallers
from agent_gateway.configuration.reloading import Reloader
from agent_gateway.http.health import Component
from agent_gateway.http.metrics import Metrics
from agent_gateway.journal import Journal
from agent_gateway.live import LiveHub
from agent_gateway.missed.views import MissedCallView
from agent_gateway.pinned.board import PinnedBoard
from agent_gateway.store import MissedCall, Store
from agent_gateway.supervision.teller import FigureTeller
from agent_gateway.survey import SurveyDesk
from agent_gateway.telephones import Telephones
from config.queues import Queue, QueuePlan
from config.settings import Secrets, Settings
from telephony.events import EventBus
from telephony.supervision import SupervisionDesk
from telephony.transfers import Targets, TransferDesk


@dataclass(slots=True, kw_only=True)
class GatewayContext:
    """Everything that request handlers reach. One per service.

    Compose it like this (inside the running event loop)::

        store = Store(settings.database_url)
        await store.migrate()
        drafter = TicketDrafter(store, bus, prefiller, settings.city.zone)
        journal = Journal(
            store, bus, settings.data_dir / "spool" / "journal", persisted=drafter.noticed
        )
        recovery = CdrRecovery(
            store,
            settings.asterisk_dir / "log" / CDR_FILE,
            settings.data_dir / "spool" / "cdr-place.json",
            recovered=drafter.plan,
        )
        context = GatewayContext(
            settings=settings, secrets=secrets, store=store, bus=bus, desk=desk, journal=journal,
            line_names={"12345": "政务服务便民热线", ...}, checks={"ami": ..., "asr": ...},
        )
        async with drafter, journal, recovery:      # before telephony publishes anything
            runner = web.AppRunner(build_app(context), access_log=None)
            ...

    The live hub listens to the bus from ``runner.setup()`` to ``runner.cleanup()``.

    Attributes:
        settings: all settings.
        secrets: the session key is used.
        store: migrated.
        bus: where events come from.
        desk: the agents' desk.
        journal: its state is shown by /healthz and /metrics; None in tools without one.
        transfers: hands calls on; None in tools without calls.
        targets: where to; None in tools without calls.
        supervision: supervisors in agents' calls; None in tools without calls.
        figures: of queues, lines and agents; None in tools without calls.
        callbacks: calls citizens; None in tools without calls.
        callers: who is blocked or put forward; None in tools without calls.
        answer_seconds: within how many seconds a call to that dialled number should be answered on
            that local day.
        surveys: sends callers to the survey; None in tools without calls.
        telephones: which kind each agent has; None in tools without calls.
        reloader: takes changed data files into use; None in tools without calls.
        line_names: line number -> name shown to agents.
        checks: name -> function that tells at once, without waiting, how a part is
            (``ami``, ``asr``, …); the database, disk and journal are checked here.
        queues: all queues; the default is one named ``hotline``.
    """

    settings: Settings
    secrets: Secrets
    store: Store
    bus: EventBus
    desk: Desk
    journal: Journal | None = None
    transfers: TransferDesk | None = None
    targets: Targets | None = None
    supervision: SupervisionDesk | None = None
    figures: FigureTeller | None = None
    callers: KnownCallers | None = None
    answer_seconds: Callable[[str, date], int] = lambda _line, _day: 15
    surveys: SurveyDesk | None = None
    callbacks: CallbackDesk | None = None
    telephones: Telephones | None = None
    reloader: Reloader | None = None
    line_names: dict[str, str] = field(default_factory=dict)
    checks: Mapping[str, Callable[[], Component]] = field(default_factory=dict)
    queues: QueuePlan = field(default_factory=lambda: QueuePlan((Queue("hotline", "hotline"),)))
    auth: Auth = field(init=False)
    views: ViewAudit = field(init=False)
    live: LiveHub = field(init=False)
    pinned: PinnedBoard = field(init=False)
    metrics: Metrics = field(init=False)

    def __post_init__(self) -> None:
        """Make the parts that only the web side has."""
        self.auth = Auth(self.store, self.secrets.session_key, self.settings.web.session_hours)
        self.views = ViewAudit(self.store)
        self.live = LiveHub(self.store, self.bus, self.line_names)
        self.pinned = PinnedBoard(self.store, self.live.pinned_changed)
        self.metrics = Metrics(self.bus, self.live, self.desk, self.journal, self.line_names)

    def missed_call_changed(self, row: MissedCall) -> MissedCallView:
        """Tell pages and figures of a missed call that is new, has changed or was closed."""
        if self.callers is not None:
            self.callers.missed_call_changed(row)
        view = MissedCallView.of(row)
        self.live.missed_call_changed(view)
        if view.seconds_to_callback is not None:
            self.metrics.missed_call_closed(view.result, view.seconds_to_callback)
        return view
