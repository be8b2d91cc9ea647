"""Which role may dial which number. What is not allowed here is never asked of Asterisk.

The dialplan has the same rules as contexts (``out-agent``, ``out-supervisor``), rendered from the
same settings, so that a number cannot be reached by going round this check.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum


class DialRole(StrEnum):
    """Who dials; the value is the end of the dialplan context's name."""

    AGENT = "agent"
    SUPERVISOR = "supervisor"

    @property
    def context(self) -> str:
        """The dialplan context that has what the role may dial."""
        return f"out-{self.value}"


@dataclass(frozen=True, slots=True)
class OutboundPolicy:
    """The numbers and patterns that may be dialled.

    Attributes:
        directory: numbers of the directory, open to every role.
        agent: patterns open to every role: digits, ``X`` any digit, a final ``.`` any further ones.
        supervisor: patterns open to supervisors and administrators only.
    """

    directory: frozenset[str] = frozenset()
    agent: tuple[str, ...] = ()
    supervisor: tuple[str, ...] = ()
    _agent: tuple[re.Pattern[str], ...] = field(init=False, repr=False)
    _supervisor: tuple[re.Pattern[str], ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Compile the patterns."""
        object.__setattr__(self, "_agent", tuple(_compiled(self.agent)))
        object.__setattr__(self, "_supervisor", tuple(_compiled(self.supervisor)))

    def allows(self, role: DialRole, number: str) -> bool:
        """Whether somebody in that role may dial the number (ASCII digits only, 2 to 24)."""
        if not re.fullmatch(r"[0-9]{2,24}", number):
            return False
        if number in self.directory:
            return True
        patterns = self._agent
        if role is DialRole.SUPERVISOR:
            patterns += self._supervisor
        return any(pattern.fullmatch(number) for pattern in patterns)


def _compiled(patterns: Iterable[str]) -> Iterable[re.Pattern[str]]:
    for pattern in patterns:
        # Asterisk's dot means one or more further characters
        further = "[0-9]+" if pattern.endswith(".") else ""
        yield re.compile(pattern.removesuffix(".").replace("X", "[0-9]") + further)
