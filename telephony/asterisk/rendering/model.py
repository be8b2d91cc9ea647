"""What the templates may use; every string is checked before it can reach a file of Asterisk's."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from config.settings import Secrets, Settings
from telephony.outbound.numbers import PATTERNS

_WORD = re.compile(r"[A-Za-z0-9._-]+")
_PROMPT = re.compile(r"(?:zh|en)/[A-Za-z0-9_-]+")
_DIALLED = re.compile(r"[+0-9]+")


def _require(pattern: re.Pattern[str], value: str, what: str) -> None:
    if not pattern.fullmatch(value):
        raise ValueError(f"{what} {value!r} has characters that an Asterisk file must not contain")


@dataclass(frozen=True, slots=True)
class AgentEndpoint:
    """One agent's telephone: SIP user ``agent-<extension>`` with its password.

    ``browser``: calls are offered as WebRTC wants it, which desk telephones do not understand.
    """

    extension: str
    password: str = field(repr=False)
    browser: bool = False

    def __post_init__(self) -> None:
        _require(re.compile(r"[0-9]{2,8}"), self.extension, "extension")
        _require(re.compile(r"[A-Za-z0-9_-]{8,}"), self.password, "SIP password of an agent")

    @property
    def name(self) -> str:
        """Name of the PJSIP endpoint, and its SIP user name."""
        return f"agent-{self.extension}"


@dataclass(frozen=True, slots=True)
class DialplanHours:
    """When somebody is there, so that the dialplan can tell by its own clock.

    Attributes:
        week: begin and end, in seconds of the week from Monday 0:00 local time, on days that are
            what their weekday says.
        kinds: kind of a day that the calendar has changed -> begin and end in seconds of the day.
        utc_offset_s: of local time.
    """

    week: tuple[tuple[int, int], ...]
    kinds: Mapping[str, tuple[tuple[int, int], ...]]
    utc_offset_s: int

    @property
    def condition(self) -> str:
        """An expression of HL_WEEK, HL_SECOND and HL_KIND ("": an ordinary day)."""
        spans = {"": ("HL_WEEK", self.week)} | {
            kind: ("HL_SECOND", times) for kind, times in self.kinds.items()
        }
        open_ = [
            f'("${{HL_KIND}}" = "{kind}" & ${{{name}}} >= {begin} & ${{{name}}} < {end})'
            for kind, (name, times) in spans.items()
            for begin, end in times
        ]
        return " | ".join(open_) or "0"


@dataclass(frozen=True, slots=True)
class DialplanStage:
    """What a line's callers get from a moment on; the dialplan reads the clock itself.

    Attributes:
        queue: where the callers wait.
        priority: ``QUEUE_PRIO``; greater is served first.
        language: ``zh`` or ``en``.
        greeting: key of the prompt that is played when the service does not greet.
        begins: Unix time (s); 0: always.
        announcement: prompts played before the answer, ``<language>/<key>`` each, in this order.
        cause: the call is released with this Q.850 cause afterwards; None: it is answered.
        key_for_person: any key during the announcement leads to the answer at once.
        rings: this number is rung before the call is answered here; "": none.
        hours: when; None: always.
        release: a call that is not taken at ``rings`` is released; False: answered.
    """

    queue: str
    priority: int
    language: str
    greeting: str
    begins: int = 0
    announcement: tuple[str, ...] = ()
    cause: int | None = None
    key_for_person: bool = False
    rings: str = ""
    hours: DialplanHours | None = None
    release: bool = False

    def __post_init__(self) -> None:
        _require(_WORD, self.queue, "queue")
        _require(_WORD, self.language, "language")
        _require(_WORD, self.greeting, "prompt")
        for prompt in self.announcement:
            _require(_PROMPT, prompt, "prompt")
        if self.rings:
            _require(_DIALLED, self.rings, "number to ring")


@dataclass(frozen=True, slots=True)
class DialplanLine:
    """What the dialplan itself knows of a line, so that it depends on nobody's answer.

    Attributes:
        number: the line's number (``12328``).
        variants: every dialled form that means this line, the number itself included.
        stages: in the order in which they begin; the first is always in force.
    """

    number: str
    variants: tuple[str, ...]
    stages: tuple[DialplanStage, ...]

    def __post_init__(self) -> None:
        _require(_DIALLED, self.number, "line")
        for variant in self.variants:
            _require(_DIALLED, variant, "dialled number")
        times = [stage.begins for stage in self.stages]
        if not times or times[0] or times != sorted(set(times)):
            raise ValueError(f"line {self.number}: stages begin at {times}, not in order from 0")


@dataclass(frozen=True, slots=True)
class DialplanQueue:
    """A queue of which more than the name is known.

    Attributes:
        name: the queue.
        overflow_s: seconds after which a caller whom nobody answered goes on; 0: never.
        overflow_to: to this queue.
        overflow_priority: with this ``QUEUE_PRIO``; None: as before.
    """

    name: str
    overflow_s: int = 0
    overflow_to: str = ""
    overflow_priority: int | None = None

    def __post_init__(self) -> None:
        _require(_WORD, self.name, "queue")
        if self.overflow_s:
            _require(_WORD, self.overflow_to, "queue")


@dataclass(frozen=True, slots=True)
class RenderInput:
    """Everything that the configuration is made from.

    Attributes:
        lines: one per line of the plan; the first is the main line, which takes unknown numbers.
        changed_days: days that are not what their weekday says: (days since 1970-01-01, kind).
        more_queues: those that no line names, and how callers go on from one to another.
        directory_numbers: every number of the directory; what may be dialled besides is a setting.
        cdr_columns: names of ``CDR()`` fields, in the order of the CSV file's columns.
    """

    settings: Settings
    secrets: Secrets
    lines: tuple[DialplanLine, ...]
    agents: tuple[AgentEndpoint, ...]
    cdr_columns: tuple[str, ...]
    modules_dir: Path
    asterisk_data_dir: Path
    asterisk_version: tuple[int, ...]
    directory_numbers: tuple[str, ...] = ()
    more_queues: tuple[DialplanQueue, ...] = ()
    changed_days: tuple[tuple[int, str], ...] = ()

    def __post_init__(self) -> None:
        if not self.lines:
            raise ValueError("the number plan has no line in service")
        for _, kind in self.changed_days:
            _require(_WORD, kind, "kind of day")
        for number in self.directory_numbers:
            _require(_DIALLED, number, "number of the directory")
        phone = self.settings.softphone
        files = [path for path in (phone.certificate, phone.key) if path is not None]
        for path in (self.settings.data_dir, self.modules_dir, self.asterisk_data_dir, *files):
            # ';' starts a comment, ',' and parentheses end an application's argument
            if re.search(r"[;,()\r\n\"${}|&]", str(path)):
                raise ValueError(f"the name {path} has characters that Asterisk cannot take")

    @property
    def citizen_patterns(self) -> tuple[str, ...]:
        """What a citizen's number looks like."""
        return PATTERNS

    @property
    def queues(self) -> tuple[str, ...]:
        """Names of the queues, in the order of their first use; the first is the default."""
        of_lines = [stage.queue for line in self.lines for stage in line.stages]
        return tuple(dict.fromkeys(of_lines + [queue.name for queue in self.more_queues]))

    @property
    def overflows(self) -> tuple[DialplanQueue, ...]:
        """The queues that do not keep their callers."""
        return tuple(queue for queue in self.more_queues if queue.overflow_s)
