"""The figures of the moment and of today, by queue, line and agent: a fold of events."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, tzinfo

from agent_gateway.journal import agent_of
from agent_gateway.store import Call
from agent_gateway.supervision.views import AgentFigures, Figures, LineFigures, QueueFigures
from config.queues import QueuePlan
from telephony.events import (
    AgentState,
    AgentStateChanged,
    CallAnswered,
    CallEnded,
    CallLeftQueue,
    CallQueued,
    Event,
    LineIdentified,
    QueueLeaveReason,
)

MAX_LIVE = 5_000


@dataclass(slots=True)
class _Live:
    """A call that has not ended. ``waiting_in``: its queue now; ``since``: of its first waiting."""

    line: str = ""
    waiting_in: str = ""
    since: datetime | None = None
    answered: bool = False


@dataclass(slots=True)
class _Day:
    """Calls of the day, each counted once: their ids by queue, line or agent."""

    calls: dict[str, set[str]] = field(default_factory=dict)
    answered: dict[str, set[str]] = field(default_factory=dict)
    in_time: dict[str, set[str]] = field(default_factory=dict)
    abandoned: dict[str, set[str]] = field(default_factory=dict)
    overflowed: dict[str, set[str]] = field(default_factory=dict)


class FigureBoard:
    """Keeps the figures.

    Args:
        queues: all queues.
        in_time_s: a call answered after at most so many seconds of waiting was answered in time.
        zone: whose midnight begins a day.
    """

    def __init__(self, queues: QueuePlan, *, in_time_s: int, zone: tzinfo) -> None:
        self._queues = queues
        self._in_time = timedelta(seconds=in_time_s)
        self._zone = zone
        self._live: dict[str, _Live] = {}
        self._agents: dict[str, AgentStateChanged] = {}
        self._levels: dict[str, Mapping[str, int]] = {}
        self._day: date | None = None
        self._today: dict[str, _Day] = {}

    def seats(self, levels: Mapping[str, Mapping[str, int]]) -> None:
        """Which agents there are (extension), and in which queues they sit."""
        self._levels = dict(levels)

    def remember(self, calls: Iterable[Call], now: datetime) -> None:
        """Count the calls of the day that ended before this service began."""
        self._turn_page(now)
        for call in calls:
            if not call.queue or call.queued_at is None:
                continue
            for step in call.path:
                if step["step"] in ("queued", "left_queue"):
                    self._visit(call.id, step["queue"], call.line, step.get("reason", ""))
            if call.answered_at is not None:
                in_time = timedelta(seconds=call.queue_seconds) <= self._in_time
                self._answered(call.id, call.queue, call.line, call.agent, in_time=in_time)

    def apply(self, event: Event) -> bool:
        """Fold one event; whether a figure may have changed."""
        self._turn_page(event.at)
        match event:
            case AgentStateChanged():
                self._agents[event.agent] = event
            case LineIdentified():
                self._call(event.call_id).line = event.line
            case CallQueued():
                call = self._call(event.call_id)
                call.waiting_in = event.queue
                call.since = call.since or event.at
                self._visit(event.call_id, event.queue, call.line, "")
            case CallLeftQueue():
                call = self._call(event.call_id)
                call.waiting_in = ""
                self._visit(event.call_id, event.queue, call.line, event.reason.value)
                if event.reason is QueueLeaveReason.ANSWERED and not call.answered:
                    call.answered = True
                    waited = event.at - (call.since or event.at)
                    in_time = waited <= self._in_time
                    self._answered(event.call_id, event.queue, call.line, "", in_time=in_time)
            case CallAnswered():
                _note(self._of_day("agent").answered, agent_of(event.endpoint), event.call_id)
            case CallEnded():
                return self._live.pop(event.call_id, None) is not None
            case _:
                return False
        return True

    def figures(self, now: datetime) -> Figures:
        """All of them."""
        self._turn_page(now)
        return Figures(
            queues=[self._queue(queue.name, queue.title) for queue in self._queues.queues],
            lines=[self._line(name) for name in sorted(self._lines())],
            agents=[self._agent(name) for name in sorted({*self._levels, *self._agents})],
        )

    def _queue(self, name: str, title: str) -> QueueFigures:
        waiting = self._waiting(lambda call: call.waiting_in == name)
        states = [self._state(agent) for agent, levels in self._levels.items() if name in levels]
        day = self._of_day("queue")
        return QueueFigures(
            queue=name,
            title=title,
            waiting=len(waiting),
            waiting_since=min(waiting, default=None),
            ready=states.count(AgentState.READY),
            ringing=states.count(AgentState.RINGING),
            talking=states.count(AgentState.TALKING),
            wrap_up=states.count(AgentState.WRAP_UP),
            on_break=states.count(AgentState.BREAK),
            calls=len(day.calls.get(name, ())),
            answered=len(day.answered.get(name, ())),
            answered_in_time=len(day.in_time.get(name, ())),
            abandoned=len(day.abandoned.get(name, ())),
            overflowed=len(day.overflowed.get(name, ())),
        )

    def _line(self, name: str) -> LineFigures:
        waiting = self._waiting(lambda call: bool(call.waiting_in) and call.line == name)
        day = self._of_day("line")
        return LineFigures(
            line=name,
            waiting=len(waiting),
            waiting_since=min(waiting, default=None),
            calls=len(day.calls.get(name, ())),
            answered=len(day.answered.get(name, ())),
            answered_in_time=len(day.in_time.get(name, ())),
            abandoned=len(day.abandoned.get(name, ())),
        )

    def _agent(self, extension: str) -> AgentFigures:
        last = self._agents.get(extension)
        return AgentFigures(
            extension=extension,
            state=self._state(extension),
            reason=last.reason if last else "",
            call_id=last.call_id if last else "",
            since=last.at if last else None,
            queues=dict(self._levels.get(extension, {})),
            answered=len(self._of_day("agent").answered.get(extension, ())),
        )

    def _state(self, extension: str) -> AgentState:
        last = self._agents.get(extension)
        return last.state if last else AgentState.LOGGED_OUT

    # ---- counting ---------------------------------------------------------------------------

    def _visit(self, call_id: str, queue: str, line: str, left_because: str) -> None:
        for day, name in ((self._of_day("queue"), queue), (self._of_day("line"), line)):
            _note(day.calls, name, call_id)
            if left_because == QueueLeaveReason.ABANDONED:
                _note(day.abandoned, name, call_id)
            elif left_because == QueueLeaveReason.TIMEOUT:
                _note(day.overflowed, name, call_id)

    def _answered(self, call_id: str, queue: str, line: str, agent: str, *, in_time: bool) -> None:
        for kind, name in (("queue", queue), ("line", line), ("agent", agent)):
            if name:
                _note(self._of_day(kind).answered, name, call_id)
                if in_time:
                    _note(self._of_day(kind).in_time, name, call_id)

    def _call(self, call_id: str) -> _Live:
        while len(self._live) >= MAX_LIVE:
            # calls whose end was never heard
            del self._live[next(iter(self._live))]
        return self._live.setdefault(call_id, _Live())

    def _waiting(self, which: Callable[[_Live], bool]) -> list[datetime]:
        return [call.since for call in self._live.values() if call.since and which(call)]

    def _lines(self) -> set[str]:
        waiting = {call.line for call in self._live.values() if call.waiting_in}
        return {name for name in (*waiting, *self._of_day("line").calls) if name}

    def _of_day(self, kind: str) -> _Day:
        return self._today.setdefault(kind, _Day())

    def _turn_page(self, now: datetime) -> None:
        today = now.astimezone(self._zone).date()
        if self._day is None or today > self._day:
            self._day, self._today = today, {}


def _note(figure: dict[str, set[str]], name: str, call_id: str) -> None:
    figure.setdefault(name, set()).add(call_id)
