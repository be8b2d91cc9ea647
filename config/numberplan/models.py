"""The number plan: which public numbers there are and what becomes of each, and when.

A city merges its old hotlines into 12345 in different ways; the way is the line's *mode*, and each
mode has its own fields. Which number is in which mode is deployment data. A line's table says what
it is; its *stages* say what it will be from a day on, each with the fields of its own mode.
"""

from __future__ import annotations

from datetime import date, datetime, tzinfo
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from config.calendar import OpeningHours
from config.faults import fault

Digits = Annotated[str, Field(pattern=r"^[0-9]{3,15}$")]
# Names that end up in Asterisk's configuration or in a file name.
Word = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,40}$")]
Language = Literal["zh", "en"]
Languages = Annotated[tuple[Language, ...], Field(min_length=1, max_length=2)]
PUBLIC_TEXT_LIMIT = 1000


class Mode(StrEnum):
    """What became of a public number."""

    MAIN = "main"
    DUAL = "dual"
    MERGED = "merged"
    CANCELLED = "cancelled"
    OFFICE = "office"
    SUB_CENTRE = "sub_centre"


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Text(_Table):
    """The same thing said in Chinese and in English."""

    zh: Annotated[str, Field(min_length=1, max_length=PUBLIC_TEXT_LIMIT)]
    en: Annotated[str, Field(min_length=1, max_length=PUBLIC_TEXT_LIMIT)]

    def get(self, language: Language) -> str:
        """The text in that language."""
        return self.en if language == "en" else self.zh


class Notice(_Table):
    """What is announced for a time instead of the line's usual text (festival days, a move).

    Attributes:
        begins: first day (``from`` in the file), local time.
        to: last day; None: as long as the stage lasts.
        announcement: the text.
    """

    begins: Annotated[date, Field(alias="from")]
    to: date | None = None
    announcement: Text

    def covers(self, day: date) -> bool:
        """Whether it is in force on a local day."""
        return self.begins <= day and (self.to is None or day <= self.to)


# What a key does that is pressed during an announcement: nothing, or a person at once.
OnKey = Literal["nothing", "person"]
# What becomes of a call that the number behind it did not take.
Unanswered = Literal["person", "release"]


class Closed(_Table):
    """What callers get outside a line's hours. Nobody is turned away.

    Attributes:
        greeting: said first, instead of the line's; must tell that the call is recorded.
        then: wait for a person, or leave a message (0 is a person all the same).
        queue: where callers wait; None: where they do in its hours.
        priority: of waiting; None: as in its hours.
        menu: offered after the greeting; None: no menu outside the hours.
    """

    greeting: Text
    then: Literal["queue", "message"] = "queue"
    queue: Word | None = None
    priority: Annotated[int | None, Field(ge=0, le=100)] = None
    menu: Word | None = None


class _Line(_Table):
    """What every line has.

    Attributes:
        number: as published: a short code without an area code, or a landline with it.
        name: what people call the line.
        aliases: further numbers that reach the same line, e.g. the trunk's pilot number.
        begins: of a stage (``from`` in the file): its first day, local time; None for the line
            itself, which is in force until its first stage.
        to: last day, if the file says it: the next stage must then begin the day after.
        stages: what becomes of the number later, in order; without stages or aliases of their own.
        hours: when it is served as usual; None: 24 hours.
        closed: what its callers get at other times.
    """

    number: Digits
    name: Text
    aliases: tuple[Digits, ...] = ()
    begins: Annotated[date | None, Field(alias="from")] = None
    to: date | None = None
    stages: tuple[Line, ...] = ()
    hours: OpeningHours | None = None
    closed: Closed | None = None

    @property
    def history(self) -> tuple[Line, ...]:
        """What the number is, and what it will be: the line itself and its stages."""
        own: Line = self  # type: ignore[assignment]  # only members of the union are made
        return (own, *self.stages)

    def on(self, day: date) -> Line:
        """The stage in force on a day; the line itself before the first."""
        return [one for one in self.history if one.begins is None or one.begins <= day][-1]


class AnsweredLine(_Line):
    """A line in service: 12345 itself (main) or an old number that stays beside it (dual).

    Attributes:
        greeting: said first; must tell that the call is recorded.
        priority: of waiting callers the greater value is answered first (Asterisk's QUEUE_PRIO).
        queue: where the callers wait.
        answer_seconds: a call answered within these seconds of waiting counts as answered in time;
            None: ``queue.service_level_seconds``.
        menu: key of a menu offered after the greeting; None: straight on to a person, as GB/T 33358
            advises.
        language: in which the line greets.
    """

    mode: Literal[Mode.MAIN, Mode.DUAL]
    greeting: Text
    priority: Annotated[int, Field(ge=0, le=100)] = 10
    answer_seconds: Annotated[int, Field(ge=1, le=600)] | None = None
    queue: Word = "hotline"
    menu: Word | None = None
    language: Language = "zh"


