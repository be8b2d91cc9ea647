"""One message of Asterisk's manager interface, and the answer to one action."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import overload


class AmiMessage(Mapping[str, str]):
    """Headers of one event or response; names are case-insensitive.

    Iteration gives the names as they came. A header that came more than once has its **first**
    value here (a later one may have been written by somebody else's text) and all of them in
    :meth:`all`.
    """

    __slots__ = ("_fields", "_first", "output")

    def __init__(self, fields: Iterable[tuple[str, str]], output: Sequence[str] = ()) -> None:
        self._fields = tuple(fields)
        self._first: dict[str, tuple[str, str]] = {}
        for name, value in self._fields:
            self._first.setdefault(name.lower(), (name, value))
        self.output: tuple[str, ...] = tuple(output) or self.all("Output")
        """Lines of a command's output."""

    def __getitem__(self, name: str) -> str:
        return self._first[name.lower()][1]

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name.lower() in self._first

    def __iter__(self) -> Iterator[str]:
        return (name for name, _ in self._first.values())

    def __len__(self) -> int:
        return len(self._first)

    def __repr__(self) -> str:
        return f"AmiMessage({dict(self)!r})"

    def all(self, name: str) -> tuple[str, ...]:
        """Every value of a repeated header, in order."""
        return tuple(value for key, value in self._fields if key.lower() == name.lower())

    @property
    def event(self) -> str:
        """Name of the event; "" for a response."""
        return self.get("Event", "")

    @property
    def response(self) -> str:
        """``Success``, ``Error``, ``Follows`` …; "" for an event."""
        return self.get("Response", "")

    @property
    def action_id(self) -> str:
        """The ActionID this message answers; "" if none."""
        return self.get("ActionID", "")


class AmiResponse(Sequence[AmiMessage]):
    """The complete answer to one action: the response, then the events that belong to it."""

    def __init__(self, messages: Sequence[AmiMessage]) -> None:
        self._messages = tuple(messages)

    @overload
    def __getitem__(self, index: int) -> AmiMessage: ...

    @overload
    def __getitem__(self, index: slice) -> tuple[AmiMessage, ...]: ...

    def __getitem__(self, index: int | slice) -> AmiMessage | tuple[AmiMessage, ...]:
        return self._messages[index]

    def __len__(self) -> int:
        return len(self._messages)

    def __repr__(self) -> str:
        return f"AmiResponse({list(self._messages)!r})"

    @property
    def message(self) -> str:
        """Asterisk's own words, e.g. ``Originate successfully queued``."""
        return self[0].get("Message", "")

    @property
    def output(self) -> tuple[str, ...]:
        """Lines of a command's output."""
        return self[0].output

    def events(self, *names: str) -> list[AmiMessage]:
        """The events of the answer, or only those of the given names (any case)."""
        wanted = {name.lower() for name in names}
        return [m for m in self if m.event and (not wanted or m.event.lower() in wanted)]

    @property
    def succeeded(self) -> bool:
        """Whether the last word was good: for a call placed, that it was answered."""
        return self[-1].get("Response", "Success") in ("Success", "Follows", "Goodbye")
