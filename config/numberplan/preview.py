"""What would a call to a number at a time hear, and where would it end?"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any

from config.numberplan.dialled import DialledNumbers
from config.numberplan.models import NumberPlan
from config.numberplan.treatment import HandOn, Treatment, treatments
from config.prompts import greeting_key
from config.settings.models import CitySettings


@dataclass(frozen=True, slots=True)
class PreviewStep:
    """One thing that happens to the caller.

    Attributes:
        kind: ``announce`` (before the answer), ``key``, ``ring``, ``closed``, ``release``,
            ``answer``, ``greet``, ``menu`` or ``queue``.
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


def preview(plan: NumberPlan, city: CitySettings, dialled: str, at: datetime) -> Preview:
    """Follow a call to ``dialled``, in any spelling of the network's, at an aware moment."""
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
        steps=tuple(_steps(treated, local)),
    )


def _steps(treated: Treatment, local: datetime) -> list[PreviewStep]:
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
        steps.append(_handed_on(treated.hand_on, local))
        if treated.hand_on.release:
            return steps
    line = treated.serving
    key = f"{line.language}/{greeting_key(line.number, line.begins)}"
    text = line.greeting.get(line.language)
    steps.append(PreviewStep("answer", "is answered; the recording begins"))
    steps.append(PreviewStep("greet", f"hears {key}: {text}", prompt=key, text=text))
    if line.menu:
        steps.append(PreviewStep("menu", f"is offered the menu {line.menu}", detail=line.menu))
    waits = f"waits for a person in the queue {line.queue} with priority {line.priority}"
    return [*steps, PreviewStep("queue", waits, detail=line.queue)]


def _handed_on(to: HandOn, local: datetime) -> PreviewStep:
    minute = local.time().replace(second=0, microsecond=0, tzinfo=None)
    there = not to.hours or any(
        local.isoweekday() in hours.days and hours.begins <= minute < hours.to for hours in to.hours
    )
    otherwise = "the call is released" if to.release else "people of the hotline answer, see below"
    if not there:
        return PreviewStep("closed", f"{to.number} is not rung at this hour: {otherwise}")
    sentence = f"{to.number} rings through the outbound trunk; if it does not answer, {otherwise}"
    return PreviewStep("ring", sentence, detail=to.number)
