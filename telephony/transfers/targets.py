"""Where a call can be handed to, and how a wish from outside becomes such a target."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from config.directory import Directory
from config.settings import OutboundSettings
from telephony.transfers.policy import DialRole, OutboundPolicy


class TargetError(Exception):
    """A target that cannot be dialled; the text says why, Chinese and English by `` / ``."""


class TargetKind(StrEnum):
    """What is behind a target."""

    DEPARTMENT = "department"
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
    """

    kind: TargetKind
    number: str
    context: str
    name: str
    drill: bool = False


class Targets:
    """Everything a call can be handed to."""

    def __init__(
        self, settings: OutboundSettings, directory: Directory, queues: Sequence[str]
    ) -> None:
        self._settings = settings
        self._directory = directory
        self._queues = tuple(queues)
        self.policy = OutboundPolicy(
            frozenset(n for item in directory.departments for n in item.all_numbers),
            settings.agent_numbers,
            settings.supervisor_numbers,
        )

    @property
    def directory(self) -> Directory:
        """The departments."""
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

    def find(self, wish: str, role: DialRole, extensions: Sequence[str]) -> Target:
        """The target that is meant by a department's key, a number, an extension or a queue.

        Args:
            wish: ``department:KEY`` (its first number), ``agent:EXTENSION``, ``queue:NAME`` or
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
            case "department":
                department = self._directory.get(what)
                if department is None:
                    raise TargetError("名录中没有该部门 / there is no such department")
                if not department.all_numbers:
                    raise TargetError("该部门没有登记号码 / the department has no number")
                return self._outside(
                    TargetKind.DEPARTMENT, department.all_numbers[0], role, department.name
                )
            case "number":
                return self._outside(TargetKind.NUMBER, what, role, self._name_of(what))
            case _:
                raise TargetError("没有该转接目标 / there is no such target")

    def emergency(self, line: str, *, drill: bool) -> Target:
        """An emergency line; in a drill the number that stands in for it is dialled.

        Raises:
            TargetError: no such line, no trunk, or no drills.
        """
        self._needs_trunk()
        if line not in self._settings.emergency_lines:
            raise TargetError("没有该紧急热线 / there is no such emergency line")
        if drill and not self._settings.drill_number:
            raise TargetError("没有设置演练号码 / no number for drills is set")
        number = self._settings.drill_number if drill else line
        return Target(TargetKind.EMERGENCY, number, "out-emergency", line, drill)

    def _outside(self, kind: TargetKind, number: str, role: DialRole, name: str) -> Target:
        if not self.policy.allows(role, number):
            raise TargetError("不允许拨打该号码 / this number may not be dialled")
        self._needs_trunk()
        return Target(kind, number, role.context, name or number)

    def _needs_trunk(self) -> None:
        if not self._settings.trunks:
            raise TargetError("没有设置呼出中继 / no trunk for calls to the outside is set")

    def _name_of(self, number: str) -> str:
        departments = self._directory.departments
        return next((item.name for item in departments if number in item.all_numbers), "")
