"""Figures for Prometheus, in a registry of our own."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter as CountOf
from collections.abc import AsyncIterator, Iterable, Mapping
from datetime import UTC, datetime, timedelta

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from agent_gateway.agents.desk import Desk
from agent_gateway.http.loop_figures import LoopFigures
from agent_gateway.journal import Journal
from agent_gateway.live import LiveHub
from agent_gateway.store import SecondBacklog
from telephony.calls import is_outward
from telephony.events import (
    AgentState,
    CallAnswered,
    CallArrived,
    CallEnded,
    Event,
    EventBus,
    ExtractionEnded,
    LineIdentified,
    LinkState,
    LinkStateChanged,
    RecordingSealed,
    TicketDrafted,
    TranscriptFinal,
)

_OTHER_LINE = "other"


class Metrics:
    """Counts what the bus tells; asks the others when it is scraped."""

    def __init__(
        self,
        bus: EventBus,
        live: LiveHub,
        desk: Desk,
        journal: Journal | None,
        lines: Mapping[str, str],
    ) -> None:
        self._bus = bus
        self._lines = lines
        self.registry = CollectorRegistry()
        self.registry.register(_Now(live, desk, journal))
        self._loop_figures = LoopFigures()
        self.registry.register(self._loop_figures)
        make = self.registry
        self._arrived = Counter("hotline_calls_arrived", "Inbound calls", registry=make)
        self._outward = Counter("hotline_calls_outward", "Calls placed to citizens", registry=make)
        self._by_line = Counter(
            "hotline_calls_by_line", "Inbound calls by dialled line", ["line"], registry=make
        )
        self._answered = Counter(
            "hotline_calls_answered", "Times a person answered a call", registry=make
        )
        self._ended = Counter(
            "hotline_calls_ended", "Ended calls by who hung up", ["by"], registry=make
        )
        self._finals = Counter(
            "hotline_transcript_turns", "Final turns recognised", ["speaker"], registry=make
        )
        self._tickets = Counter("hotline_tickets_drafted", "Draft tickets filled", registry=make)
        self._extractions = Histogram(
            "hotline_extractor_seconds",
            "Questions to the language model, by result",
            ["result"],
            buckets=(0.5, 1, 2, 4, 8, 16, 32, 64),
            registry=make,
        )
        self._sealed = Counter("hotline_recordings_sealed", "Recordings sealed", registry=make)
        self._missed = Counter(
            "hotline_missed_calls_closed", "Missed calls dealt with", ["result"], registry=make
        )
        self._until_reached = Histogram(
            "hotline_missed_call_seconds",
            "Time from the first missed call to the call back",
            buckets=(60, 300, 900, 1800, 3600, 7200, 14400, 28800, 86400),
            registry=make,
        )
        self.missed_open = Gauge(
            "hotline_missed_calls_open", "Numbers that wait to be called back", registry=make
        )
        self._second_waiting = Gauge(
            "hotline_second_pass_waiting", "Calls that wait to be heard again", registry=make
        )
        self._second_age = Gauge(
            "hotline_second_pass_oldest_seconds",
            "How long the oldest of them has waited",
            registry=make,
        )
        self._second_ended = Counter(
            "hotline_second_pass_calls", "Calls heard again, by result", ["result"], registry=make
        )
        self._link = Gauge("hotline_ami_up", "1 while the service hears Asterisk", registry=make)
        self.requests = Counter(
            "hotline_http_requests", "HTTP requests", ["route", "status"], registry=make
        )
        self.seconds = Histogram(
            "hotline_http_seconds", "Time to answer HTTP requests", ["route"], registry=make
        )

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Listen to the bus within the block."""
        self._loop_figures.loop = asyncio.get_running_loop()
        with self._bus.subscribe("metrics") as events:

            async def listen() -> None:
                async for event in events:
                    self.count(event)

            task = asyncio.create_task(listen(), name="metrics")
            try:
                yield
            finally:
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task

    def missed_call_closed(self, result: str, seconds: float) -> None:
        """Count a missed call that was dealt with, that long after it was missed."""
        self._missed.labels(result).inc()
        self._until_reached.observe(seconds)

    def second_pass(self, backlog: SecondBacklog, result: str) -> None:
        """What is still to be heard again, and how the last call went ("": none went)."""
        waited = datetime.now(UTC) - backlog.since if backlog.since else timedelta()
        self._second_waiting.set(backlog.waiting)
        self._second_age.set(waited.total_seconds())
        if result:
            self._second_ended.labels(result).inc()

    def count(self, event: Event) -> None:
        """Count one event."""
        match event:
            case CallArrived(call_id=call_id) if is_outward(call_id):
                self._outward.inc()
            case LineIdentified() | CallAnswered() | CallEnded() if is_outward(event.call_id):
                pass
            case CallArrived():
                self._arrived.inc()
            case LineIdentified(line=line):
                self._by_line.labels(line if line in self._lines else _OTHER_LINE).inc()
            case CallAnswered():
                self._answered.inc()
            case CallEnded(hung_up_by=by):
                self._ended.labels(by.value).inc()
            case TranscriptFinal(speaker=speaker):
                self._finals.labels(speaker.value).inc()
            case TicketDrafted():
                self._tickets.inc()
            case ExtractionEnded(result=result, seconds=seconds):
                self._extractions.labels(result).observe(seconds)
            case RecordingSealed():
                self._sealed.inc()
            case LinkStateChanged(state=state):
                self._link.set(state is LinkState.UP)


class _Now(Collector):
    """What is so at the moment of the scrape."""

    def __init__(self, live: LiveHub, desk: Desk, journal: Journal | None) -> None:
        self._live = live
        self._desk = desk
        self._journal = journal

    def collect(self) -> Iterable[Metric]:
        yield GaugeMetricFamily("hotline_calls_live", "Calls now", self._live.board.live)
        yield GaugeMetricFamily(
            "hotline_websockets", "Connected pages", len(self._live.connections)
        )
        agents = GaugeMetricFamily("hotline_agents", "Agents by state", labels=["state"])
        states = CountOf(one.state for one in self._desk.snapshots())
        for state in AgentState:
            agents.add_metric([state.value], states[state])
        yield agents
        if self._journal is None:
            return
        status = self._journal.status
        yield GaugeMetricFamily("hotline_journal_pending", "Events in memory", status.pending)
        yield GaugeMetricFamily(
            "hotline_journal_spooling", "1 while events wait on the disk", status.spooling
        )
        yield GaugeMetricFamily("hotline_journal_lost", "Events given up", status.lost)
