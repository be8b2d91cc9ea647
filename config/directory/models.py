"""Whom matters and calls are handed to."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from config.calendar import OpeningHours, WorkCalendar
from config.faults import fault
from config.numberplan.models import Digits, Word

Name = Annotated[str, Field(min_length=1, max_length=100)]
Category = Annotated[str, Field(pattern=r"^[a-z0-9_]+(?:\.[a-z0-9_]+)*$")]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class EntryKind(StrEnum):
    """What an entry is."""

    DEPARTMENT = "department"
    SUB_CENTRE = "sub_centre"
    EXPERT = "expert"
    HOTLINE = "hotline"
    UTILITY = "utility"


class Fallback(_Table):
    """Whom to ring when none of an entry's numbers answers: another entry, or a number.

    Attributes:
        entry: key of the other entry.
        number: to dial, e.g. the telephone of the night duty.
        name: what the number's telephone is called; "" for the entry's own name.
    """

    entry: Word | None = None
    number: Digits | None = None
    name: Annotated[str, Field(max_length=100)] = ""

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.entry is None) == (self.number is None):
            raise fault("entry 和 number 必须写一个，且只能写一个", "needs either entry or number")
        return self


class Department(_Table):
    """An entry: a department, a sub-centre, an expert's seat, another hotline or a utility.

    Attributes:
        key: stable identifier, in tickets and statistics.
        name: full official name.
        kind: what it is.
        aliases: what callers and agents call it.
        categories: keys of the matters it handles.
        phone: number to dial for a transfer, with area code; None: cannot be called.
        numbers: further numbers, tried in this order when the first does not answer.
        hours: when its numbers are answered; None: always.
        fallback: who is rung outside these hours, and after the last number; None: nobody.
        note: for the agent, shown beside the name.
    """

    key: Word
    name: Name
    kind: EntryKind = EntryKind.DEPARTMENT
    aliases: tuple[Name, ...] = ()
    categories: tuple[Category, ...] = ()
    phone: Digits | None = None
    numbers: Annotated[tuple[Digits, ...], Field(max_length=5)] = ()
    hours: OpeningHours | None = None
    fallback: Fallback | None = None
    note: Annotated[str, Field(max_length=200)] = ""

    @property
    def all_numbers(self) -> tuple[str, ...]:
        """Every number to dial, the first choice first, each once."""
        return tuple(dict.fromkeys((*((self.phone,) if self.phone else ()), *self.numbers)))

    def is_open(self, moment: datetime, calendar: WorkCalendar) -> bool:
        """Whether its numbers are answered at a local moment."""
        return self.hours is None or self.hours.open_at(moment, calendar)


class Directory(_Table):
    """Everybody, in the order in which they are shown.

    Attributes:
        departments: those who handle matters.
        contacts: all others to whom calls are handed.
    """

    version: Literal[1]
    departments: tuple[Department, ...] = Field(min_length=1)
    contacts: tuple[Department, ...] = ()

    @property
    def entries(self) -> tuple[Department, ...]:
        """Departments and contacts."""
        return (*self.departments, *self.contacts)

    @property
    def numbers(self) -> tuple[str, ...]:
        """Every number that may be dialled because it is in the directory, each once."""
        found: list[str] = []
        for item in self.entries:
            found += item.all_numbers
            if item.fallback and item.fallback.number:
                found.append(item.fallback.number)
        return tuple(dict.fromkeys(found))

    def get(self, key: str) -> Department | None:
        """The entry with that key."""
        return next((item for item in self.entries if item.key == key), None)

    def for_category(self, category: str) -> Department | None:
        """The department that handles a category."""
        return next((item for item in self.departments if category in item.categories), None)

    def name_of(self, number: str) -> str:
        """Whose number it is; "" when it is in no entry."""
        for item in self.entries:
            if number in item.all_numbers:
                return item.name
            if item.fallback and item.fallback.number == number:
                return item.fallback.name or item.name
        return ""

    def search(self, words: str) -> tuple[Department, ...]:
        """Entries whose name or an alias contains the words, exact matches first."""
        wanted = words.strip().casefold()
        if not wanted:
            return self.entries
        hits = [
            (wanted not in [name.casefold() for name in (item.name, *item.aliases)], index, item)
            for index, item in enumerate(self.entries)
            if any(wanted in name.casefold() for name in (item.name, *item.aliases))
        ]
        return tuple(item for _, _, item in sorted(hits, key=lambda hit: hit[:2]))
