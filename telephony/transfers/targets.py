"""Where a call can be handed to, and how a wish from outside becomes such a target."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Self

from config.calendar import WorkCalendar
from config.directory import (
    Attempt,
    Department,
    Directory,
    EntryKind,
    route_of,
)
from config.settings import OutboundSettings
from telephony.transfers.policy import DialRole, OutboundPolicy

OUTSIDE_HOURS = "outside_hours"


class TargetError(Exception):
    """A target that cannot be dialled; the text says why, Chinese and English by `` / ``."""


class TargetKind(StrEnum):
    """What is behind a target."""

    DEPARTMENT = "department"
    CONTACT = "contact"
    NUMBER = "number"
    AGENT = "agent"
    QUEUE = "queue"
    EMERGENCY = "emergency"


@dataclass(frozen=True, slots=True)
class Target:
    """A checked target: ``number`` in the dialplan context ``context``.

    Attributes:
        kind: what is behind it.
        number: digits, or a queue's name.
        context: of the dialplan; "" for a queue.
        name: for people.
        drill: an exercise of an emergency transfer.
        others: tried one after the other when ``number`` is not reached.
        notice: what the agent must know of it: ``outside_hours`` or "".
        location: where the emergency is, in the agent's words; "" when unknown.
    """

    kind: TargetKind
    number: str
    context: str
    name: str
    drill: bool = False
    others: tuple[Attempt, ...] = ()
    notice: str = ""
    location: str = ""

    @classmethod
    def line(cls, number: str, *, drill_number: str = "", location: str = "") -> Self:
        """An emergency line, or the number that stands in for it in a drill."""
        return cls(
            TargetKind.EMERGENCY,
            drill_number or number,
            "out-emergency",
            number,
            drill=bool(drill_number),
            location=location,
        )

    def following(self) -> Target | None:
        """The next to try; None after the last."""
        if not self.others:
            return None
        first, *rest = self.others
        return replace(self, number=first.number, name=first.name, others=tuple(rest), notice="")


class Targets:
    """Everything a call can be handed to.

    Args:
        settings: trunks, emergency lines, and who may dial what.
        directory: departments and contacts.
        queues: to which a call can be given back.
        now: the city's time.
        calendar: which days are working days there.
    """

    def __init__(
        self,
        settings: OutboundSettings,
        directory: Directory,
        queues: Sequence[str],
        *,
        now: Callable[[], datetime] = datetime.now,
        calendar: WorkCalendar | None = None,
    ) -> None:
        self._queues = tuple(queues)
        self._now = now
        self.use(settings, directory, calendar or WorkCalendar())

    def use(self, settings: OutboundSettings, directory: Directory, calendar: WorkCalendar) -> None:
        """Take another directory and other rules, from the next transfer on."""
        self._settings = settings
        self._directory = directory
        self._calendar = calendar
        self.policy = OutboundPolicy(
            frozenset(directory.numbers), settings.agent_numbers, settings.supervisor_numbers
        )

    @property
    def directory(self) -> Directory:
        """Departments and contacts."""
        return self._directory

    @property
    def queues(self) -> tuple[str, ...]:
        """Queues to which a call can be given back."""
        return self._queues

    @property
    def emergency_lines(self) -> tuple[str, ...]:
        """Numbers of the emergency lines; empty without a trunk."""
        return self._settings.emergency_lines if self._settings.trunks else ()

    @property
    def drills(self) -> bool:
        """Whether emergency transfers can be exercised."""
        return bool(self._settings.drill_number and self._settings.trunks)

    def attempts(self, entry: Department) -> tuple[Attempt, ...]:
        """Who would be rung for an entry now; empty: nobody."""
        return route_of(self._directory, entry, self._now(), self._calendar).attempts

    def is_open(self, entry: Department) -> bool:
        """Whether an entry's numbers are answered now."""
        return entry.is_open(self._now(), self._calendar)

    def find(self, wish: str, role: DialRole, extensions: Sequence[str]) -> Target:
        """The target that is meant by a directory entry, a number, an extension or a queue.

        Args:
            wish: ``department:KEY`` or ``contact:KEY``, ``agent:EXTENSION``, ``queue:NAME`` or
                ``number:DIGITS``.
            role: who dials.
            extensions: the agents there are.

        Raises:
            TargetError: there is no such target, or the role may not dial it.
        """
        kind, _, what = wish.partition(":")
        match kind:
            case "queue" if what in self._queues:
                return Target(TargetKind.QUEUE, what, "", what)
            case "agent" if what in extensions:
                return Target(TargetKind.AGENT, what, "out-seat", what)
            case "department" | "contact":
                return self._entry(TargetKind(kind), what, role)
            case "number":
                number = Attempt(what, self._directory.name_of(what))
                return self._outside(TargetKind.NUMBER, (number,), role)
            case _:
                raise TargetError("没有该转接目标 / there is no such target")

    def check(self, wish: str, role: DialRole, extensions: Sequence[str]) -> None:
        """Whether ``find`` will succeed once the target is open.

        Raises:
            TargetError: it will not.
        """
        kind, _, key = wish.partition(":")
        entry = self._directory.get(key) if kind in ("department", "contact") else None
        if entry is None or self.attempts(entry) or not entry.all_numbers:
            self.find(wish, role, extensions)

    def emergency(self, line: str, *, drill: bool, location: str = "") -> Target:
        """An emergency line; in a drill the number that stands in for it is dialled.

        Raises:
            TargetError: no such line, no trunk, or no drills.
        """
        self._needs_trunk()
        if line not in self._settings.emergency_lines:
            raise TargetError("没有该紧急热线 / there is no such emergency line")
        if drill and not self._settings.drill_number:
            raise TargetError("没有设置演练号码 / no number for drills is set")
        number = self._settings.drill_number if drill else ""
        return Target.line(line, drill_number=number, location=location)

    def _entry(self, kind: TargetKind, key: str, role: DialRole) -> Target:
        entry = self._directory.get(key)
        department = entry is not None and entry.kind is EntryKind.DEPARTMENT
        if entry is None or department is not (kind is TargetKind.DEPARTMENT):
            raise TargetError("名录中没有该目标 / there is no such entry")
        route = route_of(self._directory, entry, self._now(), self._calendar)
        if not route.attempts and not route.open:
            raise TargetError(
                "不在该目标的工作时间，且没有备用号码 / it is closed now and has no fallback"
            )
        if not route.attempts:
            raise TargetError("该目标没有登记号码 / the entry has no number")
        target = self._outside(kind, route.attempts, role)
        return target if route.open else replace(target, notice=OUTSIDE_HOURS)

    def _outside(self, kind: TargetKind, attempts: Sequence[Attempt], role: DialRole) -> Target:
        if not all(self.policy.allows(role, one.number) for one in attempts):
            raise TargetError("不允许拨打该号码 / this number may not be dialled")
        self._needs_trunk()
        first, *others = attempts
        name = first.name or first.number
        return Target(kind, first.number, role.context, name, others=tuple(others))

    def _needs_trunk(self) -> None:
        if not self._settings.trunks:
            raise TargetError("没有设置呼出中继 / no trunk for calls to the outside is set")
