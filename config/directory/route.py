"""Which numbers to ring for an entry, one after the other."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from config.calendar import WorkCalendar
from config.directory.models import Department, Directory

MOST_ATTEMPTS = 8


@dataclass(frozen=True, slots=True)
class Attempt:
    """A number and whose it is."""

    number: str
    name: str


@dataclass(frozen=True, slots=True)
class EntryRoute:
    """The attempts for an entry.

    Attributes:
        attempts: at most :data:`MOST_ATTEMPTS`; empty: nobody can be rung now.
        open: whether the entry's own hours are; if not, the attempts are its fallback's.
    """

    attempts: tuple[Attempt, ...]
    open: bool


def route_of(
    directory: Directory, entry: Department, moment: datetime, calendar: WorkCalendar
) -> EntryRoute:
    """The numbers to ring for an entry at a local moment: its own, then those of its fallbacks."""
    attempts: list[Attempt] = []
    seen: set[str] = set()
    one: Department | None = entry
    while one is not None and one.key not in seen:
        seen.add(one.key)
        if one.is_open(moment, calendar):
            attempts += [Attempt(number, one.name) for number in one.all_numbers]
        fallback = one.fallback
        one = None
        if fallback and fallback.number:
            name = fallback.name or directory.name_of(fallback.number)
            attempts.append(Attempt(fallback.number, name))
        elif fallback and fallback.entry:
            one = directory.get(fallback.entry)
    once = {attempt.number: attempt for attempt in reversed(attempts)}
    ordered = tuple(a for a in attempts if once.pop(a.number, None) is not None)
    return EntryRoute(ordered[:MOST_ATTEMPTS], entry.is_open(moment, calendar))