class MergedLine(_Line):
    """A retired number (整体并入): announced for a time, then over to its successor or an end.

    Attributes:
        announcement: what callers of the old number hear.
        repeats: how often it is said.
        on_key: what a key does during the announcement.
        notices: other texts for a time.
        languages: in which, in this order.
        since: the day the number was retired, local time; before it calls go straight to the line
            that serves the number. A stage's ``from`` is that day.
        until: the last day of the transition; afterwards the number is treated as vacant.
        then: hang up after the announcement, or forward.
        forward_to: number of the line that serves the caller when ``then`` is forward.
        hangup_cause: Q.850 cause of the ending; 1 is "unallocated number".
    """

    mode: Literal[Mode.MERGED]
    announcement: Text
    repeats: Annotated[int, Field(ge=1, le=5)] = 2
    on_key: OnKey = "nothing"
    notices: tuple[Notice, ...] = ()
    languages: Languages = ("zh", "en")
    since: date | None = None
    until: date | None = None
    then: Literal["hangup", "forward"] = "forward"
    forward_to: Digits | None = None
    hangup_cause: Annotated[int, Field(ge=1, le=127)] = 1

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if (self.then == "forward") != (self.forward_to is not None):
            raise fault(
                'then = "forward" 时必须写 forward_to，其他情况不能写',
                'forward_to is needed with then = "forward", and only then',
            )
        if self.since and self.until and self.until < self.since:
            raise fault("until 不能早于 since", "until must not be before since")
        if self.begins and self.until and self.until < self.begins:
            raise fault("until 不能早于 from", "until must not be before from")
        return self


class CancelledLine(_Line):
    """A number that ended without a transition (直接取消).

    Attributes:
        announcement: said once before the end; None: the treatment of a vacant number.
        languages: in which, in this order.
        on_key: what a key does during the announcement.
        notices: other texts for a time.
        since: the day of its end, local time; before it the main line serves the number.
        hangup_cause: Q.850 cause of the ending; 1 is "unallocated number".
    """

    mode: Literal[Mode.CANCELLED]
    announcement: Text | None = None
    languages: Languages = ("zh", "en")
    on_key: OnKey = "nothing"
    notices: tuple[Notice, ...] = ()
    since: date | None = None
    hangup_cause: Annotated[int, Field(ge=1, le=127)] = 1


class _HandedOn(_Line):
    """A number whose calls are handed on, where somebody is behind it, before they are answered.

    Attributes:
        unanswered: what becomes of a call that is not taken there: busy, no answer, not reachable,
            outside its times, no outbound trunk.
        ring_times: when it is rung, by the calendar; None: always.
    """

    unanswered: Unanswered = "person"
    ring_times: OpeningHours | None = None

    @property
    def hand_on_to(self) -> str | None:
        """The number to ring; None: people of the hotline answer."""
        raise NotImplementedError


class OfficeLine(_HandedOn):
    """A landline that stays an office telephone; the public is steered to the main line.

    Attributes:
        announcement: says where complaints are taken; None: nothing is said.
        languages: in which, in this order.
        on_key: what a key does during the announcement.
        notices: other texts for a time.
        rings: the number under which the office can be dialled through the outbound trunk, which
            must not lead back here; None: a call that comes here is answered by 12345.
    """

    mode: Literal[Mode.OFFICE]
    announcement: Text | None = None
    languages: Languages = ("zh", "en")
    on_key: OnKey = "nothing"
    notices: tuple[Notice, ...] = ()
    rings: Digits | None = None

    @property
    def hand_on_to(self) -> str | None:
        """The office."""
        return self.rings


class SubCentreLine(_HandedOn):
    """A centre of its own (设分中心), to which calls are handed.

    Attributes:
        transfer_to: the number under which it can be dialled through the outbound trunk, which must
            not lead back here; None: a call that comes here is answered by 12345.
    """

    mode: Literal[Mode.SUB_CENTRE]
    transfer_to: Digits | None = None

    @property
    def hand_on_to(self) -> str | None:
        """The centre."""
        return self.transfer_to


Line = Annotated[
    AnsweredLine | MergedLine | CancelledLine | OfficeLine | SubCentreLine,
    Field(discriminator="mode"),
]

for _mode in (AnsweredLine, MergedLine, CancelledLine, OfficeLine, SubCentreLine):
    _mode.model_rebuild()


class NumberPlan(_Table):
    """All public numbers of the city.

    Attributes:
        version: of the file's format.
        carrier_prefixes: digits which the carrier may put in front of a dialled number.
        lines: by number.
    """

    version: Literal[1]
    carrier_prefixes: tuple[Annotated[str, Field(pattern=r"^[0-9]{1,8}$")], ...] = ()
    lines: dict[str, Line]

    @property
    def main(self) -> AnsweredLine:
        """The one line in mode main."""
        for line in self.lines.values():
            if isinstance(line, AnsweredLine) and line.mode is Mode.MAIN:
                return line
        raise LookupError("a number plan without a main line was not validated")

    def on(self, day: date) -> NumberPlan:
        """The plan as it is in force on a day: each line is its stage of that day."""
        lines = {number: line.on(day) for number, line in self.lines.items()}
        return self.model_copy(update={"lines": lines})

    def at(self, moment: datetime, zone: tzinfo) -> NumberPlan:
        """The plan in force at an aware moment; stages begin at midnight in ``zone``."""
        return self.on(moment.astimezone(zone).date())

    @property
    def answered(self) -> tuple[AnsweredLine, ...]:
        """What people may call and be answered on, now or in a stage; the main line first."""
        every = [stage for line in self.lines.values() for stage in line.history]
        lines = [line for line in every if isinstance(line, AnsweredLine)]
        return tuple(sorted(lines, key=lambda line: line.mode is not Mode.MAIN))

    def serving(self, number: str) -> AnsweredLine:
        """The line whose greeting, queue and priority a call to ``number`` gets.

        It is the line itself when it is answered, the successor of a merged number, and the main
        line for everything else: nobody who reaches the hotline is turned away.
        """
        line = self.lines.get(number)
        for _ in self.lines:
            if not isinstance(line, MergedLine) or line.forward_to is None:
                break
            line = self.lines.get(line.forward_to)
        return line if isinstance(line, AnsweredLine) else self.main


def line_names(plan: NumberPlan) -> dict[str, str]:
    """What people call each line, in Chinese, by number."""
    return {number: line.name.zh for number, line in plan.lines.items()}
