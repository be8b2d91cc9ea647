"""Menus as data: what is said, which keys do what.

GB/T 33358 advises against menus, so no line has one unless the deployment asks for it, and a menu
cannot be made that keeps a caller from a person: 0 is always a person, and silence or wrong keys
end at a person after the retries.
"""

from __future__ import annotations

import hashlib
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from config.faults import fault
from config.numberplan import Language, Text
from config.numberplan.models import Word

Key = Literal["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "*", "#"]
# It names the prompt's audio file too.
MenuKey = Annotated[str, Field(pattern=r"^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$")]
PERSON_KEY: Key = "0"


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ToPerson(_Table):
    """To a person; ``queue`` and ``priority`` replace the line's own."""

    action: Literal["person"]
    queue: Word | None = None
    priority: Annotated[int, Field(ge=0, le=100)] | None = None


class ToMenu(_Table):
    """Into another menu."""

    action: Literal["submenu"]
    menu: MenuKey


class Back(_Table):
    """To the menu from which the caller came."""

    action: Literal["back"]


class Repeat(_Table):
    """The same menu again."""

    action: Literal["repeat"]


class ChangeLanguage(_Table):
    """Everything from here on in another language; the menu is said again."""

    action: Literal["language"]
    language: Language


class TicketProgress(_Table):
    """Tell how far the caller's ticket is, then to a person."""

    action: Literal["ticket_progress"]


class Emergency(_Table):
    """To an emergency line; without ``line`` the caller is asked which."""

    action: Literal["emergency"]
    line: Literal["110", "119", "120", "122"] | None = None


class Info(_Table):
    """Say something, then the menu again or to a person."""

    action: Literal["info"]
    text: Text
    then: Literal["menu", "person"] = "person"


class Enter(_Table):
    """Ask for a number (an account, a meter …) and go to a person, who sees what was entered.

    Attributes:
        label: what the number is, for the agent: ``户号``.
        text: asks for it; must tell that # ends it.
        max_digits: the number ends with so many keys, too.
        queue: where the caller then waits; None: where the line says.
    """

    action: Literal["enter"]
    label: Annotated[str, Field(min_length=1, max_length=20)]
    text: Text
    max_digits: Annotated[int, Field(ge=1, le=30)] = 20
    queue: Word | None = None


Action = Annotated[
    ToPerson | ToMenu | Back | Repeat | ChangeLanguage | TicketProgress | Emergency | Enter | Info,
    Field(discriminator="action"),
]
ACTION_NAMES = frozenset(
    {
        "person",
        "submenu",
        "back",
        "repeat",
        "language",
        "ticket_progress",
        "emergency",
        "enter",
        "info",
    }
)


class Menu(_Table):
    """One menu.

    Attributes:
        key: its name in the file.
        entry: whether a line may name it; other menus are reached from a menu.
        prompt: what is said; must name the keys.
        keys: what each key does; key 0 is added as a person if it is not there.
        timeout_s: seconds of silence after the prompt.
        retries: how often the prompt is said again after silence or a wrong key, before the caller
            is taken to a person.
    """

    key: MenuKey
    entry: bool = False
    prompt: Text
    keys: dict[Key, Action]
    timeout_s: Annotated[float, Field(ge=1, le=15)] = 5.0
    retries: Annotated[int, Field(ge=0, le=5)] = 2

    @field_validator("keys")
    @classmethod
    def _zero_is_a_person(cls, keys: dict[Key, Action]) -> dict[Key, Action]:
        zero = keys.get(PERSON_KEY)
        if zero is None:
            return {**keys, PERSON_KEY: ToPerson(action="person")}
        if zero.action != "person":
            raise fault(
                '0 键总是转人工：写 action = "person" 或不写',
                'key 0 is always a person; give it action = "person" or leave it out',
            )
        return keys

    @property
    def prompt_key(self) -> str:
        """Names the prompt's audio: of this text, so that a changed menu has a prompt of its own.

        Whoever is in the old menu goes on hearing the old one.
        """
        return f"menu-{self.key}_{_mark(self.prompt)}"

    def info_prompt_key(self, key: str) -> str:
        """Names the audio of the text (of ``info`` or ``enter``) on that key.

        Raises:
            KeyError: the key has no text of its own.
        """
        action = {str(one): action for one, action in self.keys.items()}[key]
        if not isinstance(action, Info | Enter):
            raise KeyError(key)
        name = {"*": "star", "#": "hash"}.get(key, key)
        return f"menu-{self.key}-{name}_{_mark(action.text)}"


def _mark(text: Text) -> str:
    return hashlib.sha256(f"{text.zh}\0{text.en}".encode()).hexdigest()[:8]


class Menus(_Table):
    """All menus, by key."""

    version: Literal[1]
    menus: dict[str, Menu] = {}

    @property
    def entries(self) -> frozenset[str]:
        """The menus that a line may name."""
        return frozenset(key for key, menu in self.menus.items() if menu.entry)
