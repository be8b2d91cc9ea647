"""What would a call to a number at a time hear, and where would it end?"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any

from config.calendar import DayKind, OpeningHours, WorkCalendar
from config.numberplan.dialled import DialledNumbers
from config.numberplan.models import NumberPlan
from config.numberplan.treatment import HandOn, Treatment, treatments
from config.prompts import closed_key, greeting_key
from config.settings.models import CitySettings


@dataclass(frozen=True, slots=True)
class PreviewStep:
    """One thing that happens to the caller.

    Attributes:
        kind: ``announce`` (before the answer), ``key``, ``ring``, ``not_rung``, ``release``,
            ``answer``, ``hours``, ``greet``, ``menu``, ``message`` or ``queue``.
        sentence: the same for people.
        prompt: ``<language>/<key>`` of what is heard; "" when nothing is.
        text: what is said.
        detail: the Q.850 cause, the queue or the menu.
    """

    kind: str
    sentence: str
    prompt: str = ""
    text: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Preview:
    """The answer.

    Attributes:
        dialled: as it was given.
        at: local time.
        known: whether the number is in the plan; if not, it is the main line's.
        line: the line that stays on the call.
        name: its Chinese name.
        mode: in force.
        since: first day of what is described; None: always.
        until: its last day; None: for ever.
        steps: in order.
    """

    dialled: str
    at: datetime
    known: bool
    line: str
    name: str
    mode: str
    since: date | None
    until: date | None
    steps: tuple[PreviewStep, ...]

    def as_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        days = {
            "at": self.at.isoformat(),
            "since": self.since.isoformat() if self.since else None,
            "until": self.until.isoformat() if self.until else None,
        }
        return asdict(self) | days | {"steps": [asdict(step) for step in self.steps]}


def preview(
    plan: NumberPlan,
    city: CitySettings,
    dialled: str,
    at: datetime,
    calendar: WorkCalendar | None = None,
) -> Preview:
    """Follow a call to ``dialled``, in any spelling of the network's, at an aware moment."""
    calendar = calendar or WorkCalendar()
    local = at.astimezone(city.zone)
    found = DialledNumbers(plan, city).identify(dialled)
    stages = treatments(plan, found.line.number)
    begun = [stage for stage in stages if stage[0] is None or stage[0] <= local.date()]
    since, treated = begun[-1]
    after = stages[len(begun)][0] if len(begun) < len(stages) else None
    return Preview(
        dialled=dialled,
        at=local,
        known=found.known,
        line=found.line.number,
        name=treated.line.name.zh,
        mode=treated.line.mode.value,
        since=since,
        until=after - timedelta(days=1) if after else None,
        steps=tuple(_steps(treated, local, calendar)),
    )


def _steps(treated: Treatment, local: datetime, calendar: WorkCalendar) -> list[PreviewStep]:
    steps: list[PreviewStep] = []
    announcement = treated.announcement
    if announcement:
        said = [
            PreviewStep(
                "announce",
                f"hears {language}/{announcement.key} before the call is answered: "
                f"{announcement.text.get(language)}",
                prompt=f"{language}/{announcement.key}",
                text=announcement.text.get(language),
            )
            for language in announcement.languages
        ]
        steps += said * announcement.repeats
        if announcement.key_for_person:
            steps.append(PreviewStep("key", "with any key meanwhile: answered at once, see below"))
    if treated.cause is not None:
        sentence = f"is released, not answered (Q.850 cause {treated.cause})"
        return [*steps, PreviewStep("release", sentence, detail=str(treated.cause))]
    if treated.hand_on:
        if treated.hand_on.hours is not None:
            steps.append(_day(treated.hand_on.hours, local, calendar))
        steps.append(_handed_on(treated.hand_on, local, calendar))
        if treated.hand_on.release:
            return steps
    steps.append(PreviewStep("answer", "is answered; the recording begins"))
    return steps + _answered(treated, local, calendar)


def _answered(treated: Treatment, local: datetime, calendar: WorkCalendar) -> list[PreviewStep]:
    line, owner = treated.serving, treated.open_by
    greeting = greeting_key(line.number, line.begins)
    text, menu = line.greeting.get(line.language), line.menu
    queue, priority, message = line.queue, line.priority, False
    steps: list[PreviewStep] = []
    if owner.hours is not None:
        steps.append(_day(owner.hours, local, calendar))
    if (closed := treated.closed_at(local, calendar)) is not None:
        greeting = closed_key(owner.number, owner.begins)
        text, menu = closed.greeting.get(line.language), closed.menu
        queue, message = closed.queue or queue, closed.then == "message"
        priority = priority if closed.priority is None else closed.priority
    key = f"{line.language}/{greeting}"
    steps.append(PreviewStep("greet", f"hears {key}: {text}", prompt=key, text=text))
    if menu:
        steps.append(PreviewStep("menu", f"is offered the menu {menu}", detail=menu))
    if message:
        steps.append(PreviewStep("message", "is asked for a message; 0 leads to a person"))
        return steps
    waits = f"waits for a person in the queue {queue} with priority {priority}"
    return [*steps, PreviewStep("queue", waits, detail=queue)]


_KINDS = {
    DayKind.WORKING: "a working day",
    DayKind.WEEKEND: "a weekend",
    DayKind.HOLIDAY: "a holiday",
}


def _day(hours: OpeningHours, local: datetime, calendar: WorkCalendar) -> PreviewStep:
    day = calendar.day(local.date())
    name = f" ({day.name})" if day.name else ""
    unsure = "" if day.sure else ", by its weekday: the holidays of this year are not known yet"
    spans = ", ".join(hours.spans(local, calendar)) or "closed all day"
    state = "open" if hours.open_at(local, calendar) else "closed"
    sentence = f"calls on {_KINDS[day.kind]}{name}{unsure}; hours {spans}: {state}"
    return PreviewStep("hours", sentence, detail=state)


def _handed_on(to: HandOn, local: datetime, calendar: WorkCalendar) -> PreviewStep:
    there = to.hours is None or to.hours.open_at(local, calendar)
    otherwise = "the call is released" if to.release else "people of the hotline answer, see below"
    if not there:
        return PreviewStep("not_rung", f"{to.number} is not rung at this hour: {otherwise}")
    sentence = f"{to.number} rings through the outbound trunk; if it does not answer, {otherwise}"
    return PreviewStep("ring", sentence, detail=to.number)
