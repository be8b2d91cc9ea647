"""The departments to which matters and calls are handed."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from config.numberplan.models import Digits, Word

Name = Annotated[str, Field(min_length=1, max_length=100)]
Category = Annotated[str, Field(pattern=r"^[a-z0-9_]+(?:\.[a-z0-9_]+)*$")]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Department(_Table):
    """A department or utility.

    Attributes:
        key: stable identifier, in tickets and statistics.
        name: full official name.
        aliases: what callers and agents call it.
        categories: keys of the matters it handles.
        phone: number to dial for a transfer, with area code; None: cannot be called.
        numbers: further numbers, tried by choice when the first does not answer.
    """

    key: Word
    name: Name
    aliases: tuple[Name, ...] = ()
    categories: tuple[Category, ...] = ()
    phone: Digits | None = None
    numbers: tuple[Digits, ...] = ()

    @property
    def all_numbers(self) -> tuple[str, ...]:
        """Every number to dial, the first choice first, each once."""
        return tuple(dict.fromkeys((*((self.phone,) if self.phone else ()), *self.numbers)))


class Directory(_Table):
    """All departments, in the order in which they are shown."""

    version: Literal[1]
    departments: tuple[Department, ...] = Field(min_length=1)

    def get(self, key: str) -> Department | None:
        """The department with that key."""
        return next((item for item in self.departments if item.key == key), None)

    def for_category(self, category: str) -> Department | None:
        """The department that handles a category."""
        return next((item for item in self.departments if category in item.categories), None)

    def search(self, words: str) -> tuple[Department, ...]:
        """Departments whose name or an alias contains the words, exact matches first."""
        wanted = words.strip().casefold()
        if not wanted:
            return self.departments
        hits = [
            (wanted not in [name.casefold() for name in (item.name, *item.aliases)], index, item)
            for index, item in enumerate(self.departments)
            if any(wanted in name.casefold() for name in (item.name, *item.aliases))
        ]
        return tuple(item for _, _, item in sorted(hits, key=lambda hit: hit[:2]))
