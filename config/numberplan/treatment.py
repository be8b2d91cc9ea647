"""What becomes of a call to a number on a day: one answer for dialplan, service and preview."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from config.calendar import OpeningHours, WorkCalendar
from config.numberplan.models import (
    AnsweredLine,
    CancelledLine,
    Closed,
    Language,
    Line,
    MergedLine,
    NumberPlan,
    OfficeLine,
    SubCentreLine,
    Text,
)
from config.numberplan.schedule import boundaries, first_day_of
from config.prompts import announcement_key, notice_key

UNALLOCATED = 1  # Q.850 clause 2.2.7.1.1: unallocated (unassigned) number


@dataclass(frozen=True, slots=True)
class Announcement:
    """What is said before the call is answered, so that it costs the caller nothing.

    Attributes:
        key: of the prompt.
        text: what it says.
        languages: each time in all of these, in this order.
        repeats: how many times.
        key_for_person: any key ends it and leads to a person.
    """

    key: str
    text: Text
    languages: tuple[Language, ...]
    repeats: int
    key_for_person: bool = False


@dataclass(frozen=True, slots=True)
class HandOn:
    """Where a call is handed, before anybody here answers it.

    Attributes:
        number: to ring through the outbound trunk.
        hours: when; None: always.
        release: a call that is not taken there is released; False: answered by people.
    """

    number: str
    hours: OpeningHours | None
    release: bool


@dataclass(frozen=True, slots=True)
class Treatment:
    """What a caller of a number gets.

    Attributes:
        line: the stage in force.
        announcement: said as early media; None: nothing is said.
        cause: the call is released with this Q.850 cause; None: it is answered.
        serving: the line whose greeting, queue and priority an answered call gets. A call that
            should be released is answered there, too, when its announcement cannot be played:
            nobody is left with silence.
        hand_on: it is handed on first, if need be after the announcement; None: it is not.
    """

    line: Line
    announcement: Announcement | None
    cause: int | None
    serving: AnsweredLine
    hand_on: HandOn | None = None

    @property
    def open_by(self) -> Line:
        """The line whose hours count: its own, or those of the one that it is forwarded to."""
        return self.line if self.line.hours is not None else self.serving

    def closed_at(self, local: datetime, calendar: WorkCalendar) -> Closed | None:
        """What callers get at a moment of the city's clock; None: the line is served as usual."""
        hours = self.open_by.hours
        if hours is None or hours.open_at(local, calendar):
            return None
        return self.open_by.closed


def treatment(plan: NumberPlan, number: str, day: date) -> Treatment:
    """What a call to the line ``number`` of the plan gets on a local day.

    Raises:
        KeyError: the plan has no such line.
    """
    today = plan.on(day)
    line, serving = today.lines[number], today.serving(number)
    retired_on = first_day_of(line)
    if retired_on and day < retired_on:
        return Treatment(line, None, None, serving)
    match line:
        case MergedLine() if line.until and day > line.until:
            return Treatment(line, None, UNALLOCATED, serving)
        case MergedLine():
            cause = line.hangup_cause if line.then == "hangup" else None
            return Treatment(line, _announcement(line, day, line.repeats), cause, serving)
        case CancelledLine():
            return Treatment(line, _announcement(line, day, 1), line.hangup_cause, serving)
        case OfficeLine():
            said = _announcement(line, day, 1)
            return Treatment(line, said, None, serving, _hand_on(line))
        case SubCentreLine():
            return Treatment(line, None, None, serving, _hand_on(line))
        case _:
            return Treatment(line, None, None, serving)


def treatments(plan: NumberPlan, number: str) -> tuple[tuple[date | None, Treatment], ...]:
    """All that a number's callers get in the course of time: (first day, treatment), in order.

    The first has no first day: it is in force until the second begins. Neighbours differ.
    """
    found: list[tuple[date | None, Treatment]] = [(None, treatment(plan, number, date.min))]
    for day in boundaries(plan):
        then = treatment(plan, number, day)
        if then != found[-1][1]:
            found.append((day, then))
    return tuple(found)


def _announcement(
    line: MergedLine | CancelledLine | OfficeLine, day: date, repeats: int
) -> Announcement | None:
    text, key = line.announcement, announcement_key(line.number, line.begins)
    for notice in line.notices:
        if notice.covers(day):
            text, key = notice.announcement, notice_key(line.number, notice.begins)
    if text is None:
        return None
    return Announcement(key, text, line.languages, repeats, line.on_key == "person")


def _hand_on(line: OfficeLine | SubCentreLine) -> HandOn | None:
    if line.hand_on_to is None:
        return None
    return HandOn(line.hand_on_to, line.ring_times, line.unanswered == "release")
