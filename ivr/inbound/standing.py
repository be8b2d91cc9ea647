"""Who the caller is decides how they are served: turned away, put forward, or as everybody."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from ivr.fastagi import AgiSession


@dataclass(frozen=True, slots=True)
class Standing:
    """How a caller is served.

    Attributes:
        blocked: told before the answer that the number is restricted, and released.
        bonus: added to the line's priority.
        reasons: for the bonus: ``vip``, ``repeat``, ``ticket``.
    """

    blocked: bool = False
    bonus: int = 0
    reasons: tuple[str, ...] = ()


class CallerStandings(Protocol):
    """Knows callers. Answers at once, from memory: a caller waits for the answer."""

    def of(self, caller: str) -> Standing:
        """The standing of a number as the network gave it."""


def standing_of(session: AgiSession, standings: CallerStandings | None) -> Standing:
    """The caller's standing; whatever goes wrong, nobody is turned away for it."""
    if standings is None:
        return Standing()
    try:
        return standings.of(session.caller)
    except Exception:
        session.log.exception("caller.standing_unknown")
        return Standing()
